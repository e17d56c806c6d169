/// Static re-reference interval prediction, 2 bits, hit priority (Jaleel et al., ISCA 2010): an
/// entry comes in with value 2, a hit sets 0, the victim is the lowest-numbered entry of value 3,
/// all ageing by one until there is one. A run of two or more is a fill and a hit.
struct SRRIP: ReplacementPolicy {
  static let order = EntryOrder.fixed
  let tags: UnsafeMutablePointer<UInt32>
  let values: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    tags = storage.tags
    values = storage.wayState
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = tags + set &* ways
    let value = values + set &* ways
    let found = findWay(row, ways, tag)
    if found >= 0 {
      value[found] = 0
      return 0
    }
    var way = findWay(row, ways, 0)
    if way < 0 {
      var oldest: UInt32 = 0
      for w in 0..<ways { oldest = max(oldest, value[w]) }
      let ageing = 3 &- oldest
      if ageing > 0 { for w in 0..<ways { value[w] &+= ageing } }
      way = findWay(value, ways, 3)
    }
    row[way] = tag
    value[way] = count > 1 ? 0 : 2
    return 1
  }
}
