/// Walks the bytes of one line. Nothing it does can trap; each reader answers nil when the bytes
/// are not what it wants, and leaves its place unchanged.
@safe public struct ByteScanner {
  // Safe: `at` never passes `bytes.count`: every byte is read behind a comparison with it. A
  // scanner is made for one line and dropped before the next is read.
  public let bytes: UnsafeBufferPointer<UInt8>
  public private(set) var at = 0

  public init(_ bytes: UnsafeBufferPointer<UInt8>) { unsafe self.bytes = unsafe bytes }

  public var isAtEnd: Bool { unsafe at >= bytes.count }
  /// 1-based column of the next byte.
  public var column: Int { at + 1 }
  public var peek: UInt8? { unsafe at < bytes.count ? bytes[at] : nil }

  /// At a blank or at the end.
  public var isAtWordEnd: Bool { peek.map { $0 == 32 || $0 == 9 } ?? true }

  public mutating func skipBlanks() {
    while unsafe at < bytes.count, unsafe bytes[at] == 32 || bytes[at] == 9 { at += 1 }
  }

  /// Whether the byte taken last was `byte`.
  func follows(_ byte: UInt8) -> Bool { unsafe at > 0 && bytes[at - 1] == byte }

  /// Takes `word` when it comes next.
  public mutating func take(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard unsafe bytes.count - at >= count else { return false }
    for i in 0..<count where unsafe bytes[at + i] != word.utf8Start[i] { return false }
    at += count
    return true
  }

  public mutating func skip(_ count: Int) { at = unsafe min(bytes.count, at + max(0, count)) }

  /// A hexadecimal number, with or without `0x`; nil when there is none or it exceeds 64 bits.
  public mutating func hex() -> UInt64? {
    let from = at
    if unsafe at + 2 < bytes.count, unsafe bytes[at] == 48, unsafe bytes[at + 1] | 32 == 120 {
      at += 2
    }
    var value: UInt64 = 0
    var digits = 0
    while unsafe at < bytes.count, let digit = unsafe hexDigit(bytes[at]) {
      guard value >> 60 == 0 else { break }
      value = value << 4 | UInt64(digit)
      at += 1
      digits += 1
    }
    guard digits > 0, unsafe at == bytes.count || hexDigit(bytes[at]) == nil else {
      at = from
      return nil
    }
    return value
  }

  /// Like `hex`, and nothing but a blank or the end may follow.
  public mutating func hexWord() -> UInt64? {
    let from = at
    guard let value = hex(), isAtWordEnd else {
      at = from
      return nil
    }
    return value
  }

  /// A decimal number; nil when there is none or it exceeds 64 bits.
  public mutating func decimal() -> UInt64? {
    let from = at
    var value: UInt64 = 0
    while unsafe at < bytes.count, unsafe bytes[at] &- 48 < 10 {
      let (tens, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, more) = unsafe tens.addingReportingOverflow(UInt64(bytes[at] &- 48))
      guard !over, !more else {
        at = from
        return nil
      }
      value = sum
      at += 1
    }
    return at == from ? nil : value
  }

  /// Bytes up to the next blank or the end; nil when there are none.
  public mutating func word() -> UnsafeBufferPointer<UInt8>? {
    let from = at
    while unsafe at < bytes.count, unsafe bytes[at] != 32, unsafe bytes[at] != 9 { at += 1 }
    return unsafe at == from ? nil : UnsafeBufferPointer(rebasing: bytes[from..<at])
  }

  /// Bytes up to the next `separator`, which is taken too, or the end.
  public mutating func field(_ separator: UInt8 = 44) -> UnsafeBufferPointer<UInt8> {
    let from = at
    while unsafe at < bytes.count, unsafe bytes[at] != separator { at += 1 }
    let stop = at
    if unsafe at < bytes.count { at += 1 }
    return unsafe UnsafeBufferPointer(rebasing: bytes[from..<stop])
  }

  public mutating func text(_ separator: UInt8 = 44) -> String {
    unsafe String(decoding: field(separator), as: UTF8.self)
  }
}

@inline(__always)
func hexDigit(_ byte: UInt8) -> UInt8? {
  if byte &- 48 < 10 { return byte &- 48 }
  let letter = (byte | 32) &- 97
  return letter < 6 ? letter &+ 10 : nil
}
