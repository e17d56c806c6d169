/// Least recently used. Recency is kept physically: way 0 is the most recent, so a hit moves its
/// entry to the front and a miss pushes the last one out. A repeated touch changes nothing.
struct LRU: ReplacementPolicy {
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
    var carried = row[0]
    if carried == tag { return 0 }
    var way = 1
    while way < ways {
      let next = row[way]
      row[way] = carried
      if next == tag {
        row[0] = tag
        return 0
      }
      carried = next
      way &+= 1
    }
    row[0] = tag
    return 1
  }
}
