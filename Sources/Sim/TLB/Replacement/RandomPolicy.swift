/// Uniformly random victim, drawn from the array's own generator: one draw an eviction, none while
/// empty ways last. A repeated touch changes nothing.
struct RandomPolicy: ReplacementPolicy {
  static let order = EntryOrder.fixed
  let tags: UnsafeMutablePointer<UInt32>
  let ways: Int
  let random: UnsafeMutablePointer<Xoshiro>

  init(_ storage: ArrayStorage) {
    tags = storage.tags
    ways = storage.ways
    random = storage.random
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = tags + set &* ways
    if findWay(row, ways, tag) >= 0 { return 0 }
    let empty = findWay(row, ways, 0)
    row[empty >= 0 ? empty : random.pointee.below(ways)] = tag
    return 1
  }
}
