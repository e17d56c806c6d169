/// Arenas that keep what is free in address order and differ in where they cut from it.
public protocol FreeSpaceArena: VirtualArena {
  /// What is free.
  var space: FreeRangeSet { get set }
  /// Sizes and starts are multiples of it.
  var granule: UInt64 { get }
  /// Where a piece of `size` bytes (a multiple of the granule) goes.
  mutating func place(_ size: UInt64, alignment: UInt64) -> UInt64?
}

extension FreeSpaceArena {
  public mutating func allocate(size: UInt64, alignment: UInt64) -> AddressRange? {
    guard let size = rounded(size, to: granule),
      let start = place(size, alignment: max(alignment, granule))
    else { return nil }
    let range = AddressRange(start: start, size: size)
    space.remove(range)
    return range
  }

  public mutating func free(_ range: AddressRange) -> Bool { space.insert(range) != nil }
  public var freeRanges: [AddressRange] { space.ranges }
  public var largestHole: UInt64 { space.largest }
}

/// P1: the lowest free address that fits (FreeBSD, macOS on Intel, NetBSD, NetWare 3).
public struct FirstFitArena: FreeSpaceArena {
  public var space: FreeRangeSet
  public let granule: UInt64

  /// - Precondition: `granule` is a power of two; the windows do not overlap.
  public init(windows: [AddressRange], granule: UInt64) {
    space = FreeRangeSet(windows)
    self.granule = granule
  }

  public func place(_ size: UInt64, alignment: UInt64) -> UInt64? {
    space.firstFit(size: size, alignment: alignment)
  }
}

/// P1s: as P1, but an object of at least `superpage` bytes first tries addresses at which its
/// superpage boundaries are those of the address space, and only then the plain first fit
/// (FreeBSD's optimal-space search, `vm/vm_map.c`).
public struct SuperpageFirstFitArena: FreeSpaceArena {
  public var space: FreeRangeSet
  public let granule: UInt64
  private let superpage: UInt64

  /// - Precondition: `granule` and `superpage` are powers of two.
  public init(windows: [AddressRange], granule: UInt64, superpage: UInt64) {
    space = FreeRangeSet(windows)
    (self.granule, self.superpage) = (granule, superpage)
  }

  public func place(_ size: UInt64, alignment: UInt64) -> UInt64? {
    let shifted =
      size >= superpage ? space.firstFit(size: size, alignment: max(alignment, superpage)) : nil
    return shifted ?? space.firstFit(size: size, alignment: alignment)
  }
}

/// P1n: lowest fit at or above a hint that moves behind each range handed out, then from the
/// window's start (bitmap allocators with a rotating hint; our model of Windows 10 driver images).
public struct NextFitArena: FreeSpaceArena {
  public var space: FreeRangeSet
  public let granule: UInt64
  private var hint: UInt64 = 0

  /// - Precondition: `granule` is a power of two.
  public init(windows: [AddressRange], granule: UInt64) {
    space = FreeRangeSet(windows)
    self.granule = granule
  }

  public mutating func place(_ size: UInt64, alignment: UInt64) -> UInt64? {
    let start =
      space.firstFit(size: size, alignment: alignment, from: hint)
      ?? space.firstFit(size: size, alignment: alignment)
    if let start { hint = start + size }
    return start
  }
}

/// P6: one behind the other, never reused: what a boot loader or a collection builder lays out
/// (FreeBSD preload, macOS collections, HP-UX static modules).
public struct SequentialArena: VirtualArena {
  private let window: AddressRange
  private let granule: UInt64
  private var cursor: UInt64

  /// - Precondition: `granule` is a power of two.
  public init(window: AddressRange, granule: UInt64) {
    self.window = window
    self.granule = granule
    cursor = window.lower
  }

  public mutating func allocate(size: UInt64, alignment: UInt64) -> AddressRange? {
    guard let size = rounded(size, to: granule),
      let start = rounded(cursor, to: max(alignment, granule)) ?? (cursor == 0 ? 0 : nil),
      start <= window.upper, window.upper - start >= size
    else { return nil }
    cursor = start + size
    return AddressRange(start: start, size: size)
  }

  /// Memory of a boot-time module is never handed back, so this accepts and keeps it.
  public mutating func free(_ range: AddressRange) -> Bool {
    window.lower <= range.lower && range.upper <= cursor
  }

  public var freeRanges: [AddressRange] {
    cursor < window.upper ? [AddressRange(cursor, window.upper)] : []
  }
}
