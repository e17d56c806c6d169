/// A half-open range of addresses, virtual or physical: `lower ..< upper`, in bytes.
public struct AddressRange: Hashable, Sendable, Comparable {
  /// The last base page of the address space: no kernel image reaches higher.
  public static let highest: UInt64 = 0xffff_ffff_ffff_f000

  public let lower: UInt64
  public let upper: UInt64

  /// - Precondition: `lower <= upper`.
  public init(_ lower: UInt64, _ upper: UInt64) {
    precondition(lower <= upper, "range \(hex(lower)) ..< \(hex(upper)) is reversed")
    self.lower = lower
    self.upper = upper
  }

  public init(start: UInt64, size: UInt64) { self.init(start, start + size) }

  public var size: UInt64 { upper - lower }
  public var isEmpty: Bool { lower == upper }

  public func contains(_ address: UInt64) -> Bool { lower <= address && address < upper }

  public func overlaps(_ other: AddressRange) -> Bool {
    lower < other.upper && other.lower < upper
  }

  public static func < (a: AddressRange, b: AddressRange) -> Bool {
    (a.lower, a.upper) < (b.lower, b.upper)
  }
}

/// `0x` and at least one lower-case digit, the way kernels print addresses.
public func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
