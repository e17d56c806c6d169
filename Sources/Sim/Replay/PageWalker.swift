/// Walks of one machine: paging-structure caches and the reads that remain.
///
/// A walk probes the cache of each level above the leaf, lowest first, and reads what it finds
/// missing; every level it passes is filled. Tables that are no radix trees are read once.
@safe struct PageWalker {
  // Safe: `keys` has a row of `levels` words, at least one, for every translation below `count`;
  // the engine frees it in its `deinit`.
  let plan: WalkPlan
  /// By level - 1; a level without a cache is always read.
  private var caches: [WalkCacheUnit?]
  private var interner = EntryInterner()
  /// `plan.levels` words a translation: the cache key of each level, 0 at and below the leaf, the
  /// all-ones word where a read cannot be spared. The first, below every leaf, is 1 once the page
  /// was walked for: in a hybrid machine the first walk traps to software, which fills the table.
  private var keys: UnsafeMutablePointer<UInt64>
  private static let uncached = UInt64.max
  /// Translations known.
  private(set) var count = 0
  private var capacity = 1

  private struct WalkCacheUnit {
    let policy: ReplacementKind
    let index: SetIndex
    let storage: ArrayStorage
    /// False for a level that shares the cache of a lower one.
    let owns: Bool
  }

  init(_ machine: Machine) {
    let levels = machine.table.radixLevels ?? 1
    plan = WalkPlan(levels: levels, basePage: machine.pageSizes.min() ?? .base4K)
    caches = Array(repeating: nil, count: levels)
    for (i, cache) in machine.walkCaches.enumerated() where cache.geometry.policy != .opt {
      let slots = cache.level == 0 ? Array(1..<max(1, levels)) : [cache.level - 1]
      var storage: ArrayStorage?
      for slot in slots where (0..<levels).contains(slot) && caches[slot] == nil {
        let owns = storage == nil
        let memory =
          storage
          ?? .allocate(
            sets: cache.geometry.sets, ways: cache.geometry.ways, seed: UInt64(i + 1))
        storage = memory
        caches[slot] = WalkCacheUnit(
          policy: cache.geometry.policy, index: SetIndex(cache.geometry), storage: memory,
          owns: owns)
      }
    }
    unsafe keys = .allocate(capacity: levels)
  }

  func deallocate() {
    for cache in caches where cache?.owns == true { cache?.storage.deallocate() }
    unsafe keys.deallocate()
  }

  /// Forgets the translations, not what the caches hold.
  mutating func forget() { count = 0 }

  /// Compiles the keys of more translations.
  mutating func append(_ translations: [Translation]) {
    let levels = plan.levels
    let total = count + translations.count
    if total > capacity {
      let grown = max(total, 2 * capacity)
      let moreKeys = UnsafeMutablePointer<UInt64>.allocate(capacity: grown * levels)
      unsafe moreKeys.update(from: keys, count: count * levels)
      unsafe keys.deallocate()
      unsafe (keys, capacity) = (moreKeys, grown)
    }
    for (i, translation) in translations.enumerated() {
      let row = unsafe keys + (count + i) * levels
      unsafe row.initialize(repeating: 0, count: levels)
      let leaf = plan.leafLevel(translation.size)
      for slot in leaf..<max(leaf, levels) {
        guard let cache = caches[slot] else {
          unsafe row[slot] = PageWalker.uncached
          continue
        }
        let number = translation.virtualBase >> UInt64(plan.shifts[slot])
        let key = EntryKey(
          number: number, shift: UInt8(plan.shifts[slot]), isGlobal: translation.isGlobal)
        unsafe row[slot] = UInt64(cache.index(number)) << 32 | UInt64(interner.id(key))
      }
    }
    count = total
  }

  /// Walks translation `t`: the page-table reads it makes, and whether it is its first walk.
  /// - Parameter space: added to the tags of every translation; global ones are tagged too, as
  ///   tables are per address space.
  func walk(_ t: Int, space: UInt32) -> (reads: Int, isFirst: Bool) {
    let levels = plan.levels
    var reads = 1
    let row = unsafe keys + t &* levels
    for slot in 1..<max(1, levels) {
      let key = unsafe row[slot]
      if key == 0 { continue }
      if key == PageWalker.uncached {
        reads &+= 1
        continue
      }
      guard let cache = caches[slot] else { continue }
      let tag = UInt32(truncatingIfNeeded: key) &+ space
      if accessOnce(cache.policy, cache.storage, Int(key &>> 32), tag) == 0 { break }
      reads &+= 1
    }
    let isFirst = unsafe row[0] == 0
    unsafe row[0] = 1
    return (reads, isFirst)
  }

  /// Empties the paging-structure caches.
  func flush() { for cache in caches where cache?.owns == true { cache?.storage.clear() } }
}

/// One lookup of one policy, for arrays too small or too rarely used to be worth a block.
func accessOnce(
  _ kind: ReplacementKind, _ storage: ArrayStorage, _ set: Int, _ tag: UInt32, _ count: UInt32 = 1
) -> Int {
  switch kind {
  case .lru: LRU(storage).access(set, tag, count)
  case .fifo: FIFO(storage).access(set, tag, count)
  case .random: RandomPolicy(storage).access(set, tag, count)
  case .tplru: TreePLRU(storage).access(set, tag, count)
  case .nru: NRU(storage).access(set, tag, count)
  case .srrip: SRRIP(storage).access(set, tag, count)
  case .lfu: LFU(storage).access(set, tag, count)
  case .nlu: NLU(storage).access(set, tag, count)
  case .clock: Clock(storage).access(set, tag, count)
  case .mru3plru4: MRU3PLRU4(storage).access(set, tag, count)
  case .opt: 1
  }
}
