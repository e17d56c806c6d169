/// Appends numbers and texts to a byte array: little-endian, or 7 bits a byte, low bits first.
struct ByteEncoder {
  // Safe: the bytes of a local value are copied while they are lent.
  private(set) var bytes: [UInt8] = []

  mutating func fixed(_ value: some FixedWidthInteger) {
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func unsigned(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// The difference `to - from` modulo 2^64, small when the two are close either way.
  mutating func step(from: UInt64, to: UInt64) {
    let difference = Int64(bitPattern: to &- from)
    unsigned(UInt64(bitPattern: difference << 1 ^ difference >> 63))
  }

  mutating func text(_ text: String) {
    unsigned(UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }
}

/// Why encoded bytes could not be read, and where.
struct DecodingFailure: Error {
  let offset: Int
  let reason: String
}

/// Reads what `ByteEncoder` wrote. Every read checks its bounds.
@safe struct ByteDecoder {
  // Safe: `offset` never passes the count: every read compares first. A decoder lives no longer
  // than the bytes its maker was lent.
  private let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = unsafe bytes }

  var isAtEnd: Bool { unsafe offset == bytes.count }

  func failure(_ reason: String) -> DecodingFailure {
    DecodingFailure(offset: offset, reason: reason)
  }

  mutating func fixed<T: FixedWidthInteger>(_ type: T.Type) throws(DecodingFailure) -> T {
    guard unsafe bytes.count - offset >= MemoryLayout<T>.size else {
      throw failure("the data ends here")
    }
    let value = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
    offset += MemoryLayout<T>.size
    return T(littleEndian: value)
  }

  mutating func unsigned() throws(DecodingFailure) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while unsafe offset < bytes.count {
      let byte = unsafe bytes[offset]
      guard shift < 63 || byte <= 1 else { throw failure("a number exceeds 64 bits") }
      offset += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw failure("the data ends here")
  }

  /// A number of at most `limit`.
  mutating func unsigned(upTo limit: UInt64, _ what: String) throws(DecodingFailure) -> UInt64 {
    let value = try unsigned()
    guard value <= limit else { throw failure("\(what) \(value) is beyond \(limit)") }
    return value
  }

  /// A number of things that follow, each at least a byte long.
  mutating func count(_ what: String) throws(DecodingFailure) -> Int {
    unsafe Int(try unsigned(upTo: UInt64(bytes.count - offset), "the number of \(what)"))
  }

  mutating func step(from: UInt64) throws(DecodingFailure) -> UInt64 {
    let coded = try unsigned()
    return from &+ (coded >> 1 ^ (0 &- (coded & 1)))
  }

  mutating func text() throws(DecodingFailure) -> String {
    let count = try self.count("bytes")
    let text = unsafe String(decoding: bytes[offset..<offset + count], as: UTF8.self)
    offset += count
    return text
  }
}
