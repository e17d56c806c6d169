/// CLOCK (second chance): entries come in with their bit clear, a hit sets it; the hand clears set
/// bits until it finds a clear one, evicts there and steps past. A run of two or more is a fill
/// and a hit. Filling an empty way does not move the hand.
struct Clock: ReplacementPolicy {
  static let order = EntryOrder.fixed
  let tags: UnsafeMutablePointer<UInt32>
  let bits: UnsafeMutablePointer<UInt32>
  let hands: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    tags = storage.tags
    bits = storage.wayState
    hands = storage.setState
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = tags + set &* ways
    let bit = bits + set &* ways
    let found = findWay(row, ways, tag)
    if found >= 0 {
      bit[found] = 1
      return 0
    }
    var way = findWay(row, ways, 0)
    if way < 0 {
      way = Int(truncatingIfNeeded: hands[set])
      while bit[way] != 0 {
        bit[way] = 0
        way = way &+ 1 == ways ? 0 : way &+ 1
      }
      hands[set] = UInt32(truncatingIfNeeded: way &+ 1 == ways ? 0 : way &+ 1)
    }
    row[way] = tag
    bit[way] = count > 1 ? 1 : 0
    return 1
  }
}
