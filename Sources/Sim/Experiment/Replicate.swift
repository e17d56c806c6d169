/// What one arm or rung counted in one replicate.
public struct ArmResult: Sendable {
  public var counters: ReplayCounters
  public var facts: LayoutFacts
  /// Counters of each step of a recorded stream, in the order of `ReplicateResult.steps`.
  public var steps: [ReplayCounters] = []
  /// Misses by section of the stream; empty unless attribution was asked for.
  public var sections: [SectionMisses] = []
}

/// Misses charged to one section.
public struct SectionMisses: Hashable, Sendable {
  /// References that missed every first-level array.
  public var firstLevel: UInt64 = 0
  /// References no level held.
  public var walks: UInt64 = 0

  static func - (a: SectionMisses, b: SectionMisses) -> SectionMisses {
    SectionMisses(firstLevel: a.firstLevel - b.firstLevel, walks: a.walks - b.walks)
  }
}

/// Everything one replicate counted: its arms, then the rungs of the ladder.
public struct ReplicateResult: Sendable {
  public var arms: [ArmResult]
  /// Rung i has the first i causes: rung 0 is all linked in, the last one what the system does.
  public var rungs: [ArmResult]
  /// Steps of a recorded stream that were replayed, in order.
  public var steps: [StreamStep]
  /// Sections of the stream, when misses were charged to them.
  public var sections: [Section] = []
}

/// Runs one replicate: one stream, drawn once, fed to every layout.
struct ReplicateRunner {
  let scenario: Scenario
  let number: Int
  /// Charge misses to sections; slower.
  var attributes = false

  static let blockRecords = 4096

  func run() throws -> ReplicateResult {
    switch scenario.workload {
    case .synthetic(let parameters):
      let seed = scenario.seed(for: .workload, replicate: number)
      let model = WorkloadModel(
        image: scenario.image, modules: scenario.modules, memoryBytes: scenario.memory.bytes,
        parameters: parameters, seed: seed)
      let streams = (0..<scenario.processors.count).map { cpu in
        KernelWorkload(model: model, parameters: parameters, seed: seed, cpu: cpu)
      }
      return try run(streams, warmup: streams[0].warmupReferences, recorded: nil)
    case .recorded(let path, let steps):
      var stream = try KftSource(path)
      if let filter = stream.description.filter {
        throw InputError(
          file: path, "stripped (\(filter)), so exact for one layout only; arms need it whole")
      }
      let recorded = RecordedRegions(stream.description)
      guard let steps else { return try run([stream], warmup: 0, recorded: recorded) }
      stream.skipChunks(outside: steps)
      return try run([StepFilter(stream, keeping: steps)], warmup: 0, recorded: recorded)
    }
  }

  /// Replays one stream a processor under every layout.
  private func run(
    _ streams: [some ReferenceSource], warmup: UInt64, recorded: RecordedRegions?
  ) throws -> ReplicateResult {
    var streams = streams
    let table = streams[0].table
    let world = World(scenario, replicate: number, sections: table.sections)
    let layouts = try layouts(world, placingRegions: recorded == nil)
    let groups = try layouts.distinct.enumerated().map { index, layout in
      let plan = layouts.arms.firstIndex(of: index).map { scenario.arms[$0] }
      let binding = try Binder.bind(table, layout.layout) { site in
        recorded?.translation(site, joined: !layout.hasDirectMapSplits)
      }
      return CPUGroup(
        try streams.map { _ in
          try ReplayEngine(
            machine: plan?.machine ?? scenario.machine, binding: binding, options: options)
        })
    }
    let cpus = streams.indices.map { cpu in groups.map { $0.cpus[cpu] } }
    var tally = Tally(
      groups: groups, flushes: layouts.distinct.map(\.flushesPerReload),
      table: attributes ? table : nil)
    if warmup > 0 {
      var warming = streams.map { WarmUpPart($0, references: warmup) }
      try replay(&warming, cpus: cpus, blockRecords: Self.blockRecords) { _, marker, value in
        tally.mark(marker, value)
      }
      streams = warming.map(\.base)
      tally.warmUpEnded()
    }
    try replay(&streams, cpus: cpus, blockRecords: Self.blockRecords) { _, marker, value in
      tally.mark(marker, value)
    }
    let names = recorded?.steps ?? []
    let (steps, results) = tally.finish(layouts.distinct.map(\.facts))
    return ReplicateResult(
      arms: layouts.arms.map { results[$0] }, rungs: layouts.rungs.map { results[$0] },
      steps: steps.map { number in
        names.first { $0.number == number } ?? StreamStep(number, "step \(number)")
      },
      sections: attributes ? table.sections.sections : [])
  }

