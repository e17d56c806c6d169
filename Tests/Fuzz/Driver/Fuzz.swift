import FuzzReaders
import Glibc

/// libFuzzer around the reader that `KFRAG_FUZZ` names; arguments are libFuzzer's own.
@main
struct Fuzz {
  static func main() {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    exit(runDriver(&count, &arguments, readOne))
  }
}

/// libFuzzer's main loop (`FuzzerInterface.h`).
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ readOne: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private func readOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
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
