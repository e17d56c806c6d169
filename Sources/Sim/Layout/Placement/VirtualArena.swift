/// Part of a virtual address space that hands out ranges by one placement rule.
public protocol VirtualArena: Sendable {
  /// A range of `size` bytes, rounded up to the arena's granule, starting at a multiple of
  /// `alignment` (a power of two); nil when nothing suitable is free.
  mutating func allocate(size: UInt64, alignment: UInt64) -> AddressRange?

  /// Gives back a range `allocate` returned. False, and nothing changes, when it is not one.
  @discardableResult
  mutating func free(_ range: AddressRange) -> Bool

  /// What is free, in address order.
  var freeRanges: [AddressRange] { get }
}

extension VirtualArena {
  /// Bytes of the largest free range.
  public var largestHole: UInt64 { freeRanges.map(\.size).max() ?? 0 }

  /// Free bytes.
  public var freeBytes: UInt64 { freeRanges.reduce(0) { $0 + $1.size } }
}

/// `size` rounded up to `granule` (a power of two); nil when that passes 2^64 or size is 0.
@inline(__always)
func rounded(_ size: UInt64, to granule: UInt64) -> UInt64? {
  let result = (size &+ (granule &- 1)) & ~(granule &- 1)
  return result >= size && result > 0 ? result : nil
}
