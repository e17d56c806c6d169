/// Not last used (Alpha 21164): a round-robin pointer that steps past an entry when that entry is
/// used, so the victim is never the one used last.
@safe struct NLU: ReplacementPolicy {
  // Safe: a view on an `ArrayStorage`, which outlives it; sets come from its own index and ways
  // stay below `ways`.
  static let order = EntryOrder.fixed
  let tags: UnsafeMutablePointer<UInt32>
  let pointers: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    unsafe tags = storage.tags
    unsafe pointers = storage.setState
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = unsafe tags + set &* ways
    var way = unsafe findWay(row, ways, tag)
    let miss = way < 0
    if miss {
      way = unsafe findWay(row, ways, 0)
      if way < 0 { way = unsafe Int(truncatingIfNeeded: pointers[set]) }
      unsafe row[way] = tag
    }
    if unsafe Int(truncatingIfNeeded: pointers[set]) == way {
      unsafe pointers[set] = UInt32(truncatingIfNeeded: way &+ 1 == ways ? 0 : way &+ 1)
    }
    return miss ? 1 : 0
  }
}
