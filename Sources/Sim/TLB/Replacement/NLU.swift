/// Not last used (Alpha 21164): a round-robin pointer that steps past an entry when that entry is
/// used, so the victim is never the one used last.
struct NLU: ReplacementPolicy {
  static let order = EntryOrder.fixed
  let tags: UnsafeMutablePointer<UInt32>
  let pointers: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    tags = storage.tags
    pointers = storage.setState
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = tags + set &* ways
    var way = findWay(row, ways, tag)
    let miss = way < 0
    if miss {
      way = findWay(row, ways, 0)
      if way < 0 { way = Int(truncatingIfNeeded: pointers[set]) }
      row[way] = tag
    }
    if Int(truncatingIfNeeded: pointers[set]) == way {
      pointers[set] = UInt32(truncatingIfNeeded: way &+ 1 == ways ? 0 : way &+ 1)
    }
    return miss ? 1 : 0
  }
}
