/// A leaf mapping as the MMU sees it: one page of one size.
public struct Translation: Hashable, Sendable {
  /// Virtual address of the page's first byte.
  public var virtualBase: UInt64
  /// Physical address of the page's first byte.
  public var physicalBase: UInt64
  public var size: PageSize
  /// Survives an address-space switch.
  public var isGlobal: Bool
  /// Held by a locked TLB entry or a block register: never misses, never looked up.
  public var isLocked: Bool
  /// Part of a contiguous-hint run (Arm).
  public var hasContiguousHint: Bool

  public init(
    virtualBase: UInt64, physicalBase: UInt64, size: PageSize, isGlobal: Bool = true,
    isLocked: Bool = false, hasContiguousHint: Bool = false
  ) {
    self.virtualBase = virtualBase
    self.physicalBase = physicalBase
    self.size = size
    self.isGlobal = isGlobal
    self.isLocked = isLocked
    self.hasContiguousHint = hasContiguousHint
  }

  /// Page number at this translation's size.
  public var number: UInt64 { size.number(virtualBase) }
}
