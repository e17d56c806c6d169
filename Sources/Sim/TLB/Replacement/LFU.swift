/// Least frequently used since it came in; ties go to the lowest-numbered way. A run counts for as
/// many references as it has. Counts stop at 2^32 - 1.
@safe struct LFU: ReplacementPolicy {
  // Safe: a view on an `ArrayStorage`, which outlives it; sets come from its own index and ways
  // stay below `ways`.
  static let order = EntryOrder.fixed
  let tags: UnsafeMutablePointer<UInt32>
  let counts: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    unsafe tags = storage.tags
    unsafe counts = storage.wayState
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = unsafe tags + set &* ways
    let uses = unsafe counts + set &* ways
    let found = unsafe findWay(row, ways, tag)
    if found >= 0 {
      let sum = unsafe uses[found].addingReportingOverflow(count)
      unsafe uses[found] = sum.overflow ? .max : sum.partialValue
      return 0
    }
    var way = unsafe findWay(row, ways, 0)
    if way < 0 {
      way = 0
      for w in 1..<max(ways, 1) where unsafe uses[w] < uses[way] { way = w }
    }
    unsafe row[way] = tag
    unsafe uses[way] = count
    return 1
  }
}
