/// First in, first out (round robin). Way 0 holds the newest entry; a hit moves nothing.
struct FIFO: ReplacementPolicy {
  static let order = EntryOrder.ordered
  let tags: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    tags = storage.tags
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = tags + set &* ways
    if findWay(row, ways, tag) >= 0 { return 0 }
    var way = ways &- 1
    while way > 0 {
      row[way] = row[way &- 1]
      way &-= 1
    }
    row[0] = tag
    return 1
  }
}
