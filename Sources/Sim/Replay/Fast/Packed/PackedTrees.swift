/// Tree pseudo-LRU. Word: node n at bit n.
@safe struct PackedTree: PackedPolicy {
  // Safe: `paths` has two words for each of 16 ways.
  let filled: FilledWays
  let ways: Int
  /// By way: the nodes above it, then those of them a use sets.
  let paths: UnsafeMutablePointer<UInt64>
  init(_ array: borrowing PackedArray) {
    filled = FilledWays(array)
    unsafe (ways, paths) = (array.geometry.ways, array.paths)
  }

  /// The nodes above `leaf` of a tree of `leaves`, and those that point away from it when set.
  static func path(_ leaves: Int, _ leaf: Int) -> (nodes: UInt64, away: UInt64) {
    var (nodes, away): (UInt64, UInt64) = (0, 0)
    var node = leaf + leaves
    while node > 1 {
      nodes |= 1 << UInt64(node / 2)
      if node % 2 == 0 { away |= 1 << UInt64(node / 2) }
      node /= 2
    }
    return (nodes, away)
  }

  /// The leaf of a tree of four its nodes, from bit 1 on, point at: two bits for each of the eight
  /// states of nodes 1, 2 and 3.
  @inline(__always)
  static func leafOfFour(_ tree: UInt64) -> UInt64 { 0xdc98 &>> (tree & 14) & 3 }

  @inline(__always)
  static func victim(_ tree: UInt64, _ leaves: Int) -> UInt64 {
    var node = leaves < 4 ? 1 : 4 &+ leafOfFour(tree)
    while node < leaves { node = node &* 2 &+ (tree &>> node & 1) }
    return 1 &<< (node &- UInt64(truncatingIfNeeded: leaves))
  }

  @inline(__always)
  func touch(_ word: inout UInt64, _ set: Int, _ held: UInt64, _ count: UInt32) -> UInt64 {
    let victim = PackedTree.victim(word, ways)
    let way = held | victim & held.maskOfZero
    let own = filled.lack(word) ? filled.take(&word, held, wanted: victim) : way
    let leaf = own.way
    word = unsafe word & ~paths[leaf] | paths[16 &+ leaf]
    return own
  }
}

/// Word: three trees of four leaves in nibbles, the victim group above them.
@safe struct PackedMRU3PLRU4: PackedPolicy {
  // Safe: `paths` has two words for each of 16 ways.
  let filled: FilledWays
  let paths: UnsafeMutablePointer<UInt64>
  init(_ array: borrowing PackedArray) {
    filled = FilledWays(array)
    unsafe paths = array.paths
  }

  @inline(__always)
  func touch(_ word: inout UInt64, _ set: Int, _ held: UInt64, _ count: UInt32) -> UInt64 {
    let group = word &>> 12 & 3
    let victim: UInt64 = 1 &<< (4 &* group &+ PackedTree.leafOfFour(word &>> (4 &* group)))
    let way = held | victim & held.maskOfZero
    let own = filled.lack(word) ? filled.take(&word, held, wanted: victim) : way
    let leaf = own.way
    let used = UInt64(truncatingIfNeeded: leaf) &>> 2
    let trees = unsafe word & ~(0xf000 | paths[leaf]) | paths[16 &+ leaf]
    word = trees | (used == 2 ? 0 : used &+ 1) &<< 12
    return own
  }
}
