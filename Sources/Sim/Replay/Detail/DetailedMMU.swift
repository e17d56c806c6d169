/// A machine's address translation, reference by reference, with everything a description can say:
/// levels that include or exclude each other, rival arrays, locked entries, walk entries inside
/// the second level, prefetch, tables that are no radix trees, nested walks.
///
/// Where the block engine can express a machine, both count the same; the engine is faster.
///
/// What a reference touches lies behind pointers: neither counted nor checked for exclusive access.
@safe final class DetailedMMU {
  // Safe: slots run below sets times ways or come from the array's own searches; the tables live
  // from `init` to `deinit`, and arrays index their own counts.
  let machine: Machine
  let arrays: [DetailedArray]
  /// By access kind.
  let order: [LookupOrder]
  let facts: Facts
  let walker: DetailedWalker
  private(set) var pages: BoundPages
  private var groups: MergeGroups
  /// Translations by key; only where prefetching has to find a neighbour.
  var byKey: [UInt64: Int] = [:]
  var space: UInt32 = 0
  /// By array.
  var retained: [RetainedSpaces]
  /// What the machine as a whole keeps apart; the walker's caches go when one has to leave.
  var machineSpaces: RetainedSpaces
  /// Labels misses with their causes; nil: nobody asked.
  var labels: MissLabeller?
  /// By array.
  let lookups: UnsafeMutablePointer<UInt64>
  let misses: UnsafeMutablePointer<UInt64>
  private(set) var firstWalks: UInt64 = 0
  private(set) var walkReads: UInt64 = 0
  private(set) var walkCycles = 0.0

  init(_ machine: Machine, options: ReplayOptions) throws {
    self.machine = machine
    let seed = Seed(options.seed).stream("array")
    var arrays: [DetailedArray] = []
    for (i, array) in machine.arrays.enumerated() {
      guard array.geometry.policy != .opt else {
        throw InputError(
          file: "machine \(machine.id)",
          "\(array.name): opt needs the whole future; it runs on address traces only")
      }
      let ways = array.openWays
      let sets = max(1, array.tags / min(array.geometry.ways, array.tags))
      arrays.append(
        DetailedArray(
          sets: sets, ways: ways, policy: array.geometry.policy,
          index: SetIndex(sets: sets, kind: array.geometry.index), seed: seed.stream(i).value))
    }
    self.arrays = arrays
    order = AccessKind.allCases.map { LookupOrder(machine.lookupOrder($0)) }
    facts = Facts(machine)
    pages = BoundPages(arrays: arrays.count)
    groups = MergeGroups(machine.arrays.map(\.coalescePages).max() ?? 1)
    walker = DetailedWalker(machine, options: options)
    let named = 1 << min(max(0, machine.asidBits), 16)
    let limit = min(1000, named, machine.asidSlots > 0 ? machine.asidSlots : named)
    machineSpaces = RetainedSpaces(limit: limit)
    retained = machine.arrays.map { RetainedSpaces(limit: $0.asidSlots ?? limit) }
    unsafe lookups = .allocate(capacity: max(1, arrays.count))
    unsafe misses = .allocate(capacity: max(1, arrays.count))
    unsafe lookups.initialize(repeating: 0, count: arrays.count)
    unsafe misses.initialize(repeating: 0, count: arrays.count)
  }

  deinit {
    for array in arrays { array.deallocate() }
    for groups in order { groups.deallocate() }
    pages.deallocate()
    unsafe lookups.deallocate()
    unsafe misses.deallocate()
  }

  /// Replaces the binding; what the arrays hold stays until it is flushed.
  func rebind(_ binding: Binding) {
    var emptied = pages
    emptied.removeAll()
    pages = emptied
    groups.removeAll()
    byKey.removeAll(keepingCapacity: true)
    extend(binding)
  }

  /// Adds what a binding brings: its translation indices count from 0.
  func extend(_ binding: Binding) {
    let first = pages.count
    var grown = pages
    grown.append(binding)
    pages = grown
    let regrouped = groups.add(binding.translations, from: first)
    pages.setPlans(machine, binding.translations, from: first, regrouped: regrouped)
    if facts.prefetches {
      for (i, translation) in binding.translations.enumerated() {
        let key = key(of: translation.virtualBase, translation.size)
        if byKey[key] == nil { byKey[key] = first + i }
      }
    }
    walker.rebind(first > 0 && walker.wantsAllPages ? pages.all : binding.translations)
    lockEntries()
  }

  func key(of address: UInt64, _ size: PageSize) -> UInt64 {
    DetailedArray.key(number: size.number(address), shift: size.shift)
  }

  /// What became of one reference.
  struct Outcome {
    var missedFirstLevel = false
    var walked = false
  }

