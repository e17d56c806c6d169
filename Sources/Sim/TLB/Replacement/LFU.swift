/// Least frequently used since it came in; ties go to the lowest-numbered way. A run counts for as
/// many references as it has. Counts stop at 2^32 - 1.
struct LFU: ReplacementPolicy {
  static let order = EntryOrder.fixed
  let tags: UnsafeMutablePointer<UInt32>
  let counts: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    tags = storage.tags
    counts = storage.wayState
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = tags + set &* ways
    let uses = counts + set &* ways
    let found = findWay(row, ways, tag)
    if found >= 0 {
      let sum = uses[found].addingReportingOverflow(count)
      uses[found] = sum.overflow ? .max : sum.partialValue
      return 0
    }
    var way = findWay(row, ways, 0)
    if way < 0 {
      way = 0
      for w in 1..<max(ways, 1) where uses[w] < uses[way] { way = w }
    }
    row[way] = tag
    uses[way] = count
    return 1
  }
}
