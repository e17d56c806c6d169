/// What differs from replicate to replicate; the rest is drawn once for the whole experiment.
public enum VaryingFactor: String, CaseIterable, Sendable {
  case bootRandom, loadOrder, memoryAge, workload
}

/// Every level of every factor with every level of the others, one replicate a cell.
public struct CrossedDesign: Hashable, Sendable {
  public let factors: [VaryingFactor]
  /// Of each factor.
  public let levels: Int

  /// Most cells taken.
  public static let cellLimit = 4096

  /// - Returns: nil when there are fewer than two levels or factors, or too many cells.
  public init?(factors: [VaryingFactor], levels: Int) {
    let cells = factors.reduce(1.0) { cells, _ in cells * Double(levels) }
    guard levels >= 2, factors.count >= 2, cells <= Double(CrossedDesign.cellLimit) else {
      return nil
    }
    self.factors = factors
    self.levels = levels
  }

  public var cells: Int { factors.reduce(1) { cells, _ in cells * levels } }

  /// The level of `factor` in a cell; the last factor's changes fastest. Nil for other factors.
  public func level(of factor: VaryingFactor, cell: Int) -> Int? {
    guard let place = factors.firstIndex(of: factor) else { return nil }
    var rest = cell
    for _ in (place + 1)..<max(place + 1, factors.count) { rest /= levels }
    return rest % levels
  }
}

/// How an arm lays its modules out.
public enum ArmKind: String, CaseIterable, Sendable {
  /// Every module's sections lie in the base image by kind, mapped as the base image is.
  case monolithic
  /// The whole catalog is linked in, though only the measured set is used.
  case everything
  /// What the system's profile does.
  case modular
  /// The system's own way to bring modules with the kernel: preload, boot collection, nucleus.
  case boot
  /// Modules opted in for large pages, where the system offers that.
  case largePages
}

/// One arm of a comparison.
public struct ArmPlan: Sendable {
  public var name: String
  public var kind: ArmKind
  public var profile: SystemProfile
  /// The machine this arm runs on; nil: the scenario's.
  public var machine: Machine?
  /// Of a modular arm: modules that are part of the image all the same, dependencies included.
  public var linked: Set<String> = []
  /// Of a modular arm: modules whose text lies packed in large pages of its own.
  public var packed: Set<String> = []

  public init(
    name: String, kind: ArmKind, profile: SystemProfile, machine: Machine? = nil,
    linked: Set<String> = [], packed: Set<String> = []
  ) {
    self.name = name
    self.kind = kind
    self.profile = profile
    self.machine = machine
    self.linked = linked
    self.packed = packed
  }
}

/// Physical memory before the first module is loaded.
public struct MemoryPlan: Sendable {
  public var bytes: UInt64
  public var age: MemoryAge
}

/// What happened to the module area before the measured set was complete.
public struct HistoryPlan: Hashable, Sendable {
  /// Other modules of the catalog loaded among the set and unloaded again.
  public var transientModules: Int = 20
  /// Loads after which freed init memory is given back.
  public var initBurst: Int = 4

  public init() {}
}

/// Where references come from.
public enum WorkloadPlan: Sendable {
  /// Operations that run down the modules' dependency chains: keeps modules busy.
  case synthetic(WorkloadParameters)
  /// As local as a recording.
  case fitted(FittedWorkload)
  /// A recorded stream with its sections; the steps to keep, all when empty.
  case recorded(path: String, steps: StepSelection?)
}

/// One runnable experiment, everything resolved.
public struct Scenario: Sendable {
  public var name: String
  public var summary: String
  public var file: String
  public var machine: Machine
  public var processors: ProcessorPlan
  public var image: BaseImage
  public var catalog: ModuleCatalog
  /// The measured set, in the order it was loaded, dependencies first.
  public var modules: [KernelModule]
  /// Modules of the loaded set the catalog lacks, when the scenario allows that.
  public var missing: [String]
  public var memory: MemoryPlan
  public var history: HistoryPlan
  public var workload: WorkloadPlan
  public var arms: [ArmPlan]
  public var replicates: Int
  public var varying: [VaryingFactor]
  /// Replicates are the cells of a crossed design; nil: each replicate draws all factors anew.
  public var design: CrossedDesign?
  public var confidence: Double
  public var seed: Seed
  /// Files read, in order, for the manifest.
  public var inputs: [String]

  public static let replicateLimit = 100_000

  /// The arms the ladder of causes stands between: the first monolithic one and the first modular
  /// one of the same system on the same machine that loads all its modules as the system does.
  public var ladder: (baseline: Int, treatment: Int, machine: Machine)? {
    guard let baseline = arms.firstIndex(where: { $0.kind == .monolithic }) else { return nil }
    let machine = arms[baseline].machine ?? machine
    let treatment = arms.firstIndex {
      $0.kind == .modular && $0.linked.isEmpty && $0.packed.isEmpty
        && $0.profile.id == arms[baseline].profile.id
        && $0.profile.file == arms[baseline].profile.file
        && ($0.machine ?? self.machine).id == machine.id
        && ($0.machine ?? self.machine).file == machine.file
    }
    return treatment.map { (baseline, $0, machine) }
  }

  /// The seed a factor draws from in a replicate: its level's in a crossed design.
  public func seed(for factor: VaryingFactor, replicate: Int) -> Seed {
    let draw = design?.level(of: factor, cell: replicate) ?? replicate
    let root =
      varying.contains(factor) ? seed.stream("replicate").stream(draw) : seed.stream("fixed")
    return root.stream(factor.rawValue)
  }
}
