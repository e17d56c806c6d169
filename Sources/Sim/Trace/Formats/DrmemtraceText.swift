/// The text DynamoRIO's drmemtrace `view` tool prints: `<record#> <instr#>: W0.T123 details`, where
/// details are `ifetch`, `read` or `write`, a number of bytes, and `@ 0x` address.
///
/// Headers, separators, markers, prefetches and instructions not fetched are no references.
struct DrmemtraceTextParser: AddressLineParser {
  // Safe: the line is the caller's for the length of the call.
  func parse(
    _ line: UnsafeBufferPointer<UInt8>, into sink: inout AccessSink
  ) throws(LineProblem) {
    var scanner = unsafe ByteScanner(line)
    scanner.skipBlanks()
    guard scanner.decimal() != nil else { return }
    scanner.skipBlanks()
    guard scanner.decimal() != nil, scanner.take(":") else {
      throw LineProblem(scanner, "want 'record# instruction#: W0.T1 details'")
    }
    scanner.skipBlanks()
    guard let thread = unsafe scanner.word(), unsafe thread.first == UInt8(ascii: "W") else {
      throw LineProblem(scanner, "want the thread, W0.T1")
    }
    scanner.skipBlanks()
    let kind: AccessKind
    if scanner.take("ifetch") {
      kind = .fetch
    } else if scanner.take("read ") {
      kind = .load
    } else if scanner.take("write ") {
      kind = .store
    } else {
      return
    }
    scanner.skipBlanks()
    let size = try scanner.size(scanner.decimal())
    guard scanner.take(" byte(s) @ "), let address = scanner.hexWord() else {
      throw LineProblem(scanner, "want 'N byte(s) @ 0xaddress'")
    }
    sink.put(kind, address, size: size)
  }
}
