/// What an event of a load/unload trace asks for, whatever the system calls it.
public enum LifecycleVerb: String, CaseIterable, Sendable {
  /// The machine starts; `initrd=a,b` names what is loaded before anything else.
  case boot
  /// Load by the system's rule for dependencies.
  case load
  /// Load exactly this module, dependencies not followed.
  case insert
  case unload
  /// Unload with dependencies nothing else needs (`modprobe -r`).
  case unloadUnused
  /// Change a setting: `set modules_disabled=1`.
  case set
  /// Run the workload here: `run references=2_000_000`.
  case run
  /// Restart: changes held for the next boot take effect.
  case reboot
  /// Users that are no modules come: `use if_em count=2`.
  case use
  /// They go.
  case leave
  /// Print the system's listing here.
  case list
  /// Something else takes memory and keeps it: `take pages=60 type=movable`.
  case take
}

/// One line of a load/unload trace.
public struct LifecycleEvent: Hashable, Sendable {
  /// 1-based line of the trace.
  public var line: Int
  /// Seconds since boot.
  public var time: Double
  public var verb: LifecycleVerb
  /// The words the line used, for messages: `kldload`, `sc start`.
  public var word: String
  /// Module name without path and extension; empty for verbs that name none.
  public var module: String
  /// `key=value` pairs, in the line's order.
  public var attributes: [Attribute]

  public struct Attribute: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public init(
    line: Int, time: Double, verb: LifecycleVerb, word: String, module: String = "",
    attributes: [Attribute] = []
  ) {
    self.line = line
    self.time = time
    self.verb = verb
    self.word = word
    self.module = module
    self.attributes = attributes
  }

  public subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }

  /// True when an attribute says `yes`, `true`, `1` or `on`.
  public func flag(_ name: String) -> Bool? {
    switch self[name] {
    case "yes", "true", "1", "on": true
    case "no", "false", "0", "off": false
    default: nil
    }
  }
}

/// Words a system's own tools use for an event.
public struct VerbForm: Hashable, Sendable {
  /// One or two words: `kldload`, `sc start`.
  public let word: String
  public let verb: LifecycleVerb

  public init(_ word: String, _ verb: LifecycleVerb) {
    self.word = word
    self.verb = verb
  }
}
