/// Replays an address trace on arrays some of which replace optimally. Keeps the whole collapsed
/// trace in memory: what is used next decides.
///
/// Levels are run one after the other over the whole trace, which is exact as no level changes what
/// an earlier one does.
public struct OptimalReplay {
  // Safe: reads the caller's accesses during the call.
  let machine: Machine
  let pageSize: PageSize
  private var pageOfNumber: [UInt64: UInt32] = [:]
  private var numbers: [UInt64] = []
  private var kinds: [AccessKind] = []
  private var pages: [UInt32] = []
  private var counts: [UInt64] = []
  /// References by kind that made two lookups.
  private var crossings: [UInt64] = [0, 0, 0]

  /// - Throws: `InputError` for an array that holds no page of that size.
  public init(machine: Machine, pageSize: PageSize) throws {
    self.machine = machine
    self.pageSize = pageSize
    guard machine.arrays.allSatisfy({ $0.pageSizes.contains(pageSize) && $0.sectorPages == 1 })
    else {
      throw InputError(
        file: "machine \(machine.id)", "opt wants plain arrays that all hold \(pageSize) pages")
    }
  }

  /// Takes accesses in order.
  public mutating func process(_ accesses: UnsafeBufferPointer<RawAccess>) {
    for index in accesses.indices {
      let access = unsafe accesses[index]
      let first = pageSize.number(access.address)
      let last = pageSize.number(access.last)
      append(access.kind, first)
      if first != last {
        append(access.kind, last)
        crossings[Int(access.kind.rawValue)] += 1
      }
    }
  }

  private mutating func append(_ kind: AccessKind, _ number: UInt64) {
    if let last = pages.last, kinds.last == kind, numbers[Int(last)] == number {
      counts[counts.count - 1] += 1
      return
    }
    let page = pageOfNumber[number] ?? UInt32(numbers.count)
    if Int(page) == numbers.count {
      pageOfNumber[number] = page
      numbers.append(number)
    }
    kinds.append(kind)
    pages.append(page)
    counts.append(1)
  }

  /// Runs the levels and counts.
  public func finish(seed: UInt64 = 1) throws -> ReplayCounters {
    var counters = ReplayCounters(arrayCount: machine.arrays.count)
    for i in pages.indices {
      switch kinds[i] {
      case .fetch: counters.fetches += counts[i]
      case .load: counters.loads += counts[i]
      case .store: counters.stores += counts[i]
      }
    }
    counters.fetches -= crossings[Int(AccessKind.fetch.rawValue)]
    counters.loads -= crossings[Int(AccessKind.load.rawValue)]
    counters.stores -= crossings[Int(AccessKind.store.rawValue)]
    var open = Array(pages.indices)
    let levels = Array(Set(machine.arrays.map(\.level))).sorted()
    for level in levels {
      var missed: [Int] = []
      var waiting = open
      for a in machine.arrays.indices where machine.arrays[a].level == level {
        let own = waiting.filter { machine.arrays[a].side.serves(kinds[$0]) }
        waiting.removeAll { machine.arrays[a].side.serves(kinds[$0]) }
        let isFirst = level == levels[0]
        counters.arrays[a].lookups = own.reduce(0) { $0 + (isFirst ? counts[$1] : 1) }
        let misses = try misses(own, a, counted: isFirst, seed: seed)
        counters.arrays[a].misses = UInt64(misses.count)
        missed += misses
      }
      open = missed.sorted()
      if level == levels[0] { countFirst(open, &counters) }
    }
    counters.firstWalks = UInt64(Set(open.map { pages[$0] }).count)
    for i in open {
      if kinds[i] == .fetch { counters.instructionWalks += 1 } else { counters.dataWalks += 1 }
    }
    return counters
  }

  private func countFirst(_ missed: [Int], _ counters: inout ReplayCounters) {
    for i in missed {
      if kinds[i] == .fetch {
        counters.firstLevelInstructionMisses += 1
      } else {
        counters.firstLevelDataMisses += 1
      }
    }
  }

  /// Which of the accesses `own` miss in array `a`.
  private func misses(_ own: [Int], _ a: Int, counted: Bool, seed: UInt64) throws -> [Int] {
    let geometry = machine.arrays[a].geometry
    let index = SetIndex(geometry)
    if geometry.policy == .opt {
      let missed = Optimal.misses(
        own.map { pages[$0] }, pageCount: numbers.count, sets: numbers.map { index($0) },
        geometry: geometry)
      return own.indices.filter { missed[$0] }.map { own[$0] }
    }
    let storage = ArrayStorage.allocate(
      sets: geometry.sets, ways: geometry.ways,
      seed: Seed(seed).stream("array").stream(a).value)
    defer { storage.deallocate() }
    return own.filter { i in
      let count = counted ? UInt32(min(counts[i], UInt64(UInt32.max))) : 1
      return accessOnce(
        geometry.policy, storage, index(numbers[Int(pages[i])]), pages[i] + 1, count) == 1
    }
  }
}
