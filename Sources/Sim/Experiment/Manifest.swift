/// What a result was made of: enough to make it again and to tell whether it came out the same.
public struct Manifest: Sendable {
  /// A file that was read.
  public struct Input: Hashable, Sendable {
    public var path: String
    public var bytes: UInt64
    /// Of the file as it lies on disk.
    public var sha256: String
  }

  /// A system or machine that was used, and how well its values are known.
  public struct Preset: Hashable, Sendable {
    /// `system` or `machine`.
    public var kind: String
    public var name: String
    /// Of the shipped description; nil for a user's own file.
    public var sha256: String?
    /// How many values carry each evidence label; labels that none carries are left out.
    public var evidence: [Evidence: Int]
  }

  /// The sub-command and its arguments, without those that cannot change the answer.
  public var command: [String]
  /// The scenario the result is of; nil where there is none.
  public private(set) var scenario: Scenario?
  public var seed: UInt64?
  public var inputs: [Input] = []
  public var presets: [Preset] = []

  public init(command: [String]) { self.command = Manifest.canonical(command) }

  /// Hashes the files and folders at `paths`, in that order, each once; standard input is not
  /// hashed.
  public mutating func read(_ paths: [String]) throws(InputError) {
    for path in paths where path != "-" && !inputs.contains(where: { $0.path == path }) {
      let digest = try Manifest.digests.value(file: path) { () throws(InputError) in
        try SHA256Digest.path(path)
      }
      inputs.append(Input(path: path, bytes: digest.bytes, sha256: digest.hex))
    }
  }

  private static let digests = ReadCache<(hex: String, bytes: UInt64)>()

  /// Arguments that change where the answer goes or how fast it comes, never what it is.
  private static let idle = ["--json", "--csv", "--no-progress", "--progress", "--quiet", "-q"]
  private static let idleWithValue = ["--jobs", "-j", "-o", "--output"]

  /// The arguments without those that cannot change the answer.
  public static func canonical(_ arguments: [String]) -> [String] {
    var kept: [String] = []
    var skip = false
    for argument in arguments {
      if skip {
        skip = false
      } else if idleWithValue.contains(argument) {
        skip = true
      } else if !idle.contains(argument)
        && !idleWithValue.contains(where: { $0.hasPrefix("--") && argument.hasPrefix($0 + "=") })
      {
        kept.append(argument)
      }
    }
    return kept
  }

  /// Adds the files, seed and presets of a scenario.
  public mutating func describe(_ scenario: Scenario) throws(InputError) {
    self.scenario = scenario
    seed = scenario.seed.value
    try read(scenario.inputs)
    for machine in [scenario.machine] + scenario.arms.compactMap(\.machine) {
      try describe(machine)
    }
    for arm in scenario.arms { try describe(arm.profile) }
  }

  /// Adds a machine: a preset, or the user's own file.
  public mutating func describe(_ machine: Machine) throws(InputError) {
    if let file = machine.file { try read([file]) }
    let text = machine.file == nil ? try? MachineCatalog.text(of: machine.id) : nil
    add("machine", machine.id, text: text, described: machine)
  }

  /// Adds a system: a preset, or the user's own file.
  public mutating func describe(_ profile: SystemProfile) throws(InputError) {
    if let file = profile.file { try read([file]) }
    let text = profile.file == nil ? ProfileCatalog.text(profile.id) : nil
    add("system", profile.id, text: text, described: profile)
  }

  /// Adds a preset once. `text` is its shipped YAML, `described` what was made of it.
  public mutating func add(_ kind: String, _ name: String, text: String?, described: Any) {
    guard !presets.contains(where: { $0.kind == kind && $0.name == name }) else { return }
    var tally: [Evidence: Int] = [:]
    Manifest.count(described, into: &tally)
    presets.append(
      Preset(
        kind: kind, name: name, sha256: text.map { SHA256Digest.hex($0) }, evidence: tally))
  }

  /// Counts the evidence labels anywhere inside a value.
  private static func count(_ value: Any, into tally: inout [Evidence: Int]) {
    if let label = value as? Evidence {
      tally[label, default: 0] += 1
    } else {
      for child in Mirror(reflecting: value).children { count(child.value, into: &tally) }
    }
  }
}
