/// Admission, unload and automatic unload as a profile states them: rules over facts, in the
/// system's own order, each with its code and words.
public struct ProfileRules: SystemRules {
  /// What is known of a loaded module beside where it lies.
  struct Residence: Sendable {
    var references = 1
    /// Copies in memory; above 1 only where every load makes one.
    var copies = 1
    /// Users that are no modules: open devices, mounted file systems, running tasks.
    var uses = 0
    var isFromBoot = false
    var isAutoloaded = false
    var isPending = false
    /// What the line that loaded it said.
    var attributes: [LifecycleEvent.Attribute] = []
  }

  let profile: SystemProfile
  let rules: LifecycleProfile
  private(set) var settings: [String: String] = [:]
  private(set) var residence: [String: Residence] = [:]
  private var lastActivity = 0.0
  private var lastScan = 0.0
  private var memoryIsShort = false
  /// The module last asked for.
  private var asked = ""

  public init(_ profile: SystemProfile) {
    self.profile = profile
    rules = profile.lifecycle
  }

  public var forms: [VerbForm] {
    rules.names.load.map { VerbForm($0, .load) } + rules.names.unload.map { VerbForm($0, .unload) }
      + rules.names.list.map { VerbForm($0, .list) }
  }

  public var extensions: [String] { rules.names.extensions }
  public var loadFollowsDependencies: Bool { rules.loadsDependencies }

  public var leakBytesPerUnload: UInt64 {
    UInt64(settings["leakPerUnload"] ?? rules.fact("leakPerUnload") ?? "") ?? 0
  }

  // MARK: Loading

