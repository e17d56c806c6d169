/// Least recently used. Recency is kept physically: way 0 is the most recent, so a hit moves its
/// entry to the front and a miss pushes the last one out. A repeated touch changes nothing.
@safe struct LRU: ReplacementPolicy {
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
    var carried = unsafe row[0]
    if carried == tag { return 0 }
    var way = 1
    while way < ways {
      let next = unsafe row[way]
      unsafe row[way] = carried
      if next == tag {
        unsafe row[0] = tag
        return 0
      }
      carried = next
      way &+= 1
    }
    unsafe row[0] = tag
    return 1
  }
}
