import FuzzReaders
import Glibc

/// libFuzzer around the reader that `KFRAG_FUZZ` names; arguments are libFuzzer's own.
@main
struct Fuzz {
  // Safe: libFuzzer gets the arguments of the process, which last as long as it does.
  static func main() {
    var count = CommandLine.argc
    var arguments = unsafe CommandLine.unsafeArgv
    exit(unsafe runDriver(&count, &arguments, readOne))
  }
}

// Safe: declared as in that header.
/// libFuzzer's main loop (`FuzzerInterface.h`).
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ readOne: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

// Safe: libFuzzer lends `count` bytes from `start` for the call; they are copied.
private func readOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    try reader.read(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
  } catch {
    print("\(reader): \(error)")
    abort()
  }
  return 0
}

private let reader: FuzzReader = {
  // Safe: the variable's text is copied, and nothing sets variables.
  let name = unsafe getenv("KFRAG_FUZZ").map { unsafe String(cString: $0) } ?? ""
  guard let reader = FuzzReader(rawValue: name) else {
    print("KFRAG_FUZZ names no reader; one of", FuzzReader.allCases.map(\.rawValue))
    exit(64)
  }
  return reader
}()