  public mutating func admit(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict? {
    asked = request.name
    for rule in rules.admit where !rule.isAfterPlacement {
      guard rule.condition.holds({ fact($0, request, kernel) }) else { continue }
      let words = fill(rule.message, request, kernel)
      switch rule.action {
      case .warn: continue
      case .already: return Verdict(.alreadyLoaded, message: words.isEmpty ? nil : words)
      case .reference:
        residence[request.name]?.references += 1
        return Verdict(
          .alreadyLoaded, effects: ["references: \(residence[request.name]?.references ?? 1)"])
      case .hold: return Verdict(.heldForNextBoot, code: code(rule), message: words)
      case .pend: return Verdict(.pending, code: code(rule), message: words)
      case .refuse, .dereference: return Verdict(.refused, code: code(rule), message: words)
      }
    }
    return nil
  }

  public mutating func admitPlaced(
    _ request: ModuleRequest, _ kernel: SimulatedKernel
  ) -> Verdict? {
    for rule in rules.admit where rule.isAfterPlacement && rule.action == .refuse {
      guard rule.condition.holds({ fact($0, request, kernel) }) else { continue }
      return Verdict(
        .refused, code: code(rule), message: fill(rule.message, request, kernel),
        effects: ["memory taken and given back"])
    }
    return nil
  }

  public mutating func didLoad(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict {
    var new = Residence()
    new.isFromBoot = request.isFromBoot
    new.isAutoloaded = request.isDependency || request.event.flag("auto") == true
    new.attributes = request.event.attributes
    if residence[request.name] != nil {
      residence[request.name]?.copies += 1
    } else {
      residence[request.name] = new
    }
    lastActivity = request.event.time
    let warnings = rules.admit.filter {
      $0.action == .warn && $0.condition.holds { fact($0, request, kernel) }
    }
    return Verdict(
      .loaded, message: warnings.first.map { fill($0.message, request, kernel) },
      effects: warnings.dropFirst().map { fill($0.message, request, kernel) })
  }

  public func outOfMemory(_ failure: MemoryFailure) -> Verdict {
    let rule = rules.admit.first { $0.condition.facts == ["memory"] }
    return Verdict(
      .refused, code: rule.flatMap { code($0) } ?? "ENOMEM",
      message: rule.map { replacing($0.message) { $0 == "module" ? asked : "" } }
        ?? failure.description)
  }

  // MARK: Unloading

  public mutating func release(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict {
    if profile.family == .illumos || profile.family == .solaris, request.event.module == "0" {
      // `modunload -i 0`: everything autoloaded that can go, and the DEBUG timer starts.
      memoryIsShort = true
      return Verdict(.done)
    }
    let name = request.name
    var warnings: [String] = []
    for rule in rules.unload where rule.condition.holds({ fact($0, request, kernel) }) {
      let words = fill(rule.message, request, kernel)
      switch rule.action {
      case .warn: warnings.append(words)
      case .dereference:
        residence[name]?.references -= 1
        let left = residence[name]?.references ?? 0
        return Verdict(.pending, message: "references: \(left)", effects: warnings)
      case .pend:
        residence[name]?.isPending = true
        return Verdict(.pending, code: code(rule), message: words, effects: warnings)
      case .hold: return Verdict(.heldForNextBoot, code: code(rule), message: words)
      case .refuse, .already, .reference:
        return Verdict(.refused, code: code(rule), message: words, effects: warnings)
      }
    }
    guard kernel.image(of: name) != nil else {
      return Verdict(.refused, code: "ENOENT", message: "\(name) is not loaded")
    }
    leave(name)
    lastActivity = request.event.time
    return Verdict(.unloaded, message: warnings.first, effects: Array(warnings.dropFirst()))
  }

  public mutating func expire(by time: Double, _ kernel: SimulatedKernel) -> [String] {
    var gone: [String] = []
    // What was only waiting for its last user.
    for image in kernel.loaded.reversed() {
      let name = image.module.name
      if residence[name]?.isPending == true, isIdle(name, kernel, without: gone) {
        gone.append(name)
      }
    }
    for rule in rules.automatic where isDue(rule, time) {
      lastScan = time
      for _ in 0..<rule.passes {
        let before = gone.count
        for image in kernel.loaded.reversed() where !gone.contains(image.module.name) {
          let name = image.module.name
          var event = LifecycleEvent(line: 0, time: time, verb: .unload, word: "", module: name)
          event.attributes = residence[name]?.attributes ?? []
          let request = ModuleRequest(event: event, module: image.module)
          if rule.condition.holds({ fact($0, request, kernel, without: gone) }) {
            gone.append(name)
          }
        }
        if gone.count == before { break }
      }
      if !gone.isEmpty { lastActivity = time }
    }
    memoryIsShort = false
    for name in gone { leave(name) }
    return gone
  }

  private func isDue(_ rule: AutomaticUnload, _ time: Double) -> Bool {
    switch rule.trigger {
    case .quiet: time - lastActivity >= rule.delay
    case .interval: time - lastScan >= rule.delay
    case .pressure: memoryIsShort
    case .lastUser: true
    }
  }

  private mutating func leave(_ name: String) {
    residence[name]?.copies -= 1
    if (residence[name]?.copies ?? 0) <= 0 { residence[name] = nil }
  }

  // MARK: State

  public mutating func set(
    _ name: String, _ value: String, _ event: LifecycleEvent
  ) -> Verdict {
    if name == "pressure" {
      memoryIsShort = true
      return Verdict(.done)
    }
    settings[name] = value
    return Verdict(.done)
  }

  /// A user that is no module comes (positive) or goes.
  public mutating func use(_ name: String, by change: Int, at time: Double) -> Verdict {
    guard let before = residence[name]?.uses else {
      return Verdict(.refused, message: "\(name) is not loaded")
    }
    residence[name]?.uses = max(0, before + change)
    lastActivity = time
    return Verdict(.done)
  }

  public func uses(of name: String) -> Int { residence[name]?.uses ?? 0 }

  /// Named in `LargePageDrivers` (or `*` there), or the line says so.
  public func wantsLargePages(_ request: ModuleRequest) -> Bool {
    if request.event.flag("largePages") == true { return true }
    let names = (settings["LargePageDrivers"] ?? rules.fact("LargePageDrivers") ?? "")
      .split(separator: ",")
    return names.contains("*") || names.contains { $0 == request.name }
  }

  public mutating func boot(_ event: LifecycleEvent) {
    residence = [:]
    settings = [:]
    lastActivity = event.time
    for attribute in event.attributes where attribute.name != "initrd" {
      settings[attribute.name] = attribute.value
    }
  }

  public func listing(_ kernel: SimulatedKernel) -> String {
    ModuleListing(profile: profile, kernel: kernel, residence: residence).text
  }
}