  /// Translates one run of `count` references to `site`.
  func access(_ kind: AccessKind, site: Int, count: UInt32) -> Outcome {
    var outcome = Outcome()
    let pages = self.pages
    guard site < pages.siteCount else { return outcome }
    let t = unsafe Int(pages.translationOfSite[site])
    guard t < pages.count, unsafe !pages.translations[t].isLocked else { return outcome }
    let address = unsafe pages.addressOfSite[site]
    let groups = order[Int(kind.rawValue)]
    guard groups.count > 0 else { return outcome }
    var weight = count
    var first = -1
    var cause: MissCause?
    for g in groups.indices {
      guard let target = unsafe target(groups[g], t, address) else { continue }
      if first < 0 { first = g }
      unsafe lookups[target.array] &+= UInt64(weight)
      if labels != nil { cause = label(target, t, address, site) }
      if target.hit {
        use(target, t, address, count: weight)
        if g != first { refill(groups, upTo: g, from: target, t, address, count: count) }
        if g == first { touchNext(groups, after: g, t, address) }
        return outcome
      }
      unsafe misses[target.array] &+= 1
      outcome.missedFirstLevel = true
      weight = 1
    }
    outcome.missedFirstLevel = true
    outcome.walked = true
    labels?.noteWalk(site, cause)
    let walked = unsafe walker.walk(kind, address, pages.translations[t], self)
    firstWalks += unsafe pages.isWalked[t] ? 0 : 1
    unsafe pages.isWalked[t] = true
    walkReads += UInt64(walked.reads)
    walkCycles += walked.cycles
    fill(groups, t, address, count: count)
    if facts.prefetches { prefetch(kind, t) }
    return outcome
  }

  /// Tells the labeller of one lookup.
  func label(_ target: Target, _ t: Int, _ address: UInt64, _ site: Int) -> MissCause? {
    let plan = pages.plan(target.array, t)
    let number = address >> UInt64(plan.entryShift)
    return labels?.lookUp(
      target.array, ways: plan.range, sets: arrays[target.array].sets,
      key: DetailedArray.key(number: number, shift: plan.entryShift),
      space: labelSpace(entrySpace(t)),
      pages: plan.validBits(address, whole: plan.fillsWhole),
      missed: !target.hit, site: site)
  }

  /// Where a page is, or would go, among the arrays of one level.
  struct Target {
    var array: Int
    var slot: Int
    var hit: Bool
  }

  func target(_ group: UnsafeBufferPointer<Int>, _ t: Int, _ address: UInt64) -> Target? {
    var chosen: Target?
    var chosenIsWhole = false
    for i in group.indices {
      let a = unsafe group[i]
      let plan = pages.plan(a, t)
      guard plan.entryShift > 0 else { continue }
      let set = arrays[a].index(address >> UInt64(plan.setShift))
      let number = address >> UInt64(plan.entryShift)
      let key = DetailedArray.key(number: number, shift: plan.entryShift)
      let slot = arrays[a].find(key, set, space, plan.range)
      let bits = plan.validBits(address, whole: false)
      if slot >= 0 {
        return unsafe Target(array: a, slot: slot, hit: arrays[a].valid[slot] & bits != 0)
      }
      let isWhole = unsafe plan.pageShift == pages.translations[t].size.shift
      if chosen == nil || isWhole && !chosenIsWhole
        || isWhole && isBetter(a, set, plan, than: chosen?.array ?? a, t, address)
      {
        chosen = Target(array: a, slot: -1, hit: false)
        chosenIsWhole = isWhole
      }
    }
    return chosen
  }

  /// Rival arrays share fills: an empty way first, else the older victim.
  func isBetter(
    _ a: Int, _ set: Int, _ plan: EntryPlan, than b: Int, _ t: Int, _ address: UInt64
  ) -> Bool {
    if a == b { return false }
    let other = pages.plan(b, t)
    let otherSet = arrays[b].index(address >> UInt64(other.setShift))
    let mine = oldest(arrays[a], set, plan.range)
    return mine < oldest(arrays[b], otherSet, other.range)
  }

  func oldest(_ array: DetailedArray, _ set: Int, _ range: Range<Int>) -> UInt64 {
    var age = UInt64.max
    for way in range {
      let slot = set * array.ways + way
      if unsafe array.keys[slot] == 0 { return 0 }
      age = unsafe min(age, array.stamps[slot])
    }
    return age
  }

  func use(_ target: Target, _ t: Int, _ address: UInt64, count: UInt32) {
    arrays[target.array].touch(
      slot: target.slot, range: pages.plan(target.array, t).range, count: count, isFill: false)
  }

  /// A hit at level `g`: earlier levels get the entry back, as the machine's rules say.
  func refill(
    _ groups: LookupOrder, upTo g: Int, from hit: Target, _ t: Int, _ address: UInt64, count: UInt32
  ) {
    guard facts.fill.secondLevelHitRefillsFirst else { return }
    if facts.fill.exclusive { arrays[hit.array].clear(slot: hit.slot) }
    for lower in stride(from: g - 1, through: 0, by: -1) {
      guard let home = unsafe target(groups[lower], t, address) else { continue }
      let evicted = place(home.array, t, address, count: lower == 0 ? count : 1, lock: false)
      demote(evicted, from: home.array, groups, lower)
    }
  }

  func touchNext(_ groups: LookupOrder, after g: Int, _ t: Int, _ address: UInt64) {
    guard facts.fill.firstLevelHitTouchesSecond, g + 1 < groups.count,
      let next = unsafe target(groups[g + 1], t, address), next.hit
    else { return }
    use(next, t, address, count: 1)
  }
}
