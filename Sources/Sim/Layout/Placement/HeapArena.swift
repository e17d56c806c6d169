/// P4: the lowest free block that fits, cut from its high end (VxWorks 5 system memory partition:
/// the kernel lies low and modules land at the high end of the free area).
public struct HeapFirstFitArena: FreeSpaceArena {
  public var space: FreeRangeSet
  public let granule: UInt64

  /// - Precondition: `granule` is a power of two.
  public init(windows: [AddressRange], granule: UInt64) {
    space = FreeRangeSet(windows)
    self.granule = granule
  }

  public func place(_ size: UInt64, alignment: UInt64) -> UInt64? {
    space.firstRange(holding: size, alignment: alignment)
      .map { ($0.upper - size) & ~(alignment - 1) }
  }
}

/// The smallest free block that fits, cut from its high end. P5: of equals the lowest (VxWorks 6);
/// P3: of equals the one most recently filed (the NT system-PTE allocator as ReactOS documents it,
/// `ntoskrnl/mm/ARM3/syspte.c`).
public struct BestFitTailArena: VirtualArena {
  private var runs: SizedRuns
  private let granule: UInt64

  /// - Precondition: `granule` is a power of two.
  /// - Parameter latestFirst: P3's choice among equals.
  public init(windows: [AddressRange], granule: UInt64, latestFirst: Bool) {
    runs = SizedRuns(windows, ties: latestFirst ? .latest : .lowestAddress)
    self.granule = granule
  }

  public mutating func allocate(size: UInt64, alignment: UInt64) -> AddressRange? {
    guard let size = rounded(size, to: granule) else { return nil }
    return runs.takeTail(size: size, alignment: max(alignment, granule))
  }

  public mutating func free(_ range: AddressRange) -> Bool { runs.insert(range) }
  public var freeRanges: [AddressRange] { runs.space.ranges }
  public var largestHole: UInt64 { runs.space.largest }
}

/// Free runs in address order and, beside that, in order of length.
struct SizedRuns: Sendable {
  /// Which of several runs of one length comes first.
  enum Ties { case lowestAddress, latest }

  private struct Key: Comparable {
    let length: UInt64
    let tie: UInt64
    let lower: UInt64

    static func < (a: Key, b: Key) -> Bool {
      a.length != b.length ? a.length < b.length : a.tie < b.tie
    }
  }

  private(set) var space = FreeRangeSet()
  private var keys: [Key] = []
  private var tieOfRun: [UInt64: UInt64] = [:]
  private let ties: Ties
  private var stamp = UInt64.max

  init(_ windows: [AddressRange], ties: Ties) {
    self.ties = ties
    for window in windows { insert(window) }
  }

  @discardableResult
  mutating func insert(_ range: AddressRange) -> Bool {
    let left = range.lower > 0 ? space.range(holding: range.lower - 1) : nil
    let right = space.range(holding: range.upper)
    guard let joined = space.insert(range) else { return false }
    for neighbour in [left, right] {
      if let neighbour { unfile(neighbour) }
    }
    file(joined)
    return true
  }

  /// The tail of the smallest run that holds `size` bytes at `alignment`.
  mutating func takeTail(size: UInt64, alignment: UInt64) -> AddressRange? {
    var index = position(Key(length: size, tie: 0, lower: 0))
    while index < keys.count {
      let key = keys[index]
      let start = (key.lower + key.length - size) & ~(alignment - 1)
      if start >= key.lower {
        let run = AddressRange(start: key.lower, size: key.length)
        let range = AddressRange(start: start, size: size)
        unfile(run)
        space.remove(range)
        for rest in [AddressRange(range.upper, run.upper), AddressRange(run.lower, start)]
        where !rest.isEmpty { file(rest) }
        return range
      }
      index += 1
    }
    return nil
  }

  private mutating func file(_ run: AddressRange) {
    var tie = run.lower
    if ties == .latest {
      stamp -= 1
      tie = stamp
      tieOfRun[run.lower] = tie
    }
    let key = Key(length: run.size, tie: tie, lower: run.lower)
    keys.insert(key, at: position(key))
  }

  private mutating func unfile(_ run: AddressRange) {
    let tie = ties == .latest ? tieOfRun.removeValue(forKey: run.lower) ?? 0 : run.lower
    keys.remove(at: position(Key(length: run.size, tie: tie, lower: run.lower)))
  }

  /// Index of the first key not below `key`.
  private func position(_ key: Key) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
