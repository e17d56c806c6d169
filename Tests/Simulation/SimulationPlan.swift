public import Sim
import TestSupport

/// One random world and what happens in it, drawn from a seed.
///
/// Which kinds of events occur, and how often, is itself drawn (swarm testing): a run that never
/// unloads fills memory, one that does little else exercises the holes.
public struct SimulationPlan: Sendable {
  public let seed: UInt64
  public var system: String
  public var frames: UInt64
  /// One frame of every so many is taken before boot; 0 takes none.
  public var scatter: UInt64
  /// Memory has zones, watermarks and per-CPU lists; else it is one plain buddy zone.
  public var hasZones: Bool
  public var randomised: Bool
  public var modules: [KernelModule]
  public var machine: Machine
  /// The machine is replayed by the entry-by-entry model.
  public var forcesDetail: Bool
  public var events: [SimulationEvent]
  /// Fails once all these events have happened: to test how failures shrink.
  public var breaksAfter: [Int] = []

  public init(seed: UInt64, length: Int) {
    self.seed = seed
    var random = Seed(seed).stream("simulation").generator()
    let names = ProfileCatalog.names
    system = names[random.below(names.count)]
    frames = 4096 << UInt64(random.below(4))
    scatter = [0, 2, 3, 7, 512][random.below(5)]
    hasZones = Seed(seed).stream("zones").value % 3 == 0
    randomised = random.below(2) == 0
    forcesDetail = random.below(4) == 0
    machine = SimulationPlan.machine(&random)
    modules = SimulationPlan.modules(&random)
    events = []
    let weights = SimulationEvent.Kind.allCases.map { _ in [0, 1, 1, 4, 16][random.below(5)] }
    let total = weights.reduce(0, +)
    var time = 0.0
    for number in 0..<length {
      var kind = SimulationEvent.Kind.load
      if total > 0 {
        var draw = random.below(total)
        kind =
          SimulationEvent.Kind.allCases.first { candidate in
            draw -= weights[candidate.rawValue]
            return draw < 0
          } ?? .load
      }
      time += [0, 0.001, 0.06, 5, 700][random.below(5)]
      events.append(
        SimulationEvent(number: number, kind: kind, time: time, draw: random.next()))
    }
  }

  private static func modules(_ random: inout Xoshiro) -> [KernelModule] {
    let count = 2 + random.below(24)
    func size(_ random: inout Xoshiro, _ bits: Int) -> UInt64 {
      random.below(4) == 0 ? 0 : random.next() >> UInt64(64 - bits + random.below(8))
    }
    return (0..<count).map { index in
      var module = KernelModule(name: "m\(index)")
      let large = random.below(12) == 0
      module.sections.text = 1 + size(&random, large ? 23 : 17)
      module.sections.rodata = size(&random, 16)
      module.sections.roAfterInit = size(&random, 12)
      module.sections.data = size(&random, large ? 21 : 15)
      module.sections.initText = size(&random, 13)
      module.sections.initRodata = size(&random, 12)
      module.sections.initData = size(&random, 13)
      module.sections.symbols = size(&random, 14)
      module.license = "GPL"
      for earlier in 0..<index where random.below(8) == 0 {
        module.dependencies.append("m\(earlier)")
      }
      return module
    }
  }

  /// A machine of one or two levels, any policy and size the naive model knows too.
  private static func machine(_ random: inout Xoshiro) -> Machine {
    let shapes = ["16x4", "8x2", "32xfull", "64x4", "12x12"]
    let policies = ["lru", "fifo", "nru", "srrip", "lfu", "clock", "tplru"]
    func geometry(_ random: inout Xoshiro, _ shapes: [String]) -> TLBGeometry? {
      let shape = shapes[random.below(shapes.count)]
      let policy = policies[random.below(policies.count)]
      return (try? TLBGeometry("\(shape):\(policy)")) ?? (try? TLBGeometry(shape))
    }
    let sizes = [12, 13, 14, 16, 21, 22, 24, 28, 30].map { PageSize(shift: $0) }
    var arrays: [TLBArray] = []
    let sides: [(String, Int, ArraySide)] = [
      ("L1I", 1, .instruction), ("L1D", 1, .data), ("L2", 2, .unified),
    ]
    for (name, level, side) in sides where level == 1 || random.below(3) > 0 {
      let own = level == 1 ? shapes : ["64x4", "144x12", "128xfull"]
      guard let geometry = geometry(&random, own) else { continue }
      arrays.append(
        TLBArray(
          name: name, level: level, side: side, pageSizes: sizes, geometry: geometry,
          evidence: .assumed))
    }
    return Machine(id: "simulated", name: "simulated", arrays: arrays)
  }
}

/// One event, independent of those before it, so that any can be left out: what it acts on is
/// chosen among what there is when it happens.
public struct SimulationEvent: Sendable {
  public enum Kind: Int, CaseIterable, Sendable {
    case load, insert, unload, unloadUnused, use, leave, list, set, boot, reboot, flush, reference
  }
  public let number: Int
  public let kind: Kind
  public let time: Double
  /// Decides everything else about the event.
  public let draw: UInt64

  /// The event as a trace has it; nil for those about the TLB alone.
  func lifecycle(_ plan: SimulationPlan, loaded: [String]) -> LifecycleEvent? {
    var random = Xoshiro(seed: draw)
    let verb: LifecycleVerb
    switch kind {
    case .load: verb = .load
    case .insert: verb = .insert
    case .unload: verb = .unload
    case .unloadUnused: verb = .unloadUnused
    case .use: verb = .use
    case .leave: verb = .leave
    case .list: verb = .list
    case .set: verb = .set
    case .boot: verb = .boot
    case .reboot: verb = .reboot
    case .flush, .reference: return nil
    }
    var event = LifecycleEvent(line: number + 1, time: time, verb: verb, word: "\(verb)")
    switch kind {
    case .load, .insert: event.module = plan.modules[random.below(plan.modules.count)].name
    case .unload, .unloadUnused, .use, .leave:
      let known = loaded.isEmpty || random.below(8) == 0 ? plan.modules.map(\.name) : loaded
      event.module = known[random.below(known.count)]
    case .set:
      let settings = ["modules_disabled", "securelevel", "sip", "te", "sig_enforce", "nonsense"]
      event.attributes = [
        LifecycleEvent.Attribute(settings[random.below(settings.count)], "\(random.below(2))")
      ]
    case .boot:
      let name = plan.modules[random.below(plan.modules.count)].name
      event.attributes = [LifecycleEvent.Attribute("initrd", "\(name),m0")]
    case .reboot:
      if random.below(2) == 0 { event.attributes = [LifecycleEvent.Attribute("reload", "yes")] }
    default: break
    }
    if random.below(16) == 0 { event.attributes.append(LifecycleEvent.Attribute("signed", "no")) }
    if random.below(16) == 0 { event.attributes.append(LifecycleEvent.Attribute("force", "yes")) }
    return event
  }
}
