/// Tree pseudo-LRU over a power of two ways. Node bits point to the half to evict from; a touch
/// turns every node on its path away. Node n has children 2n and 2n + 1, the root is 1. A repeated
/// touch changes nothing.
struct TreePLRU: ReplacementPolicy {
  static let order = EntryOrder.tree
  let tags: UnsafeMutablePointer<UInt32>
  let nodes: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    tags = storage.tags
    nodes = storage.wayState
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = tags + set &* ways
    let tree = nodes + set &* ways
    var way = findWay(row, ways, tag)
    let miss = way < 0
    if miss {
      way = plruVictim(tree, ways)
      if row[way] != 0 {
        let empty = findWay(row, ways, 0)
        if empty >= 0 { way = empty }
      }
      row[way] = tag
    }
    plruTouch(tree, ways, way)
    return miss ? 1 : 0
  }
}

/// The leaf the tree's bits point at. `tree` has `ways` words; word 0 is unused.
@inline(__always)
func plruVictim(_ tree: UnsafeMutablePointer<UInt32>, _ ways: Int) -> Int {
  var node = 1
  while node < ways { node = node &* 2 &+ Int(truncatingIfNeeded: tree[node]) }
  return node &- ways
}

/// Points every node on the path to `way` at the other half.
@inline(__always)
func plruTouch(_ tree: UnsafeMutablePointer<UInt32>, _ ways: Int, _ way: Int) {
  var node = way &+ ways
  while node > 1 {
    tree[node &>> 1] = UInt32(truncatingIfNeeded: ~node & 1)
    node &>>= 1
  }
}
