/// A size in bytes as users write it: `4KiB`, `4K`, `2MiB`, `1_000`, `0x1000`.
public struct ByteCount: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let bytes: UInt64

  public init(_ bytes: UInt64) { self.bytes = bytes }

  /// Nil when `text` is no non-negative integer with an optional unit B, K, KiB, M, MiB, G, GiB,
  /// T, TiB, or when it does not fit 64 bits.
  public init?(_ text: some StringProtocol) {
    let units: [(String, UInt64)] = [
      ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("K", 10), ("M", 20), ("G", 30),
      ("T", 40), ("B", 0),
    ]
    var digits = Substring(text)
    var shift: UInt64 = 0
    if !text.hasPrefix("0x") {
      for (unit, power) in units where digits.hasSuffix(unit) {
        digits = digits.dropLast(unit.count)
        while digits.last == " " { digits.removeLast() }
        shift = power
        break
      }
    }
    guard let value = parseUnsigned(digits), (value << shift) >> shift == value else { return nil }
    bytes = value << shift
  }

  public static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }

  /// The largest binary unit that divides the size: `2MiB`, `12KiB`, `100B`.
  public var description: String {
    for (unit, power) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
    where bytes != 0 && bytes.trailingZeroBitCount >= power {
      return "\(bytes >> UInt64(power))\(unit)"
    }
    return "\(bytes)B"
  }
}

/// Parses `123`, `1_000_000`, `0xffffffff81000000`; nil when malformed or beyond 64 bits.
public func parseUnsigned(_ text: some StringProtocol) -> UInt64? {
  let hex = text.hasPrefix("0x") || text.hasPrefix("0X")
  let digits = hex ? Substring(text).dropFirst(2) : Substring(text)
  guard let first = digits.first, first != "_", first != "+", digits.last != "_" else {
    return nil
  }
  let plain = digits.contains("_") ? digits.filter { $0 != "_" } : String(digits)
  return UInt64(plain, radix: hex ? 16 : 10)
}
