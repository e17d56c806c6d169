/// Dinero's traditional text: `label address`, the rest of the line ignored.
///
/// Labels: 0 read, 1 write, 2 instruction fetch, 3 miscellaneous (a read to an MMU), 4 copy-back
/// and 5 invalidate (not references). Dinero IV rounds the address down to 4 and takes 4 bytes.
struct DinParser: AddressLineParser {
  // Safe: the line is the caller's for the length of the call.
  func parse(
    _ line: UnsafeBufferPointer<UInt8>, into sink: inout AccessSink
  ) throws(LineProblem) {
    var scanner = unsafe ByteScanner(line)
    scanner.skipBlanks()
    guard let label = scanner.hexWord(), label <= 5 else {
      throw LineProblem(scanner, "want a label 0…5 and a hexadecimal address")
    }
    scanner.skipBlanks()
    guard let address = scanner.hexWord() else {
      throw LineProblem(scanner, "want a hexadecimal address")
    }
    let aligned = address & ~3
    switch label {
    case 0, 3: sink.put(.load, aligned, size: 4)
    case 1: sink.put(.store, aligned, size: 4)
    case 2: sink.put(.fetch, aligned, size: 4)
    default: break
    }
  }
}

/// Dinero IV's extended text: `letter address size`, address and size hexadecimal.
struct ExtendedDinParser: AddressLineParser {
  // Safe: the line is the caller's for the length of the call; a word of one byte has a first byte.
  func parse(
    _ line: UnsafeBufferPointer<UInt8>, into sink: inout AccessSink
  ) throws(LineProblem) {
    var scanner = unsafe ByteScanner(line)
    scanner.skipBlanks()
    guard let letter = unsafe scanner.word(), letter.count == 1 else {
      throw LineProblem(scanner, "want a letter r w i m c v, an address and a size")
    }
    scanner.skipBlanks()
    guard let address = scanner.hexWord() else {
      throw LineProblem(scanner, "want a hexadecimal address")
    }
    scanner.skipBlanks()
    let size = try scanner.size(scanner.hexWord())
    switch unsafe letter[0] | 32 {
    case UInt8(ascii: "r"), UInt8(ascii: "m"): sink.put(.load, address, size: size)
    case UInt8(ascii: "w"): sink.put(.store, address, size: size)
    case UInt8(ascii: "i"): sink.put(.fetch, address, size: size)
    case UInt8(ascii: "c"), UInt8(ascii: "v"): break
    default: throw LineProblem("unknown access letter; one of r, w, i, m, c, v")
    }
  }
}

/// Dinero IV's binary: 32-bit address, 16-bit size, 8-bit label, a byte of padding.
struct BinaryDinParser: AddressRecordParser {
  // Safe: a record has the 8 bytes the reader cuts.
  static let recordSize = 8

  func parse(
    _ record: UnsafeRawBufferPointer, into sink: inout AccessSink
  ) throws(LineProblem) {
    let address = unsafe UInt64(record.little(0, UInt32.self))
    let size = unsafe UInt32(record.little(4, UInt16.self))
    guard size > 0 else { throw LineProblem("an access of no byte") }
    switch unsafe record[6] {
    case 0, 3: sink.put(.load, address, size: size)
    case 1: sink.put(.store, address, size: size)
    case 2: sink.put(.fetch, address, size: size)
    case 4, 5: break
    default: throw LineProblem(unsafe "label \(record[6]) is outside 0…5")
    }
  }
}
