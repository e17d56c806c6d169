/// A page size, a power of two from 64 B (teaching machines) to 16 GiB.
public struct PageSize: Hashable, Comparable, Sendable {
  /// log2 of the size in bytes.
  public let shift: UInt8

  /// - Precondition: `shift` lies in 6...34.
  public init(shift: UInt8) {
    precondition((6...34).contains(shift), "page shift \(shift) outside 6...34")
    self.shift = shift
  }

  /// The page size of exactly `bytes` bytes, or nil when that is no power of two in range.
  public init?(bytes: UInt64) {
    guard bytes.nonzeroBitCount == 1, (6...34).contains(bytes.trailingZeroBitCount) else {
      return nil
    }
    shift = UInt8(bytes.trailingZeroBitCount)
  }

  /// Parses `4KiB`, `4K`, `2M`, `64B`, `1GiB`.
  public init?(_ text: some StringProtocol) {
    guard let size = ByteCount(text) else { return nil }
    self.init(bytes: size.bytes)
  }

  public static let base4K = PageSize(shift: 12)
  public static let large2M = PageSize(shift: 21)
  public static let huge1G = PageSize(shift: 30)

  /// Size in bytes.
  public var bytes: UInt64 { 1 << UInt64(shift) }

  public static func < (a: PageSize, b: PageSize) -> Bool { a.shift < b.shift }

  /// `address` rounded down to a page boundary.
  public func floor(_ address: UInt64) -> UInt64 { address & ~(bytes - 1) }

  /// `address` rounded up to a page boundary. Wraps at 2^64.
  public func ceil(_ address: UInt64) -> UInt64 { (address &+ (bytes - 1)) & ~(bytes - 1) }

  /// Pages needed for `size` bytes.
  public func count(_ size: UInt64) -> UInt64 { ceil(size) >> UInt64(shift) }

  /// Page number of `address` at this size.
  public func number(_ address: UInt64) -> UInt64 { address >> UInt64(shift) }
}

extension PageSize: CustomStringConvertible {
  /// `4KiB`, `2MiB`, `64B`.
  public var description: String { ByteCount(bytes).description }
}
