/// Walks of every kind of table: what they read, what they cost, what they leave in the caches.
final class DetailedWalker {
  private let machine: Machine
  private let plan: WalkPlan
  /// By table level; level n's cache holds entries of level n.
  private let caches: [DetailedArray?]
  private let sharedCache: DetailedArray?
  private let memory: WalkCaches?
  private let nested: NestedPaging?
  private let hostCache: DetailedArray?
  private var tablePages: [UInt64: UInt64] = [:]
  private var hashed = HashedTable(pages: 0)
  private var probed: ProbedTable

  /// Where virtual linear tables lie: far from any section.
  static let linearTableBase: UInt64 = 1 << 62

  init(_ machine: Machine, options: ReplayOptions) {
    self.machine = machine
    plan = WalkPlan(
      levels: machine.table.radixLevels ?? 1, basePage: machine.pageSizes.min() ?? .base4K)
    memory = options.walkMemory.map { WalkCaches($0) }
    nested = options.nestedPaging
    probed = ProbedTable(entries: machine.tableEntries.value)
    hostCache = options.nestedPaging.flatMap { nested in
      nested.cachedPages == 0
        ? nil
        : DetailedArray(
          sets: 1, ways: nested.cachedPages, policy: .lru,
          index: SetIndex(sets: 1, kind: .linear), seed: 0)
    }
    var (caches, shared) = ([DetailedArray?](repeating: nil, count: 8), DetailedArray?.none)
    for (i, cache) in machine.walkCaches.enumerated()
    where cache.geometry.policy != .opt && caches.indices.contains(cache.level) {
      let array = DetailedArray(
        sets: cache.geometry.sets, ways: cache.geometry.ways, policy: cache.geometry.policy,
        index: SetIndex(cache.geometry), seed: UInt64(i + 1))
      if cache.level == 0 {
        shared?.deallocate()
        shared = array
      } else {
        caches[cache.level]?.deallocate()
        caches[cache.level] = array
      }
    }
    (self.caches, sharedCache) = (caches, shared)
  }

  deinit {
    for cache in caches { cache?.deallocate() }
    sharedCache?.deallocate()
    hostCache?.deallocate()
  }

  /// Whether `rebind` wants every translation each time, not just the new ones.
  var wantsAllPages: Bool { machine.table == .hashed && machine.walk == .hardware }

  func rebind(_ translations: [Translation]) {
    guard wantsAllPages else { return }
    hashed = HashedTable(pages: translations.count)
    for translation in translations where !translation.isLocked {
      let key = DetailedArray.key(number: translation.number, shift: translation.size.shift)
      hashed.insert(
        key, number: translation.number, segment: translation.virtualBase >> 28)
    }
  }

  func flush() {
    for cache in caches { cache?.remove { _, _ in true } }
    sharedCache?.remove { _, _ in true }
    hostCache?.remove { _, _ in true }
  }

  /// Walks for one page. Entries of upper levels belong to the running address space: the global
  /// bit is a leaf's.
  func walk(
    _ kind: AccessKind, _ address: UInt64, _ page: Translation, _ mmu: DetailedMMU
  ) -> (reads: Int, cycles: Double) {
    let space = mmu.space
    switch machine.table {
    case .radix2, .radix3, .radix4, .radix5: return radix(kind, address, page, space, mmu)
    case .hashed where machine.walk == .hardware: return searchHashed(page)
    case .hashed, .tsb, .vhpt: return probe(page)
    case .linear: return linear(kind, address, space, mmu)
    }
  }

  /// Cost of a walk of `reads` reads that reached memory as `latencies` says.
  private func price(_ reads: Int, _ latencies: Double) -> Double {
    let costs = machine.costs
    guard machine.walk != .software else {
      return costs.softwareKernel ?? costs.software
    }
    guard let memory else { return costs.walk + Double(reads - 1) * costs.perLevelRead }
    return max(0, costs.walk - memory.nearestCycles) + latencies
  }

  private func radix(
    _ kind: AccessKind, _ address: UInt64, _ page: Translation, _ space: UInt32,
    _ mmu: DetailedMMU
  ) -> (reads: Int, cycles: Double) {
    let leaf = plan.leafLevel(page.size)
    var start = plan.levels
    if leaf < plan.levels {
      for level in (leaf + 1)...plan.levels
      where lookUpper(level, address, space, kind, mmu) {
        start = level - 1
        break
      }
    }
    var reads = 0
    var latencies = 0.0
    for level in stride(from: start, through: leaf, by: -1) {
      reads += readEntry(level, address, &latencies)
      if level > leaf { fillUpper(level, address, space, kind, mmu) }
    }
    if let nested { reads += hostWalk(page.physicalBase >> 12, nested, &latencies) }
    return (reads, price(reads, latencies))
  }

