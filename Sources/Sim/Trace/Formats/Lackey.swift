/// Valgrind's `lackey --trace-mem=yes` text: `I  address,size` for an instruction, then a blank and
/// `L`, `S` or `M` for its loads, stores and modifies.
///
/// Lines of the tool itself (`==pid==`) and superblock lines (` SB `) are no accesses.
struct LackeyParser: AddressLineParser {
  // Safe: the line is the caller's for the length of the call.
  /// cachegrind counts a modify as one read; else it is a load and a store.
  let modifyIsOneLoad: Bool

  func parse(
    _ line: UnsafeBufferPointer<UInt8>, into sink: inout AccessSink
  ) throws(LineProblem) {
    var scanner = unsafe ByteScanner(line)
    if scanner.isAtEnd || scanner.take("==") || scanner.take("--") || scanner.take(" SB ") {
      return
    }
    let letter: UInt8
    if scanner.take("I  ") {
      letter = UInt8(ascii: "I")
    } else if scanner.take(" L ") {
      letter = UInt8(ascii: "L")
    } else if scanner.take(" S ") {
      letter = UInt8(ascii: "S")
    } else if scanner.take(" M ") {
      letter = UInt8(ascii: "M")
    } else {
      throw LineProblem("want 'I  address,size' or ' L|S|M address,size'")
    }
    guard let address = scanner.hex(), scanner.take(",") else {
      throw LineProblem(scanner, "want a hexadecimal address, a comma and a size")
    }
    let size = try scanner.size(scanner.decimal())
    guard scanner.isAtEnd else { throw LineProblem(scanner, "more follows the size") }
    switch letter {
    case UInt8(ascii: "I"): sink.put(.fetch, address, size: size)
    case UInt8(ascii: "L"): sink.put(.load, address, size: size)
    case UInt8(ascii: "S"): sink.put(.store, address, size: size)
    default:
      sink.put(.load, address, size: size)
      if !modifyIsOneLoad { sink.put(.store, address, size: size) }
    }
  }
}
