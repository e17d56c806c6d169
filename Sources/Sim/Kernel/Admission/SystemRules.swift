/// How a load or unload ended.
public enum LifecycleOutcome: String, CaseIterable, Sendable {
  case loaded, refused, unloaded, pending, heldForNextBoot, alreadyLoaded
  /// Settings, boots, runs: nothing to load or refuse.
  case done
}

/// What a system says to a request.
public struct Verdict: Hashable, Sendable {
  public var outcome: LifecycleOutcome
  /// The system's own code: `EPERM`, `0xC0000428`; nil when it went well.
  public var code: String?
  /// The system's own wording.
  public var message: String?
  /// What the request left behind: `taint: E`, `memory spent and freed`.
  public var effects: [String]

  public init(
    _ outcome: LifecycleOutcome, code: String? = nil, message: String? = nil,
    effects: [String] = []
  ) {
    self.outcome = outcome
    self.code = code
    self.message = message
    self.effects = effects
  }
}

/// A request to load or unload: the module's facts and what the trace line said.
public struct ModuleRequest: Sendable {
  public var event: LifecycleEvent
  /// Nil when the catalog has no such module.
  public var module: KernelModule?
  /// Loaded to satisfy another module, not asked for by name.
  public var isDependency = false

  public init(event: LifecycleEvent, module: KernelModule?) {
    self.event = event
    self.module = module
  }
}

/// Per-CPU memory all modules share.
public struct PerCPUReserve: Hashable, Sendable {
  /// Bytes.
  public let reserve: UInt64
  public let used: UInt64
}

/// One thing a loading tool does for a name it is given.
public enum ToolStep: Sendable {
  /// Load this module, dependencies by the system's rule.
  case load(String)
  /// Load nothing and say so.
  case answer(Verdict)
}

/// One operating system family's admission and unload rules, words and listing.
///
/// The kernel does the placing; rules decide, keep the family's own state (settings, taints,
/// reference counts, registered modules) and speak its language. An existential per event is fine.
public protocol SystemRules: Sendable {
  /// Verbs of the system's own tools.
  var forms: [VerbForm] { get }
  /// File endings of its modules.
  var extensions: [String] { get }
  /// Keys it reads on a trace line that loads a module, beside section sizes.
  var lineKeys: Set<String> { get }
  /// Whether `load` brings in dependencies first.
  var loadFollowsDependencies: Bool { get }

  /// Per-CPU memory kept for modules; nil where none is.
  var perCPUReserve: PerCPUReserve? { get }
  /// Bytes an unload leaves behind, never to be used again.
  var leakBytesPerUnload: UInt64 { get }
  /// What the tool makes of the name it is asked to load: aliases, commands instead of modules.
  func toolSteps(_ event: LifecycleEvent, _ catalog: ModuleCatalog) -> [ToolStep]

  /// Everything checked before memory is taken, in the system's order; nil admits.
  mutating func admit(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict?
  /// Checks made after memory was taken (their refusal frees it again); nil admits.
  mutating func admitPlaced(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict?
  /// Modules the tool tries to load before and after this one, failures ignored.
  func companions(of module: KernelModule) -> (before: [String], after: [String])
  /// The verdict once a module is in: usually `loaded`, with what loading it did to the system.
  mutating func didLoad(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict
  /// The system's answer when room ran out.
  func outOfMemory(_ failure: MemoryFailure) -> Verdict
  /// Whether a module may leave; `unloaded` means now.
  mutating func release(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict
  /// A setting changes; the reason when it may not.
  mutating func set(_ name: String, _ value: String, _ event: LifecycleEvent) -> Verdict
  /// Users that are no modules come (positive) or go.
  mutating func use(_ name: String, by change: Int, at time: Double) -> Verdict
  /// How many users that are no modules a module has.
  func uses(of name: String) -> Int
  /// Whether the system is asked to put this module on large pages.
  func wantsLargePages(_ request: ModuleRequest) -> Bool
  /// The machine starts again: state that does not outlive a boot goes.
  mutating func boot(_ event: LifecycleEvent)
  /// Modules that leave by themselves by `time`, seconds; in the order they go.
  mutating func expire(by time: Double, _ kernel: SimulatedKernel) -> [String]
  /// The system's own listing of what is loaded.
  func listing(_ kernel: SimulatedKernel) -> String
}

extension SystemRules {
  public var perCPUReserve: PerCPUReserve? { nil }
  public var leakBytesPerUnload: UInt64 { 0 }

  public func toolSteps(_ event: LifecycleEvent, _ catalog: ModuleCatalog) -> [ToolStep] {
    [.load(event.module)]
  }

  public func companions(of module: KernelModule) -> (before: [String], after: [String]) {
    ([], [])
  }

  public mutating func admitPlaced(
    _ request: ModuleRequest, _ kernel: SimulatedKernel
  ) -> Verdict? { nil }

  public mutating func didLoad(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict {
    Verdict(.loaded)
  }

  public mutating func boot(_ event: LifecycleEvent) {}

  public mutating func use(_ name: String, by change: Int, at time: Double) -> Verdict {
    Verdict(.done)
  }

  public func uses(of name: String) -> Int { 0 }

  public func wantsLargePages(_ request: ModuleRequest) -> Bool { false }

  public mutating func expire(by time: Double, _ kernel: SimulatedKernel) -> [String] { [] }
}