  private var options: ReplayOptions {
    var options = ReplayOptions(attributesSites: attributes)
    options.walkMemory = scenario.processors.walkCaches
    options.nestedPaging = scenario.processors.nested
    return options
  }

  /// The layouts to replay, each once, and which of them the arms and the rungs are.
  private func layouts(
    _ world: World, placingRegions: Bool
  ) throws -> (distinct: [ArmLayout], arms: [Int], rungs: [Int]) {
    var distinct: [ArmLayout] = []
    var arms: [Int] = []
    for arm in scenario.arms {
      arms.append(distinct.count)
      distinct.append(
        try describing(arm.profile) { () throws(MemoryFailure) in
          try world.layout(arm, placingRegions: placingRegions)
        })
    }
    guard let ladder = scenario.ladder else { return (distinct, arms, []) }
    let profile = scenario.arms[ladder.treatment].profile
    var rungs = [arms[ladder.baseline]]
    for count in 1..<Cause.allCases.count {
      rungs.append(distinct.count)
      let causes = Set(Cause.allCases.prefix(count))
      distinct.append(
        try describing(profile) { () throws(MemoryFailure) in
          try world.layout(profile, causes: causes, placingRegions: placingRegions)
        })
    }
    rungs.append(arms[ladder.treatment])
    return (distinct, arms, rungs)
  }

  private func describing<T>(
    _ profile: SystemProfile, _ body: () throws(MemoryFailure) -> T
  ) throws(InputError) -> T {
    do {
      return try body()
    } catch {
      throw InputError(file: scenario.file, "\(profile.id): \(error.description)")
    }
  }
}

/// Takes the counters at the marks of a stream.
private struct Tally {
  private let groups: [CPUGroup]
  private let flushes: [Int]
  private var start: [ReplayCounters]
  private var steps: [UInt32] = []
  /// Counters when each step began, by step, by layout.
  private var marks: [[ReplayCounters]] = []
  /// Set when misses are charged to sections.
  private let table: SiteTable?
  private var charged: [[SectionMisses]] = []

  init(groups: [CPUGroup], flushes: [Int], table: SiteTable?) {
    self.groups = groups
    self.flushes = flushes
    self.table = table
    start = groups.map(\.counters)
  }

  /// Misses by section so far, by layout.
  private func charges() -> [[SectionMisses]] {
    guard let table else { return [] }
    return groups.map { group in
      var sections = [SectionMisses](repeating: SectionMisses(), count: table.sections.count)
      for cpu in group.cpus {
        for (site, misses) in zip(table.sites, cpu.missesBySite) {
          sections[Int(site.section.index)].firstLevel += UInt64(misses.firstLevel)
          sections[Int(site.section.index)].walks += UInt64(misses.walks)
        }
      }
      return sections
    }
  }

  mutating func mark(_ marker: StreamMarker, _ value: UInt32) {
    if marker == .lifecycle {
      for (group, count) in zip(groups, flushes) {
        for _ in 0..<count { group.flushAll() }
      }
    } else if marker == .step {
      steps.append(value)
      marks.append(groups.map(\.counters))
    }
  }

  mutating func warmUpEnded() {
    start = groups.map(\.counters)
    charged = charges()
  }

  func finish(_ facts: [LayoutFacts]) -> (steps: [UInt32], results: [ArmResult]) {
    let end = groups.map(\.counters)
    let sections = charges()
    let results = groups.indices.map { index in
      var result = ArmResult(counters: end[index] - start[index], facts: facts[index])
      for step in marks.indices {
        let after = step + 1 < marks.count ? marks[step + 1][index] : end[index]
        result.steps.append(after - marks[step][index])
      }
      if index < sections.count {
        result.sections =
          charged.isEmpty
          ? sections[index] : zip(sections[index], charged[index]).map { $0 - $1 }
      }
      return result
    }
    return (steps, results)
  }
}

/// The first references of a stream, as many whole records as it takes.
private struct WarmUpPart<Base: ReferenceSource>: ReferenceSource {
  var base: Base
  private var left: UInt64

  init(_ base: Base, references: UInt64) {
    self.base = base
    left = references
  }

  var table: SiteTable { base.table }

  mutating func read(
    into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) throws -> Int {
    guard left > 0 else { return 0 }
    // Ever smaller parts towards the end: a block may hold a short stream whole.
    let records = min(block.count, max(1, Int(clamping: left / 32)))
    let count = try base.read(into: UnsafeMutableBufferPointer(rebasing: block[..<records]))
    for index in 0..<count where !block[index].isMarker {
      left -= min(left, UInt64(block[index].count))
    }
    return count
  }
}
