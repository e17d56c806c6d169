import FuzzReaders
import Glibc

/// What libFuzzer calls; `KFRAG_FUZZ` names the reader.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    try reader.read(Array(UnsafeBufferPointer(start: start, count: count)))
  } catch {
    print("\(reader): \(error)")
    abort()
  }
  return 0
}

private let reader: FuzzReader = {
  let name = getenv("KFRAG_FUZZ").map { String(cString: $0) } ?? ""
  guard let reader = FuzzReader(rawValue: name) else {
    print("KFRAG_FUZZ names no reader; one of", FuzzReader.allCases.map(\.rawValue))
    exit(64)
  }
  return reader
}()
