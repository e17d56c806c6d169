/// Static re-reference interval prediction, 2 bits, hit priority (Jaleel et al., ISCA 2010): an
/// entry comes in with value 2, a hit sets 0, the victim is the lowest-numbered entry of value 3,
/// all ageing by one until there is one. A run of two or more is a fill and a hit.
@safe struct SRRIP: ReplacementPolicy {
  // Safe: a view on an `ArrayStorage`, which outlives it; sets come from its own index and ways
  // stay below `ways`.
  static let order = EntryOrder.fixed
  let tags: UnsafeMutablePointer<UInt32>
  let values: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    unsafe tags = storage.tags
    unsafe values = storage.wayState
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = unsafe tags + set &* ways
    let value = unsafe values + set &* ways
    let found = unsafe findWay(row, ways, tag)
    if found >= 0 {
      unsafe value[found] = 0
      return 0
    }
    var way = unsafe findWay(row, ways, 0)
    if way < 0 {
      var oldest: UInt32 = 0
      for w in 0..<ways { oldest = unsafe max(oldest, value[w]) }
      let ageing = 3 &- oldest
      if ageing > 0 { for w in 0..<ways { unsafe value[w] &+= ageing } }
      way = unsafe findWay(value, ways, 3)
    }
    unsafe row[way] = tag
    unsafe value[way] = count > 1 ? 0 : 2
    return 1
  }
}
