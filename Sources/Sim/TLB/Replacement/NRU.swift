/// Not recently used, one used bit an entry (SPARC): the victim is the lowest-numbered entry whose
/// bit is clear; a touch that would set the last clear bit clears all the others. A repeated touch
/// changes nothing.
@safe struct NRU: ReplacementPolicy {
  // Safe: a view on an `ArrayStorage`, which outlives it; sets come from its own index and ways
  // stay below `ways`.
  static let order = EntryOrder.fixed
  let tags: UnsafeMutablePointer<UInt32>
  let used: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    unsafe tags = storage.tags
    unsafe used = storage.wayState
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = unsafe tags + set &* ways
    let bits = unsafe used + set &* ways
    var way = unsafe findWay(row, ways, tag)
    let miss = way < 0
    if miss {
      way = unsafe findWay(row, ways, 0)
      if way < 0 { way = unsafe max(0, findWay(bits, ways, 0)) }
      unsafe row[way] = tag
      unsafe bits[way] = 0
    }
    if unsafe bits[way] == 0 {
      unsafe bits[way] = 1
      if unsafe findWay(bits, ways, 0) < 0 {
        unsafe bits.update(repeating: 0, count: ways)
        unsafe bits[way] = 1
      }
    }
    return miss ? 1 : 0
  }
}
