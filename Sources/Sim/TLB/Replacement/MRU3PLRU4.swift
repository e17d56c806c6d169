/// The 12-way rule found on the Skylake family's second level (TLB;DR, 2022): three groups of four
/// ways; the victim group follows the most recently used entry's group, modulo three, and inside
/// it a four-leaf tree pseudo-LRU picks. A repeated touch changes nothing.
@safe struct MRU3PLRU4: ReplacementPolicy {
  // Safe: a view on an `ArrayStorage`, which outlives it; sets come from its own index and ways
  // stay below `ways`.
  static let order = EntryOrder.tree
  let tags: UnsafeMutablePointer<UInt32>
  let nodes: UnsafeMutablePointer<UInt32>
  let groups: UnsafeMutablePointer<UInt32>

  init(_ storage: ArrayStorage) {
    unsafe tags = storage.tags
    unsafe nodes = storage.wayState
    unsafe groups = storage.setState
  }

  /// `groups[set]` is the victim group: 0 in an empty array.
  @inline(__always)
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int {
    let row = unsafe tags + set &* 12
    let trees = unsafe nodes + set &* 12
    var way = unsafe findWay(row, 12, tag)
    let miss = way < 0
    if miss {
      let group = unsafe Int(truncatingIfNeeded: groups[set])
      way = unsafe group &* 4 &+ plruVictim(trees + group &* 4, 4)
      if unsafe row[way] != 0 {
        let empty = unsafe findWay(row, 12, 0)
        if empty >= 0 { way = empty }
      }
      unsafe row[way] = tag
    }
    let group = way &>> 2
    unsafe plruTouch(trees + group &* 4, 4, way & 3)
    unsafe groups[set] = group == 2 ? 0 : UInt32(truncatingIfNeeded: group &+ 1)
    return miss ? 1 : 0
  }
}
