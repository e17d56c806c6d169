/// Tree pseudo-LRU over a power of two ways. Node bits point to the half to evict from; a touch
/// turns every node on its path away. Node n has children 2n and 2n + 1, the root is 1. A repeated
/// touch changes nothing.
@safe struct TreePLRU: ReplacementPolicy {
  // Safe: a view on an `ArrayStorage`, which outlives it; sets come from its own index and ways
  // stay below `ways`.
  static let order = EntryOrder.tree
  let tags: UnsafeMutablePointer<UInt32>
  let nodes: UnsafeMutablePointer<UInt32>
  let ways: Int

  init(_ storage: ArrayStorage) {
    unsafe tags = storage.tags
    unsafe nodes = storage.wayState
    ways = storage.ways
  }

  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = unsafe tags + set &* ways
    let tree = unsafe nodes + set &* ways
    var way = unsafe findWay(row, ways, tag)
    let miss = way < 0
    if miss {
      way = unsafe plruVictim(tree, ways)
      if unsafe row[way] != 0 {
        let empty = unsafe findWay(row, ways, 0)
        if empty >= 0 { way = empty }
      }
      unsafe row[way] = tag
    }
    unsafe plruTouch(tree, ways, way)
    return miss ? 1 : 0
  }
}

// Safe: the search stops at nodes from `ways` on, for which `tree` has words.
/// The leaf the tree's bits point at. `tree` has `ways` words; word 0 is unused.
@inline(__always)
func plruVictim(_ tree: UnsafeMutablePointer<UInt32>, _ ways: Int) -> Int {
  var node = 1
  while node < ways { node = unsafe node &* 2 &+ Int(truncatingIfNeeded: tree[node]) }
  return node &- ways
}

// Safe: nodes on the path to a way are below `ways`, for which `tree` has words.
/// Points every node on the path to `way` at the other half.
@inline(__always)
func plruTouch(_ tree: UnsafeMutablePointer<UInt32>, _ ways: Int, _ way: Int) {
  var node = way &+ ways
  while node > 1 {
    unsafe tree[node &>> 1] = UInt32(truncatingIfNeeded: ~node & 1)
    node &>>= 1
  }
}
