/// Uniformly random victim, drawn from the array's own generator: one draw an eviction, none while
/// empty ways last. A repeated touch changes nothing.
@safe struct RandomPolicy: ReplacementPolicy {
  // Safe: a view on an `ArrayStorage`, which outlives it; sets come from its own index and ways
  // stay below `ways`.
  static let order = EntryOrder.fixed
  let tags: UnsafeMutablePointer<UInt32>
  let ways: Int
  let random: UnsafeMutablePointer<Xoshiro>

  init(_ storage: ArrayStorage) {
    unsafe tags = storage.tags
    ways = storage.ways
    unsafe random = storage.random
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = unsafe tags + set &* ways
    if unsafe findWay(row, ways, tag) >= 0 { return 0 }
    let empty = unsafe findWay(row, ways, 0)
    unsafe row[empty >= 0 ? empty : random.pointee.below(ways)] = tag
    return 1
  }
}
