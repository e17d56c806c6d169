/// What one arm or rung counted in one replicate.
public struct ArmResult: Sendable {
  public var counters: ReplayCounters
  public var facts: LayoutFacts
}

/// Everything one replicate counted: its arms, then the rungs of the ladder.
public struct ReplicateResult: Sendable {
  public var arms: [ArmResult]
  /// Rung i has the first i causes: rung 0 is all linked in, the last one what the system does.
  public var rungs: [ArmResult]
}

/// Runs one replicate: one stream, drawn once, fed to every layout.
struct ReplicateRunner {
  let scenario: Scenario
  let number: Int

  static let blockRecords = 4096

  func run() throws -> ReplicateResult {
    switch scenario.workload {
    case .synthetic(let parameters):
      let seed = scenario.seed(for: .workload, replicate: number)
      let model = WorkloadModel(
        image: scenario.image, modules: scenario.modules, memoryBytes: scenario.memory.bytes,
        parameters: parameters, seed: seed)
      let stream = KernelWorkload(model: model, parameters: parameters, seed: seed)
      return try run(stream, warmup: stream.warmupReferences)
    case .recorded(let path, _):
      throw InputError(file: path, "recorded streams are not wired yet")
    }
  }

  private func run(_ stream: KernelWorkload, warmup: UInt64) throws -> ReplicateResult {
    var stream = stream
    let world = World(scenario, replicate: number, sections: stream.table.sections)
    let layouts = try layouts(world)
    var lanes: [Lane] = []
    for layout in layouts.distinct {
      let binding = try Binder.bind(stream.table, layout.layout)
      lanes.append(Lane(engine: try ReplayEngine(machine: scenario.machine, binding: binding)))
    }
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(
      capacity: ReplicateRunner.blockRecords)
    defer { block.deallocate() }
    var isWarm = warmup == 0
    while true {
      var count = stream.read(into: block)
      guard count > 0 else { break }
      var records = UnsafeBufferPointer(rebasing: block[..<count])
      if records[0].marker == .lifecycle {
        for (lane, layout) in zip(lanes, layouts.distinct) where layout.flushesPerReload > 0 {
          for _ in 0..<layout.flushesPerReload { lane.engine.flush(.all) }
        }
        count -= 1
        records = UnsafeBufferPointer(rebasing: records.dropFirst())
      }
      for lane in lanes { lane.engine.process(records) }
      if !isWarm {
        let counters = lanes[0].engine.counters
        if counters.fetches + counters.loads + counters.stores >= warmup {
          isWarm = true
          for index in lanes.indices { lanes[index].warm = lanes[index].engine.counters }
        }
      }
    }
    let results = zip(lanes, layouts.distinct).map { lane, layout in
      let end = lane.engine.counters
      return ArmResult(counters: lane.warm.map { end - $0 } ?? end, facts: layout.facts)
    }
    return ReplicateResult(
      arms: layouts.arms.map { results[$0] }, rungs: layouts.rungs.map { results[$0] })
  }

  /// One engine and where it stood when the warm-up ended.
  private struct Lane {
    let engine: ReplayEngine
    var warm: ReplayCounters?
  }

  /// The layouts to replay, each once, and which of them the arms and the rungs are.
  private func layouts(
    _ world: World
  ) throws -> (distinct: [ArmLayout], arms: [Int], rungs: [Int]) {
    var distinct: [ArmLayout] = []
    var arms: [Int] = []
    for arm in scenario.arms {
      arms.append(distinct.count)
      distinct.append(
        try describing(world, arm.profile) { () throws(MemoryFailure) in try world.layout(arm) })
    }
    guard let ladder = scenario.ladder else { return (distinct, arms, []) }
    let profile = scenario.arms[ladder.treatment].profile
    var rungs = [arms[ladder.baseline]]
    for count in 1..<Cause.allCases.count {
      rungs.append(distinct.count)
      let causes = Set(Cause.allCases.prefix(count))
      distinct.append(
        try describing(world, profile) { () throws(MemoryFailure) in
          try world.layout(profile, causes: causes)
        })
    }
    rungs.append(arms[ladder.treatment])
    return (distinct, arms, rungs)
  }

  private func describing<T>(
    _ world: World, _ profile: SystemProfile, _ body: () throws(MemoryFailure) -> T
  ) throws(InputError) -> T {
    do {
      return try body()
    } catch {
      throw InputError(file: scenario.file, "\(profile.id): \(error.description)")
    }
  }
}
