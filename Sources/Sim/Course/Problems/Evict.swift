/// A small TLB array that tells what each reference did; its rules are the simulator's own.
struct TracedArray: ~Copyable {
  // Safe: the way is below `ways` and the set below `sets`, whose product the storage holds.
  let geometry: TLBGeometry
  private let policy: CoursePolicy
  private let storage: ArrayStorage
  /// Page numbers seen; a page's tag is its place here plus one.
  private var numbers: [UInt64] = []

  init(_ geometry: TLBGeometry, policy: CoursePolicy) {
    self.geometry = geometry
    self.policy = policy
    storage = .allocate(sets: geometry.sets, ways: geometry.ways, seed: 0)
  }

  deinit { storage.deallocate() }

  /// What one reference did: hit or miss, and which page had to leave.
  struct Step: Hashable {
    var isHit: Bool
    var evicted: UInt64?
  }

  /// References page `number`.
  mutating func access(_ number: UInt64) -> Step {
    let set = SetIndex(geometry)(number)
    let before = contents(set)
    let place = numbers.firstIndex(of: number) ?? numbers.count
    if place == numbers.count { numbers.append(number) }
    let tag = UInt32(truncatingIfNeeded: place + 1)
    let missed =
      switch policy {
      case .lru: LRU(storage).access(set, tag, 1)
      case .fifo: FIFO(storage).access(set, tag, 1)
      case .clock: Clock(storage).access(set, tag, 1)
      case .nru: NRU(storage).access(set, tag, 1)
      case .tplru: TreePLRU(storage).access(set, tag, 1)
      }
    let after = contents(set)
    return Step(isHit: missed == 0, evicted: before.first { !after.contains($0) })
  }

  /// The pages a set holds, way by way.
  func contents(_ set: Int) -> [UInt64] {
    (0..<geometry.ways).compactMap { way in
      let tag = unsafe storage.tags[set * geometry.ways + way]
      return tag == 0 ? nil : numbers[Int(tag) - 1]
    }
  }
}

extension ProblemMaker {
  /// What each reference of a short trace does: `hit`, `miss`, or the page that leaves.
  mutating func evict(_ random: inout Xoshiro) {
    let geometry = plan.geometry
    let policy = CoursePolicy(rawValue: geometry.policy.rawValue) ?? .lru
    problem.title = "Hits, misses and victims"
    problem.given = [
      "An empty TLB of \(geometry.entries) entries, \(geometry.ways) ways, "
        + "\(geometry.sets) set\(geometry.sets == 1 ? "" : "s"); replacement: \(policy.rawValue) "
        + "(\(policy.words)).",
      "For each page referenced, in this order: hit, miss (a free entry is filled), or the number "
        + "of the page that leaves.",
    ]
    var array = TracedArray(geometry, policy: policy)
    // One page more than fits keeps every rule busy.
    let pages = UInt64(geometry.entries + max(1, geometry.entries / 2))
    var misses = 0
    var recent: UInt64 = 0
    for index in 0..<plan.count {
      let page = index > 0 && random.below(4) == 0 ? recent : random.below(pages)
      recent = page
      let step = array.access(page)
      let set = SetIndex(geometry)(page)
      misses += step.isHit ? 0 : 1
      let answer = step.isHit ? "hit" : step.evicted.map(String.init) ?? "miss"
      let now = array.contents(set).map(String.init).joined(separator: " ")
      ask("page \(page)", answer, why: "set \(set) then holds \(now)")
    }
    ask("misses in all", String(misses), why: "every line that is not 'hit'")
  }
}
