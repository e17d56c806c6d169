/// What a rule does with the request it applies to.
public enum RuleAction: String, CaseIterable, Sendable {
  /// The request fails with the rule's code and words.
  case refuse
  /// The request goes on; the words are logged.
  case warn
  /// A load that finds the module there: succeeds and changes nothing.
  case already
  /// A load that finds the module there: one reference more.
  case reference
  /// An unload that only takes a reference away.
  case dereference
  /// An unload that is remembered until the last user leaves.
  case pend
  /// A request kept for the next boot.
  case hold
}

/// One rule of a load or unload, in the system's real order.
public struct RequestRule: Hashable, Sendable {
  public var condition: Condition
  public var action: RuleAction
  /// The system's own code: `EPERM`, `0x1b`, `STATUS_INVALID_IMAGE_HASH`.
  public var code: String
  /// The system's own words; `{module}` and other facts in braces are filled in.
  public var message: String
  /// Checked only when memory has been taken already, which is then given back.
  public var isAfterPlacement: Bool
  public var evidence: Evidence
}

/// When idle modules leave by themselves.
public struct AutomaticUnload: Hashable, Sendable {
  public enum Trigger: String, CaseIterable, Sendable {
    /// A scan this long after the last load or unload.
    case quiet
    /// A scan every so often.
    case interval
    /// A scan when memory runs short.
    case pressure
    /// As soon as nobody uses it.
    case lastUser
  }

  public var trigger: Trigger
  /// Seconds; 0 for triggers without a clock.
  public var delay: Double
  /// Most passes of one scan; a scan stops early when a pass unloads nothing.
  public var passes: Int
  /// Which modules are candidates.
  public var condition: Condition
  public var evidence: Evidence
}

/// The system's own words for what kfrag calls load, unload and list.
public struct CommandNames: Hashable, Sendable {
  public var load: [String] = []
  public var unload: [String] = []
  public var list: [String] = []
  public var extensions: [String] = []
  /// Where modules are looked for.
  public var paths: [String] = []
  /// Files that name modules to load at boot.
  public var configuration: [String] = []
  /// What the system calls a module.
  public var noun: String = "module"
  public var evidence: Evidence = .assumed

  public init() {}
}

/// Admission, unload and words of a system.
public struct LifecycleProfile: Sendable {
  /// Facts and their values when neither the trace nor the catalog says otherwise, by name.
  public var facts: [(name: String, value: String)] = []
  public var admit: [RequestRule] = []
  public var unload: [RequestRule] = []
  public var automatic: [AutomaticUnload] = []
  public var names = CommandNames()
  /// The system loads what a module depends on by itself.
  public var loadsDependencies = false

  public init() {}

  public func fact(_ name: String) -> String? { facts.first { $0.name == name }?.value }

  /// Facts the simulated kernel itself supplies.
  public static let suppliedFacts = [
    "module", "found", "loaded", "references", "dependents", "users", "uses", "pending", "boot",
    "fromBoot", "autoloaded", "memory", "missingDependency", "size", "abiBranchEnd", "outOfReach",
    "time", "signed", "license", "verb", "copies", "perCPU", "perCPUTotal", "vnet", "vnetTotal",
    "spaceTotal",
  ]
}