  /// Reads the entry of one level; in a nested walk its own address is translated first.
  private func readEntry(_ level: Int, _ address: UInt64, _ latencies: inout Double) -> Int {
    let shift = UInt64(plan.shifts[level - 1])
    let entryBits = UInt64(plan.levels == 2 ? 2 : 3)
    let indexBits = UInt64(plan.shifts[0]) - entryBits
    guard memory != nil || nested != nil else { return 1 }
    let number = address >> shift
    let table = tablePage(level, number >> indexBits)
    let bytes = table << UInt64(plan.shifts[0]) | (number & ((1 << indexBits) - 1)) << entryBits
    var reads = 1
    if let nested { reads += hostWalk(table | 1 << 40, nested, &latencies) }
    if let memory { latencies += memory.read(bytes) }
    return reads
  }

  /// A dense number for each page of the table, in order of first use.
  private func tablePage(_ level: Int, _ number: UInt64) -> UInt64 {
    let key = number << 3 | UInt64(level)
    if let known = tablePages[key] { return known }
    let next = UInt64(tablePages.count)
    tablePages[key] = next
    return next
  }

  private func hostWalk(_ guestPage: UInt64, _ nested: NestedPaging, _ latencies: inout Double)
    -> Int
  {
    if let hostCache {
      let key = DetailedArray.key(number: guestPage, shift: 12)
      let range = 0..<hostCache.ways
      let slot = hostCache.find(key, 0, 0, range)
      if slot >= 0 {
        hostCache.touch(slot: slot, range: range, count: 1, isFill: false)
        return 0
      }
      if let free = hostCache.fillSlot(0, range) {
        _ = hostCache.put(key, 0, valid: 1, locked: false, slot: free)
        hostCache.touch(slot: free, range: range, count: 1, isFill: true)
      }
    }
    if let memory {
      for level in 1...nested.hostLevels {
        let number = guestPage >> UInt64(9 * (level - 1))
        latencies += memory.read(1 << 52 | UInt64(level) << 48 | (number << 3) & 0xffff_ffff_ffff)
      }
    }
    return nested.hostLevels
  }

  private func upperKey(_ level: Int, _ address: UInt64) -> UInt64 {
    let shift = UInt8(plan.shifts[level - 1])
    return DetailedArray.key(number: address >> UInt64(shift), shift: shift)
  }

  private func lookUpper(
    _ level: Int, _ address: UInt64, _ space: UInt32, _ kind: AccessKind, _ mmu: DetailedMMU
  ) -> Bool {
    let key = upperKey(level, address)
    if let cache = caches[level], holds(cache, key, space) { return true }
    if let sharedCache, holds(sharedCache, key, space) { return true }
    return mmu.findWalkEntry(key, space, kind)
  }

  private func holds(_ cache: DetailedArray, _ key: UInt64, _ space: UInt32) -> Bool {
    let slot = cache.find(key, cache.index(key >> 6), space, 0..<cache.ways)
    guard slot >= 0 else { return false }
    cache.touch(slot: slot, range: 0..<cache.ways, count: 1, isFill: false)
    return true
  }

  private func fillUpper(
    _ level: Int, _ address: UInt64, _ space: UInt32, _ kind: AccessKind, _ mmu: DetailedMMU
  ) {
    let key = upperKey(level, address)
    if let cache = caches[level] ?? sharedCache {
      let set = cache.index(key >> 6)
      let range = 0..<cache.ways
      if cache.find(key, set, space, range) < 0, let slot = cache.fillSlot(set, range) {
        _ = cache.put(key, space, valid: 1, locked: false, slot: slot)
        cache.touch(slot: slot, range: range, count: 1, isFill: true)
      }
    }
    mmu.fillWalkEntry(key, space, kind)
  }

  private func searchHashed(_ page: Translation) -> (reads: Int, cycles: Double) {
    let key = DetailedArray.key(number: page.number, shift: page.size.shift)
    let result = hashed.search(key, number: page.number, segment: page.virtualBase >> 28)
    // A group is one cache line: the walk's stated cost covers the first, each further one adds.
    let extra = result.reads > HashedTable.groupSize ? machine.costs.walk : 0
    return (result.reads, machine.costs.walk + extra + (result.found ? 0 : machine.costs.software))
  }

  /// One probe; a wrong tag ends in software, which enters the page.
  private func probe(_ page: Translation) -> (reads: Int, cycles: Double) {
    let key = DetailedArray.key(number: page.number, shift: page.size.shift)
    let found = probed.probe(key, number: page.number)
    let costs = machine.costs
    switch machine.walk {
    case .software: return (1, found ? costs.software : costs.softwareNested ?? 2 * costs.software)
    case .hybrid, .hardware: return (1, costs.walk + (found ? 0 : costs.software))
    }
  }

  /// A linear table lies in virtual memory: the page that holds the entry needs a TLB entry too.
  private func linear(
    _ kind: AccessKind, _ address: UInt64, _ space: UInt32, _ mmu: DetailedMMU
  ) -> (reads: Int, cycles: Double) {
    let costs = machine.costs
    guard let double = costs.softwareNested else { return (1, price(1, 0)) }
    let base = UInt64(plan.shifts[0])
    let entry = DetailedWalker.linearTableBase | (address >> base) << 3
    if mmu.touchTablePage(entry, PageSize(shift: UInt8(base)), space) {
      return (1, costs.software)
    }
    return (2, double)
  }
}
