/// What differs from replicate to replicate; the rest is drawn once for the whole experiment.
public enum VaryingFactor: String, CaseIterable, Sendable {
  case bootRandom, loadOrder, memoryAge, workload
}

/// How an arm lays its modules out.
public enum ArmKind: String, CaseIterable, Sendable {
  /// Every module's sections lie in the base image by kind, mapped as the base image is.
  case monolithic
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

  public init(
    name: String, kind: ArmKind, profile: SystemProfile, machine: Machine? = nil,
    linked: Set<String> = []
  ) {
    self.name = name
    self.kind = kind
    self.profile = profile
    self.machine = machine
    self.linked = linked
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
  case synthetic(WorkloadParameters)
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
  public var confidence: Double
  public var seed: Seed
  /// Files read, in order, for the manifest.
  public var inputs: [String]

  public static let replicateLimit = 100_000

  /// The arms the ladder of causes stands between: the first monolithic one and the first modular
  /// one of the same system.
  public var ladder: (baseline: Int, treatment: Int)? {
    guard let baseline = arms.firstIndex(where: { $0.kind == .monolithic }),
      let treatment = arms.firstIndex(where: {
        $0.kind == .modular && $0.profile.id == arms[baseline].profile.id
      })
    else { return nil }
    return (baseline, treatment)
  }

  /// The seed a factor draws from in a replicate.
  public func seed(for factor: VaryingFactor, replicate: Int) -> Seed {
    let root =
      varying.contains(factor) ? seed.stream("replicate").stream(replicate) : seed.stream("fixed")
    return root.stream(factor.rawValue)
  }
}
