/// CLOCK (second chance): entries come in with their bit clear, a hit sets it; the hand clears set
/// bits until it finds a clear one, evicts there and steps past. A run of two or more is a fill
/// and a hit. Filling an empty way does not move the hand.
@safe struct Clock: ReplacementPolicy {
  // Safe: a view on an `ArrayStorage`, which outlives it; sets come from its own index and ways
  // stay below `ways`.
  static let order = EntryOrder.fixed
  let tags: UnsafeMutablePointer<UInt32>
  let bits: UnsafeMutablePointer<UInt32>
  let hands: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    unsafe tags = storage.tags
    unsafe bits = storage.wayState
    unsafe hands = storage.setState
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = unsafe tags + set &* ways
    let bit = unsafe bits + set &* ways
    let found = unsafe findWay(row, ways, tag)
    if found >= 0 {
      unsafe bit[found] = 1
      return 0
    }
    var way = unsafe findWay(row, ways, 0)
    if way < 0 {
      way = unsafe Int(truncatingIfNeeded: hands[set])
      while unsafe bit[way] != 0 {
        unsafe bit[way] = 0
        way = way &+ 1 == ways ? 0 : way &+ 1
      }
      unsafe hands[set] = UInt32(truncatingIfNeeded: way &+ 1 == ways ? 0 : way &+ 1)
    }
    unsafe row[way] = tag
    unsafe bit[way] = count > 1 ? 1 : 0
    return 1
  }
}
