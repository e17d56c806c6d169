/// Tree pseudo-LRU over one word.
struct PackedTree: PackedPolicy {
  static let choosesFirst = true
  let ways: Int
  /// By way: the nodes above it, then those of them a use sets.
  let paths: UnsafeMutablePointer<UInt64>
  init(_ array: borrowing PackedArray) { (ways, paths) = (array.geometry.ways, array.paths) }

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

  @inline(__always)
  static func victim(_ tree: UInt64, _ leaves: Int) -> Int {
    var node = 1
    while node < leaves { node = node &* 2 &+ Int(truncatingIfNeeded: tree &>> UInt64(node) & 1) }
    return node &- leaves
  }

  @inline(__always)
  func hit(_ state: inout PackedState, _ set: Int, _ way: UInt64, _ count: UInt32) {
    fill(&state, set, way.trailingZeroBitCount, count)
  }
  @inline(__always)
  func victim(_ state: inout PackedState, _ set: Int) -> Int {
    PackedTree.victim(state.hand, ways)
  }
  @inline(__always)
  func fill(_ state: inout PackedState, _ set: Int, _ way: Int, _ count: UInt32) {
    state.hand = state.hand & ~paths[way] | paths[16 &+ way]
  }
}

/// Three trees of four leaves in nibbles, the victim group above them.
struct PackedMRU3PLRU4: PackedPolicy {
  static let choosesFirst = true
  let paths: UnsafeMutablePointer<UInt64>
  init(_ array: borrowing PackedArray) { paths = array.paths }

  @inline(__always)
  func hit(_ state: inout PackedState, _ set: Int, _ way: UInt64, _ count: UInt32) {
    fill(&state, set, way.trailingZeroBitCount, count)
  }
  @inline(__always)
  func victim(_ state: inout PackedState, _ set: Int) -> Int {
    let group = state.hand &>> 12
    let tree = state.hand &>> (4 &* group) & 15
    return Int(truncatingIfNeeded: group) &* 4 &+ PackedTree.victim(tree, 4)
  }
  @inline(__always)
  func fill(_ state: inout PackedState, _ set: Int, _ way: Int, _ count: UInt32) {
    let group = UInt64(way) &>> 2
    let trees = state.hand & 0xfff & ~paths[way] | paths[16 &+ way]
    state.hand = trees | (group == 2 ? 0 : group &+ 1) &<< 12
  }
}
