/// Memory of one TLB array: `ways` tags a set, what its policy keeps beside each way and each set,
/// and its generator. Policies are views on it, made once a block, so that hot loops hold bare
/// pointers. Tag 0 marks an empty way.
@safe struct ArrayStorage {
  // Safe: allocated for sets times ways; both bound every index here, and whoever allocates it
  // frees it.
  let sets: Int
  let ways: Int
  let tags: UnsafeMutablePointer<UInt32>
  /// One word a way: used bit, re-reference value, count or tree node.
  let wayState: UnsafeMutablePointer<UInt32>
  /// One word a set: hand or group.
  let setState: UnsafeMutablePointer<UInt32>
  let random: UnsafeMutablePointer<Xoshiro>

  static func allocate(sets: Int, ways: Int, seed: UInt64) -> ArrayStorage {
    let storage = unsafe ArrayStorage(
      sets: sets, ways: ways, tags: .allocate(capacity: sets * ways),
      wayState: .allocate(capacity: sets * ways), setState: .allocate(capacity: sets),
      random: .allocate(capacity: 1))
    unsafe storage.random.initialize(to: Xoshiro(seed: seed))
    storage.clear()
    return storage
  }

  func deallocate() {
    unsafe tags.deallocate()
    unsafe wayState.deallocate()
    unsafe setState.deallocate()
    unsafe random.deallocate()
  }

  /// Empties every way; the generator goes on where it was.
  func clear() {
    unsafe tags.initialize(repeating: 0, count: sets * ways)
    unsafe wayState.initialize(repeating: 0, count: sets * ways)
    unsafe setState.initialize(repeating: 0, count: sets)
  }

  /// Empties the ways whose tag `isStale`, as an invalidation does: hands and trees stay as they
  /// are. Arrays that keep their entries in order close the gaps.
  func remove(_ layout: EntryOrder, where isStale: (UInt32) -> Bool) {
    let keepingOrder = layout == .ordered
    for set in 0..<sets {
      let row = unsafe tags + set * ways
      var kept = 0
      for way in 0..<ways {
        let tag = unsafe row[way]
        let stale = tag == 0 || isStale(tag)
        if keepingOrder {
          if stale { continue }
          unsafe row[kept] = tag
          kept += 1
        } else if stale {
          unsafe row[way] = 0
          if layout == .fixed { unsafe wayState[set * ways + way] = 0 }
        }
      }
      if keepingOrder { for way in kept..<ways { unsafe row[way] = 0 } }
    }
  }
}

/// How a policy lays out the entries of a set.
enum EntryOrder {
  /// In recency or arrival order, empty ways last.
  case ordered
  /// An entry stays in its way, and `wayState` speaks of that entry.
  case fixed
  /// An entry stays in its way; `wayState` holds a tree over the ways.
  case tree
}

/// One replacement policy over one array's memory.
///
/// An empty way is filled before anything is evicted: the lowest-numbered one, unless the policy's
/// own choice is empty.
protocol ReplacementPolicy {
  static var order: EntryOrder { get }
  init(_ storage: ArrayStorage)
  /// Looks `tag` up in `set` for a run of `count` references, and fills on a miss.
  /// Returns 0 on a hit, 1 on a miss.
  func access(_ set: Int, _ tag: UInt32, _ count: UInt32) -> Int
}

// Safe: `row` has `ways` tags.
/// The way of `tag` in `row`, or -1.
@inline(__always)
func findWay(_ row: UnsafeMutablePointer<UInt32>, _ ways: Int, _ tag: UInt32) -> Int {
  var way = 0
  while way < ways {
    if unsafe row[way] == tag { return way }
    way &+= 1
  }
  return -1
}
