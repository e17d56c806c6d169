/// Not recently used, one used bit an entry (SPARC): the victim is the lowest-numbered entry whose
/// bit is clear; a touch that would set the last clear bit clears all the others. A repeated touch
/// changes nothing.
struct NRU: ReplacementPolicy {
  static let order = EntryOrder.fixed
  let tags: UnsafeMutablePointer<UInt32>
  let used: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    tags = storage.tags
    used = storage.wayState
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = tags + set &* ways
    let bits = used + set &* ways
    var way = findWay(row, ways, tag)
    let miss = way < 0
    if miss {
      way = findWay(row, ways, 0)
      if way < 0 { way = max(0, findWay(bits, ways, 0)) }
      row[way] = tag
      bits[way] = 0
    }
    if bits[way] == 0 {
      bits[way] = 1
      if findWay(bits, ways, 0) < 0 {
        bits.update(repeating: 0, count: ways)
        bits[way] = 1
      }
    }
    return miss ? 1 : 0
  }
}
