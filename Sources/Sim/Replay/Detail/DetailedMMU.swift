/// A machine's address translation, reference by reference, with everything a description can say:
/// levels that include or exclude each other, rival arrays, locked entries, walk entries inside
/// the second level, prefetch, tables that are no radix trees, nested walks.
///
/// Where the block engine can express a machine, both count the same; the engine is faster.
final class DetailedMMU {
  // Safe: slots run below sets times ways or come from the array's own searches.
  let machine: Machine
  let arrays: [DetailedArray]
  /// By access kind: groups of array indices, nearest level first.
  let order: [[[Int]]]
  let walker: DetailedWalker
  private(set) var translations: [Translation] = []
  private(set) var addressOfSite: [UInt64] = []
  private(set) var translationOfSite: [UInt32] = []
  /// By array, by translation.
  var plans: [[EntryPlan]] = []
  /// Translations by key; only where prefetching has to find a neighbour.
  var byKey: [UInt64: Int] = [:]
  var space: UInt32 = 0
  /// By array.
  var retained: [RetainedSpaces]
  /// What the machine as a whole keeps apart; the walker's caches go when one has to leave.
  var machineSpaces: RetainedSpaces
  /// Labels misses with their causes; nil: nobody asked.
  var labels: MissLabeller?
  private(set) var lookups: [UInt64]
  private(set) var misses: [UInt64]
  /// Translations that were walked for.
  var isWalked: [Bool] = []
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
    order = AccessKind.allCases.map { machine.lookupOrder($0) }
    walker = DetailedWalker(machine, options: options)
    let named = 1 << min(max(0, machine.asidBits), 16)
    let limit = min(1000, named, machine.asidSlots > 0 ? machine.asidSlots : named)
    machineSpaces = RetainedSpaces(limit: limit)
    retained = machine.arrays.map { RetainedSpaces(limit: $0.asidSlots ?? limit) }
    lookups = Array(repeating: 0, count: arrays.count)
    misses = lookups
  }

  /// Replaces the binding; what the arrays hold stays until it is flushed.
  func rebind(_ binding: Binding) {
    translations = binding.translations
    addressOfSite = binding.addressOfSite
    translationOfSite = binding.translationOfSite
    isWalked = Array(repeating: false, count: translations.count)
    plans = machine.arrays.indices.map { machine.entryPlans($0, translations) }
    if machine.prefetch.value != .none {
      byKey = Dictionary(
        translations.enumerated().map { (key(of: $1.virtualBase, $1.size), $0) },
        uniquingKeysWith: { first, _ in first })
    }
    walker.rebind(translations)
    lockEntries()
  }

  func key(of address: UInt64, _ size: PageSize) -> UInt64 {
    DetailedArray.key(number: size.number(address), shift: size.shift)
  }

  /// Locked translations take ways of the first arrays that accept them and never leave.
  func lockEntries() {
    guard let rule = machine.lockedEntries, !rule.separate else { return }
    for array in arrays where array.lockedCount > 0 {
      for slot in 0..<(array.sets * array.ways) where unsafe array.locked[slot] {
        array.clear(slot: slot)
      }
    }
    for kind in [AccessKind.fetch, .load] {
      var room = (kind == .fetch ? rule.instruction : rule.data) ?? Int.max
      for t in translations.indices where translations[t].isLocked && room > 0 {
        for group in order[Int(kind.rawValue)] {
          let home = group.first {
            plans[$0][t].entryShift > 0 && machine.arrays[$0].side != .unified
              || kind == .load
                && plans[$0][t].entryShift > 0
          }
          guard let home else { continue }
          place(home, t, translations[t].virtualBase, count: 1, lock: true)
          room -= 1
          break
        }
      }
    }
  }

  /// What became of one reference.
  struct Outcome {
    var missedFirstLevel = false
    var walked = false
  }

  /// Translates one run of `count` references to `site`.
  func access(_ kind: AccessKind, site: Int, count: UInt32) -> Outcome {
    var outcome = Outcome()
    guard site < translationOfSite.count else { return outcome }
    let t = Int(translationOfSite[site])
    guard t < translations.count, !translations[t].isLocked else { return outcome }
    let address = addressOfSite[site]
    let groups = order[Int(kind.rawValue)]
    guard !groups.isEmpty else { return outcome }
    var weight = count
    var first = -1
    var cause: MissCause?
    for g in groups.indices {
      guard let target = target(groups[g], t, address) else { continue }
      if first < 0 { first = g }
      lookups[target.array] += UInt64(weight)
      if labels != nil { cause = label(target, t, address, site) }
      if target.hit {
        use(target, t, address, count: weight)
        if g != first { refill(groups, upTo: g, from: target, t, address, count: count) }
        if g == first { touchNext(groups, after: g, t, address) }
        return outcome
      }
      misses[target.array] += 1
      outcome.missedFirstLevel = true
      weight = 1
    }
    outcome.missedFirstLevel = true
    outcome.walked = true
    labels?.noteWalk(site, cause)
    let walked = walker.walk(kind, address, translations[t], self)
    firstWalks += isWalked[t] ? 0 : 1
    isWalked[t] = true
    walkReads += UInt64(walked.reads)
    walkCycles += walked.cycles
    fill(groups, t, address, count: count)
    prefetch(kind, t)
    return outcome
  }

  /// Tells the labeller of one lookup.
  func label(_ target: Target, _ t: Int, _ address: UInt64, _ site: Int) -> MissCause? {
    let plan = plans[target.array][t]
    let number = address >> UInt64(plan.entryShift)
    return labels?.lookUp(
      target.array, ways: plan.range, sets: arrays[target.array].sets,
      key: DetailedArray.key(number: number, shift: plan.entryShift),
      space: labelSpace(entrySpace(t)),
      pages: plan.validBits(
        address, whole: machine.arrays[target.array].sector?.fillsWhole == true),
      missed: !target.hit, site: site)
  }

  /// Without address-space numbers entries are told apart by page alone.
  func labelSpace(_ space: UInt32) -> UInt32 {
    machine.asidBits > 0 || space == DetailedArray.everySpace ? space : 0
  }

  /// Where a page is, or would go, among the arrays of one level.
  struct Target {
    var array: Int
    var slot: Int
    var hit: Bool
  }

  func target(_ group: [Int], _ t: Int, _ address: UInt64) -> Target? {
    var chosen: Target?
    var chosenIsWhole = false
    for a in group {
      let plan = plans[a][t]
      guard plan.entryShift > 0 else { continue }
      let set = arrays[a].index(address >> UInt64(plan.setShift))
      let number = address >> UInt64(plan.entryShift)
      let key = DetailedArray.key(number: number, shift: plan.entryShift)
      let slot = arrays[a].find(key, set, space, plan.range)
      let bits = plan.validBits(address, whole: false)
      if slot >= 0 {
        return unsafe Target(array: a, slot: slot, hit: arrays[a].valid[slot] & bits != 0)
      }
      let isWhole = plan.pageShift == translations[t].size.shift
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
    let other = plans[b][t]
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
      slot: target.slot, range: plans[target.array][t].range, count: count, isFill: false)
  }

  /// A hit at level `g`: earlier levels get the entry back, as the machine's rules say.
  func refill(
    _ groups: [[Int]], upTo g: Int, from hit: Target, _ t: Int, _ address: UInt64, count: UInt32
  ) {
    guard machine.fill.secondLevelHitRefillsFirst else { return }
    if machine.fill.exclusive { arrays[hit.array].clear(slot: hit.slot) }
    for lower in stride(from: g - 1, through: 0, by: -1) {
      guard let home = target(groups[lower], t, address) else { continue }
      let evicted = place(home.array, t, address, count: lower == 0 ? count : 1, lock: false)
      demote(evicted, from: home.array, groups, lower)
    }
  }

  func touchNext(_ groups: [[Int]], after g: Int, _ t: Int, _ address: UInt64) {
    guard machine.fill.firstLevelHitTouchesSecond, g + 1 < groups.count,
      let next = target(groups[g + 1], t, address), next.hit
    else { return }
    use(next, t, address, count: 1)
  }
}
