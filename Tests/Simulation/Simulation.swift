import Sim

/// Runs a plan, checking after every event.
public struct Simulation {
  /// What went wrong, after which event.
  public struct Failure: Sendable {
    public let event: Int
    public let reason: String
  }

  public let plan: SimulationPlan

  public init(_ plan: SimulationPlan) { self.plan = plan }

  /// Runs the whole plan. - Returns: the first failure; nil when every promise held.
  public func run() -> Failure? {
    var number = -1
    var seen: Set<Int> = []
    do {
      var world = try SimulatedWorld(plan)
      for event in plan.events {
        number = event.number
        try world.apply(event)
        seen.insert(number)
        if !plan.breaksAfter.isEmpty, seen.isSuperset(of: plan.breaksAfter) {
          throw BrokenInvariant("told to")
        }
      }
      number = plan.events.count
      try world.end()
      return nil
    } catch {
      return Failure(event: number, reason: "\(error)")
    }
  }

  /// The shortest list of events found that still fails, by leaving out ever smaller parts.
  public func shrunk() -> SimulationPlan {
    var best = plan
    if let failure = run() { best.events.removeAll { $0.number > failure.event } }
    var part = max(1, best.events.count / 2)
    while true {
      var start = 0
      var dropped = false
      while start < best.events.count {
        var candidate = best
        candidate.events.removeSubrange(start..<min(start + part, best.events.count))
        if Simulation(candidate).run() != nil {
          best = candidate
          dropped = true
        } else {
          start += part
        }
      }
      if part == 1 && !dropped { return best }
      if !dropped || part > best.events.count { part = max(1, part / 2) }
    }
  }

  /// The plan in words: what is simulated, then the events as trace lines.
  public static func describe(_ plan: SimulationPlan) -> String {
    var text = "system \(plan.system), \(plan.frames) frames, one of \(plan.scatter) taken\n"
    for event in plan.events {
      text += "  \(event.number) \(event.kind) at \(event.time) draw \(event.draw)\n"
    }
    return text
  }
}

/// A kernel, its rules and its TLB, and what is known about them without asking.
private struct SimulatedWorld {
  let plan: SimulationPlan
  var replay: LifecycleReplay
  var tlb: SimulatedTLB
  let invariants: KernelInvariants
  /// Copies by name; AIX loads a kernel extension as often as it is told to.
  var loaded: [String: Int] = [:]
  var flushes = 0

  init(_ plan: SimulationPlan) throws {
    self.plan = plan
    let profile = try ProfileCatalog.profile(plan.system)
    let image = profile.baseImage
    var memory = PageAllocator(frames: plan.frames)
    if plan.hasZones {
      // As the system itself boots: zones, watermarks, per-CPU lists, the image's frames taken.
      memory = PageAllocator(
        booting: profile, bytes: plan.frames << 12 + 512 << 20, image: LinkedImage(image),
        physicalStart: image.physicalStart)
    }
    if plan.scatter > 0 {
      let taken = memory.allocateSinglePages(Int(plan.frames))
      for frame in taken where frame.value % plan.scatter != 0 { memory.free(frame, order: 0) }
    }
    let kernel = SimulatedKernel(
      profile: profile, image: LinkedImage(image), physicalStart: image.physicalStart,
      memory: memory, seed: plan.randomised ? Seed(plan.seed).stream("boot") : nil)
    invariants = KernelInvariants(kernel)
    replay = LifecycleReplay(
      kernel: kernel, rules: systemRules(profile),
      catalog: ModuleCatalog(source: "simulation", modules: plan.modules))
    tlb = try SimulatedTLB(plan, kernel)
  }

  mutating func apply(_ event: SimulationEvent) throws {
    guard
      let lifecycle = event.lifecycle(plan, loaded: replay.kernel.loaded.map(\.module.name))
    else {
      if event.kind == .flush { try tlb.flushAll() } else { try tlb.references(event.draw) }
      return
    }
    let records = replay.apply(lifecycle)
    try follow(records, event)
    if event.kind == .list { _ = replay.rules.listing(replay.kernel) }
    try invariants.check(replay.kernel)
    try tlb.follow(replay.kernel)
    try tlb.references(event.draw &+ 1)
  }

  /// What the records say happened is what is loaded.
  private mutating func follow(_ records: [LifecycleRecord], _ event: SimulationEvent) throws {
    for record in records {
      // What left by itself before the restart comes before the restart's own record.
      if record.module.isEmpty, [.boot, .reboot].contains(record.event.verb) { loaded.removeAll() }
      switch record.verdict.outcome {
      case .loaded: loaded[record.module, default: 0] += 1
      case .unloaded: loaded[record.module, default: 0] -= 1
      default: break
      }
      guard record.flushes >= 0 else { throw BrokenInvariant("negative flushes") }
      flushes += record.flushes
    }
    for module in plan.modules {
      let copies = replay.kernel.loaded.count { $0.module.name == module.name }
      guard copies == loaded[module.name] ?? 0 else {
        throw BrokenInvariant(
          "\(module.name) is loaded \(copies) times, by the records \(loaded[module.name] ?? 0)")
      }
    }
    guard flushes == replay.kernel.flushes else {
      throw BrokenInvariant("records tell \(flushes) flushes of \(replay.kernel.flushes)")
    }
  }

  /// Restarts: everything held goes back.
  mutating func end() throws {
    let time = (plan.events.last?.time ?? 0) + 1000
    replay.apply(LifecycleEvent(line: 0, time: time, verb: .reboot, word: "reboot"))
    try invariants.check(replay.kernel)
  }
}
