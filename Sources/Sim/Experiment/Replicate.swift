/// What one arm or rung counted in one replicate.
public struct ArmResult: Sendable {
  public var counters: ReplayCounters
  public var facts: LayoutFacts
  /// Counters of each step of a recorded stream, in the order of `ReplicateResult.steps`.
  public var steps: [ReplayCounters] = []
  /// Misses by place of the stream; empty unless attribution was asked for.
  public var charges: [ChargedMisses] = []
}

/// Everything one replicate counted: its arms, then the rungs of the ladder.
public struct ReplicateResult: Sendable {
  public var arms: [ArmResult]
  /// Rung i has the first i causes: rung 0 is all linked in, the last one what the system does.
  public var rungs: [ArmResult]
  /// By set of causes, bit i of the index being cause i; empty unless all were asked for.
  public var subsets: [ArmResult] = []
  /// Steps of a recorded stream that were replayed, in order.
  public var steps: [StreamStep]
  /// What misses were charged to.
  public var places: [MissPlace] = []
}

/// Runs one replicate: one stream, drawn once, fed to every layout.
struct ReplicateRunner {
  let scenario: Scenario
  let number: Int
  var options = ExperimentOptions()
  /// Layouts replayed at once.
  var threads = 1
  /// Takes counters while the stream runs; the whole stream counts then, warm-up included.
  var sampler: TimelineSampler?

