/// Free address ranges, disjoint and never touching, in address order.
///
/// Kept in short chunks, each with its largest range, so that a search skips whole chunks: with
/// `n` ranges every operation costs about `n / 64 + 64` comparisons in the worst case.
public struct FreeRangeSet: Sendable {
  private var chunks: [[AddressRange]] = []
  private var largestOfChunk: [UInt64] = []
  private let limit = 64

  public init() {}

  public init(_ ranges: [AddressRange]) {
    for range in ranges { insert(range) }
  }

  public var count: Int { chunks.reduce(0) { $0 + $1.count } }

  /// All ranges in address order.
  public var ranges: [AddressRange] { Array(chunks.joined()) }

  /// Bytes of the largest range; 0 when there is none.
  public var largest: UInt64 { largestOfChunk.max() ?? 0 }

  /// Adds `range`, joining it with the ranges it touches, and returns the joined range.
  ///
  /// - Returns: nil, and nothing changes, when part of `range` is free already or it is empty.
  @discardableResult
  public mutating func insert(_ range: AddressRange) -> AddressRange? {
    guard !range.isEmpty else { return nil }
    guard !chunks.isEmpty else {
      chunks = [[range]]
      largestOfChunk = [range.size]
      return range
    }
    var lower = range.lower
    var upper = range.upper
    // The first range that ends at or behind the new one's start.
    var (c, i) = firstEnding(atOrAbove: range.lower)
    if c < chunks.count, chunks[c][i].upper == range.lower {
      lower = chunks[c][i].lower
      let next = successor(c, i)
      if next.0 < chunks.count {
        let behind = chunks[next.0][next.1]
        if behind.lower < range.upper { return nil }
        if behind.lower == range.upper {
          upper = behind.upper
          erase(next.0, next.1)
          (c, i) = firstEnding(atOrAbove: range.lower)
        }
      }
      chunks[c][i] = AddressRange(lower, upper)
      refresh(c)
      return AddressRange(lower, upper)
    }
    if c < chunks.count {
      let behind = chunks[c][i]
      if behind.lower < range.upper { return nil }
      if behind.lower == range.upper {
        chunks[c][i] = AddressRange(lower, behind.upper)
        refresh(c)
        return chunks[c][i]
      }
    }
    put(range, c, i)
    return range
  }

  /// Takes `range` out of the free range that holds it, and returns that range as it was.
  ///
  /// - Returns: nil, and nothing changes, when `range` is not wholly free.
  @discardableResult
  public mutating func remove(_ range: AddressRange) -> AddressRange? {
    guard !range.isEmpty, let (c, i) = place(holding: range.lower) else { return nil }
    let old = chunks[c][i]
    guard range.upper <= old.upper else { return nil }
    let left = AddressRange(old.lower, range.lower)
    let right = AddressRange(range.upper, old.upper)
    switch (left.isEmpty, right.isEmpty) {
    case (true, true): erase(c, i)
    case (true, false): replace(right, c, i)
    case (false, true): replace(left, c, i)
    case (false, false):
      replace(left, c, i)
      put(right, c, i + 1)
    }
    return old
  }

  /// The free range that holds `address`.
  public func range(holding address: UInt64) -> AddressRange? {
    place(holding: address).map { chunks[$0.0][$0.1] }
  }

  /// The lowest multiple of `alignment` at or above `floor` where `size` free bytes start that
  /// end at or below `ceiling`.
  ///
  /// - Precondition: `alignment` is a power of two.
  public func firstFit(
    size: UInt64, alignment: UInt64 = 1, from floor: UInt64 = 0, below ceiling: UInt64 = .max
  ) -> UInt64? {
    guard size > 0, !chunks.isEmpty else { return nil }
    var (c, i) = floor == 0 ? (0, 0) : firstEnding(atOrAbove: floor)
    while c < chunks.count {
      if largestOfChunk[c] >= size {
        for index in i..<chunks[c].count {
          let range = chunks[c][index]
          if range.lower >= ceiling { return nil }
          if let start = fit(range, size, alignment, floor, ceiling) { return start }
        }
      }
      (c, i) = (c + 1, 0)
    }
    return nil
  }

  /// The first range, in address order, that can hold `size` bytes at `alignment`.
  public func firstRange(holding size: UInt64, alignment: UInt64) -> AddressRange? {
    for c in chunks.indices where largestOfChunk[c] >= size {
      for range in chunks[c] where fit(range, size, alignment, 0, .max) != nil { return range }
    }
    return nil
  }

  @inline(__always)
  private func fit(
    _ range: AddressRange, _ size: UInt64, _ alignment: UInt64, _ floor: UInt64,
    _ ceiling: UInt64
  ) -> UInt64? {
    let lower = max(range.lower, floor)
    let upper = min(range.upper, ceiling)
    let start = (lower &+ (alignment &- 1)) & ~(alignment &- 1)
    guard start >= lower, start <= upper, upper - start >= size else { return nil }
    return start
  }

  /// Place of the first range whose end is at or above `address`; past the end when none is.
  private func firstEnding(atOrAbove address: UInt64) -> (Int, Int) {
    var low = 0
    var high = chunks.count
    while low < high {
      let middle = (low + high) / 2
      if chunks[middle][chunks[middle].count - 1].upper >= address {
        high = middle
      } else {
        low = middle + 1
      }
    }
    guard low < chunks.count else { return (low, 0) }
    let c = low
    (low, high) = (0, chunks[c].count)
    while low < high {
      let middle = (low + high) / 2
      if chunks[c][middle].upper >= address { high = middle } else { low = middle + 1 }
    }
    return (c, low)
  }

  private func place(holding address: UInt64) -> (Int, Int)? {
    guard address < .max else { return nil }
    let (c, i) = firstEnding(atOrAbove: address + 1)
    return c < chunks.count && chunks[c][i].contains(address) ? (c, i) : nil
  }

  private func successor(_ c: Int, _ i: Int) -> (Int, Int) {
    i + 1 < chunks[c].count ? (c, i + 1) : (c + 1, 0)
  }

  private mutating func replace(_ range: AddressRange, _ c: Int, _ i: Int) {
    let old = chunks[c][i].size
    chunks[c][i] = range
    if old == largestOfChunk[c] || range.size > largestOfChunk[c] { refresh(c) }
  }

  private mutating func put(_ range: AddressRange, _ c: Int, _ i: Int) {
    var (c, i) = (c, i)
    if c == chunks.count { (c, i) = (c - 1, chunks[c - 1].count) }
    chunks[c].insert(range, at: i)
    largestOfChunk[c] = max(largestOfChunk[c], range.size)
    guard chunks[c].count > limit else { return }
    let upperHalf = Array(chunks[c][(limit / 2)...])
    chunks[c].removeSubrange((limit / 2)...)
    chunks.insert(upperHalf, at: c + 1)
    largestOfChunk.insert(0, at: c + 1)
    refresh(c)
    refresh(c + 1)
  }

  private mutating func erase(_ c: Int, _ i: Int) {
    let size = chunks[c][i].size
    chunks[c].remove(at: i)
    if chunks[c].isEmpty {
      chunks.remove(at: c)
      largestOfChunk.remove(at: c)
    } else if size == largestOfChunk[c] {
      refresh(c)
    }
  }

  private mutating func refresh(_ c: Int) {
    var largest: UInt64 = 0
    for range in chunks[c] { largest = max(largest, range.size) }
    largestOfChunk[c] = largest
  }
}
