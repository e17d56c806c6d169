/// First in, first out (round robin). Way 0 holds the newest entry; a hit moves nothing.
@safe struct FIFO: ReplacementPolicy {
  // Safe: a view on an `ArrayStorage`, which outlives it; sets come from its own index and ways
  // stay below `ways`.
  static let order = EntryOrder.ordered
  let tags: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    unsafe tags = storage.tags
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = unsafe tags + set &* ways
    if unsafe findWay(row, ways, tag) >= 0 { return 0 }
    var way = ways &- 1
    while way > 0 {
      unsafe row[way] = row[way &- 1]
      way &-= 1
    }
    unsafe row[0] = tag
    return 1
  }
}