  static let blockRecords = 4096
  /// What is drawn at a time for threads to share.
  private static let sharedBlockRecords = 65_536

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
      return try run(
        streams, warmup: streams[0].warmupReferences, recorded: nil,
        references: parameters.references)
    case .fitted(let plan):
      let seed = scenario.seed(for: .workload, replicate: number)
      let universe = LocalityModel.Universe(
        image: scenario.image, modules: scenario.modules, memoryBytes: scenario.memory.bytes)
      let model = LocalityModel(fit: plan.fit, universe: universe, seed: seed)
      let streams = (0..<scenario.processors.count).map { cpu in
        LocalityWorkload(model: model, plan: plan, seed: seed, cpu: cpu)
      }
      return try run(
        streams, warmup: streams[0].warmupReferences, recorded: nil, references: plan.references)
    case .recorded(let path, let steps):
      var stream = try KftSource(path)
      if let filter = stream.description.filter {
        throw InputError(
          file: path, "stripped (\(filter)), so exact for one layout only; arms need it whole")
      }
      let recorded = RecordedRegions(
        stream.description,
        shuffle: scenario.varying.contains(.memoryAge)
          ? scenario.seed(for: .memoryAge, replicate: number) : nil)
      guard let steps else { return try run([stream], warmup: 0, recorded: recorded) }
      stream.skipChunks(outside: steps)
      return try run([StepFilter(stream, keeping: steps)], warmup: 0, recorded: recorded)
    }
  }

  /// Replays one stream a processor under every layout.
  private func run(
    _ streams: [some ReferenceSource], warmup: UInt64, recorded: RecordedRegions?,
    references: UInt64 = 0
  ) throws -> ReplicateResult {
    var streams = streams
    let table = streams[0].table
    let world = World(scenario, replicate: number, sections: table.sections)
    let layouts = try layouts(world, placingRegions: recorded == nil)
    let charges = options.attributes ? MissCharges(table, options.symbols) : nil
    let groups = try layouts.distinct.map { layout in
      let joined = recorded?.leaves(splitOnlyBy: layout.unsplit) ?? []
      let binding = try Binder.bind(table, layout.layout) { site in
        recorded?.translation(site, joined: joined, beside: layout.layout.space)
      }
      let held = binding.held(of: layout.profile)
      return CPUGroup(
        try streams.map { _ in
          try ReplayEngine(machine: layout.machine, binding: held, options: replayOptions)
        })
    }
    let cpus = streams.indices.map { cpu in groups.map { $0.cpus[cpu] } }
    var tally = Tally(
      groups: groups, flushes: layouts.distinct.map(\.flushesPerReload), charges: charges)
    if let sampler {
      sampler.begin(layouts.arms.map { groups[$0] }, warmup: warmup, steps: recorded?.steps ?? [])
      var sampled = streams.enumerated().map { cpu, stream in
        SampledSource(base: stream, sampler: cpu == 0 ? sampler : nil)
      }
      // A short stream still wants some hundred samples.
      let block = references == 0 ? Self.blockRecords : Int(clamping: references / 8192)
      try replay(
        &sampled, cpus: cpus, blockRecords: min(Self.blockRecords, max(16, block))
      ) { _, marker, value in
        tally.mark(marker, value)
        sampler.mark(marker, value)
      }
      sampler.sample()
    } else {
      // Processors take turns by the block, which so must stay as it is.
      let threads = streams.count == 1 ? threads : 1
      let block = threads > 1 ? Self.sharedBlockRecords : Self.blockRecords
      if warmup > 0 {
        var warming = streams.map { WarmUpPart($0, references: warmup) }
        try replay(&warming, cpus: cpus, blockRecords: block, threads: threads) {
          tally.mark($1, $2)
        }
        streams = warming.map(\.base)
        tally.warmUpEnded()
      }
      try replay(&streams, cpus: cpus, blockRecords: block, threads: threads) {
        tally.mark($1, $2)
      }
    }
    let names = recorded?.steps ?? []
    let (steps, results) = tally.finish(layouts.distinct.map(\.facts))
    return ReplicateResult(
      arms: layouts.arms.map { results[$0] }, rungs: layouts.rungs.map { results[$0] },
      subsets: layouts.subsets.map {
        ArmResult(counters: results[$0].counters, facts: results[$0].facts)
      },
      steps: steps.map { number in
        names.first { $0.number == number } ?? StreamStep(number, "step \(number)")
      },
      places: charges?.places ?? [])
  }

  private var replayOptions: ReplayOptions {
    var replay = ReplayOptions(attributesSites: options.attributes)
    replay.labelsMisses = options.attributes
    replay.walkMemory = scenario.processors.walkCaches
    replay.nestedPaging = scenario.processors.nested
    return replay
  }

  /// The layouts to replay, each once, and which of them are what.
  private struct Layouts {
    var distinct: [ArmLayout] = []
    var arms: [Int] = []
    var rungs: [Int] = []
    var subsets: [Int] = []
  }

  private func layouts(_ world: World, placingRegions: Bool) throws -> Layouts {
    var found = Layouts()
    for arm in scenario.arms {
      found.arms.append(found.distinct.count)
      found.distinct.append(
        try describing(arm.profile) { () throws(MemoryFailure) in
          try world.layout(arm, placingRegions: placingRegions)
        })
    }
    guard options.ladder != .none, let ladder = scenario.ladder else { return found }
    let profile = scenario.arms[ladder.treatment].profile
    let every = Cause.allCases
    let treatment = found.distinct[found.arms[ladder.treatment]]
    // Sets of causes that differ only by causes without effect share a layout.
    var known: [Set<Cause>: Int] = [
      []: found.arms[ladder.baseline],
      effective(Set(every), in: treatment, world, profile): found.arms[ladder.treatment],
    ]
    func index(of causes: Set<Cause>) throws -> Int {
      let key = effective(causes, in: treatment, world, profile)
      if let index = known[key] { return index }
      found.distinct.append(
        try describing(profile) { () throws(MemoryFailure) in
          try world.layout(
            profile, on: ladder.machine, causes: key, placingRegions: placingRegions)
        })
      known[key] = found.distinct.count - 1
      return found.distinct.count - 1
    }
    for count in 0...every.count { found.rungs.append(try index(of: Set(every.prefix(count)))) }
    guard options.ladder == .allSubsets else { return found }
    for mask in 0..<(1 << every.count) {
      let causes = every.indices.filter { mask >> $0 & 1 == 1 }.map { every[$0] }
      found.subsets.append(try index(of: Set(causes)))
    }
    return found
  }

  /// The causes of a set that can show in its layout: holes need areas to lie between, frames need
  /// base pages to scatter; areas begin on pages by themselves.
  private func effective(
    _ causes: Set<Cause>, in treatment: ArmLayout, _ world: World, _ profile: SystemProfile
  ) -> Set<Cause> {
    var causes = causes
    if causes.contains(.pieces) {
      causes.remove(.sectionRounding)
    } else {
      causes.subtract([.holes, .scatteredFrames])
    }
    if !causes.contains(.basePages) { causes.remove(.scatteredFrames) }
    if treatment.flushesPerReload == 0 { causes.remove(.flushes) }
    // A recorded direct map has its own split leaves; a simulated kernel those it made.
    let isWhole: Bool
    if case .recorded = scenario.workload {
      isWhole = !profile.directMap.splitsOnProtect
    } else {
      isWhole = (try? world.kernel(profile).modular.splitLeaves == 0) ?? false
    }
    if isWhole { causes.remove(.directMapSplits) }
    return causes
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
