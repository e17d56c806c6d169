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
  func contents(_ set: Int) -> [UInt64] { ways(set).compactMap { $0 } }

  /// What each way of a set holds.
  private func ways(_ set: Int) -> [UInt64?] {
    (0..<geometry.ways).map { way in
      let tag = unsafe storage.tags[set * geometry.ways + way]
      return tag == 0 ? nil : numbers[Int(tag) - 1]
    }
  }

  /// The same in words; rules that go by way show the free ways too.
  func picture(_ set: Int) -> String {
    switch policy {
    case .lru, .fifo: contents(set).map(String.init).joined(separator: " ")
    case .clock, .nru, .tplru: ways(set).map { $0.map(String.init) ?? "-" }.joined(separator: " ")
    }
  }

  /// What each page of `trace` does to an empty array.
  static func steps(
    _ trace: [UInt64], _ geometry: TLBGeometry, _ policy: CoursePolicy
  ) -> [Step] {
    var array = TracedArray(geometry, policy: policy)
    return trace.map { array.access($0) }
  }
}

extension CoursePolicy {
  /// The rule a student would mix this one up with.
  var rival: CoursePolicy { self == .lru ? .fifo : .lru }
}

extension ProblemMaker {
  /// What each reference of a short trace does: `hit`, `miss`, or the page that leaves.
  mutating func evict(_ random: inout Xoshiro) {
    let geometry = plan.geometry
    let policy = CoursePolicy(rawValue: geometry.policy.rawValue) ?? .lru
    problem.title = "Hits, misses and victims"
    problem.given = [
      "An empty TLB of \(geometry.entries) entries, \(geometry.ways) ways, "
        + "\(geometry.sets) set\(geometry.sets == 1 ? "" : "s")"
        + (geometry.sets == 1 ? "" : " (a page's set is its number modulo \(geometry.sets))")
        + "; replacement: \(policy.rawValue) (\(policy.words)).",
      "For each page referenced, in this order: hit, miss (a free entry is filled), or the number "
        + "of the page that leaves.",
    ]
    var array = TracedArray(geometry, policy: policy)
    var misses = 0
    for page in evictTrace(policy, &random) {
      let step = array.access(page)
      let set = SetIndex(geometry)(page)
      misses += step.isHit ? 0 : 1
      let answer = step.isHit ? "hit" : step.evicted.map(String.init) ?? "miss"
      ask("page \(page)", answer, why: "set \(set) then holds \(array.picture(set))")
    }
    ask("misses in all", String(misses), why: "every line that is not 'hit'")
  }

  /// Pages under which, if any draw of many does so, some hit, some leave, and the rule differs
  /// from the one it is mixed up with.
  private func evictTrace(_ policy: CoursePolicy, _ random: inout Xoshiro) -> [UInt64] {
    let geometry = plan.geometry
    // One page more than fits keeps every rule busy.
    let pages = UInt64(geometry.entries + max(1, geometry.entries / 2))
    let wanted = max(1, plan.count / 7)
    return draw(cost: plan.count * geometry.ways, &random) { random in
      var trace: [UInt64] = []
      for _ in 0..<plan.count {
        let again = trace.last.flatMap { random.below(4) == 0 ? $0 : nil }
        trace.append(again ?? random.below(pages))
      }
      let steps = TracedArray.steps(trace, geometry, policy)
      let other = TracedArray.steps(trace, geometry, policy.rival)
      let evictions = steps.count { $0.evicted != nil }
      let hits = steps.count { $0.isHit }
      let merit =
        min(evictions, wanted) + min(hits, wanted) + (steps == other ? 0 : wanted)
      return (trace, Double(merit) / Double(3 * wanted))
    }
  }
}
