/// What one event of a trace did.
public struct LifecycleRecord: Sendable {
  public var event: LifecycleEvent
  /// The module this record is about; an event that loads dependencies has one record each.
  public var module: String
  public var verdict: Verdict
  /// Full TLB flushes it caused; a load's include those of freeing its init memory soon after.
  public var flushes: Int
  /// Where the module lies, when it was loaded; without the frames, of which a long trace would
  /// pile up millions.
  public var pieces: [LoadedPiece]
}

/// Replays a load/unload trace on a simulated kernel under its system's rules.
public struct LifecycleReplay: Sendable {
  public private(set) var kernel: SimulatedKernel
  public private(set) var rules: any SystemRules
  public private(set) var records: [LifecycleRecord] = []
  public let catalog: ModuleCatalog
  private var lastTime = 0.0
  /// Names that leave at the next boot.
  private var heldUnloads: [String] = []
  /// Loads that happen at the next boot.
  private var heldLoads: [ModuleRequest] = []

  /// Seconds after which freed init memory is given back (an RCU grace period and a worker).
  public static let initGraceSeconds = 0.05

  /// Users one event may add or take away.
  public static let mostUses = 1_000_000

  public init(kernel: SimulatedKernel, rules: any SystemRules, catalog: ModuleCatalog) {
    self.kernel = kernel
    self.rules = rules
    self.catalog = catalog
  }

  /// Replays one event and returns what it did, one record a module.
  @discardableResult
  public mutating func apply(_ event: LifecycleEvent) -> [LifecycleRecord] {
    let first = records.count
    if event.time - lastTime > LifecycleReplay.initGraceSeconds { kernel.settle() }
    expire(event)
    lastTime = event.time
    switch event.verb {
    case .boot:
      boot(event)
      kernel.finishBoot()
    case .load: runTool(event)
    case .insert: load(event, withDependencies: false)
    case .unload: unload(event, unused: false)
    case .unloadUnused: unload(event, unused: true)
    case .set: set(event)
    case .reboot: reboot(event)
    case .use, .leave:
      record(event, event.module, use(event), since: kernel.flushes)
    case .take:
      let type = MigrateType.allCases.first { "\($0)" == event["type"] } ?? .unmovable
      let wanted = event["pages"].flatMap { parseUnsigned($0) } ?? 0
      let taken = kernel.takePages(wanted, type)
      let short = Verdict(.refused, message: "only \(taken) pages were free")
      record(event, "", taken == wanted ? Verdict(.done) : short, since: kernel.flushes)
    case .run, .list: record(event, "", Verdict(.done), since: kernel.flushes)
    }
    expire(event)
    return Array(records[first...])
  }

  private mutating func expire(_ event: LifecycleEvent) {
    for name in rules.expire(by: event.time, kernel) {
      let before = kernel.flushes
      kernel.unload(name)
      record(event, name, Verdict(.unloaded, message: "automatic"), since: before)
    }
  }

  private mutating func boot(_ event: LifecycleEvent) {
    // A machine that runs already starts again.
    if !kernel.isBooting { kernel.reboot() }
    rules.boot(event)
    record(event, "", Verdict(.done), since: kernel.flushes)
    for name in (event["initrd"] ?? "").split(separator: ",") {
      var load = event
      load.verb = .load
      load.module = String(name)
      runTool(load)
    }
  }

  /// Loads what the system's tool makes of the name.
  private mutating func runTool(_ event: LifecycleEvent) {
    for step in rules.toolSteps(event, catalog) {
      switch step {
      case .answer(let verdict): record(event, event.module, verdict, since: kernel.flushes)
      case .load(let name):
        var load = event
        load.module = name
        self.load(load, withDependencies: rules.loadFollowsDependencies)
      }
    }
  }

  private mutating func load(_ event: LifecycleEvent, withDependencies: Bool) {
    var names = catalog[event.module].map { [$0] } ?? []
    if withDependencies, let module = names.first {
      do throws(DependencyError) {
        names = try catalog.loadOrder(of: module.name)
      } catch {
        // Nothing says which module of a circle goes first: the tool finds no order.
        if case .cycle = error {
          let refusal = Verdict(.refused, message: error.description)
          return record(event, module.name, refusal, since: kernel.flushes)
        }
      }
    }
    guard let wanted = names.last else {
      loadOne(ModuleRequest(event: event, module: nil))
      return
    }
    let companions = withDependencies ? rules.companions(of: wanted) : ([], [])
    loadCompanions(companions.0, event)
    defer { loadCompanions(companions.1, event) }
    for module in names.dropLast() where kernel.image(of: module.name) == nil {
      var request = ModuleRequest(event: event, module: module)
      request.isDependency = true
      // A dependency that is refused makes the tool give up on the rest.
      guard loadOne(request) else { return }
    }
    loadOne(ModuleRequest(event: event, module: wanted))
  }

  /// Loads what a soft dependency names, with all that needs; whatever fails is let be.
  private mutating func loadCompanions(_ names: [String], _ event: LifecycleEvent) {
    for name in names {
      guard let module = catalog[name], let order = try? catalog.loadOrder(of: module.name) else {
        continue
      }
      for module in order where kernel.image(of: module.name) == nil {
        var request = ModuleRequest(event: event, module: module)
        request.isDependency = true
        guard loadOne(request) else { break }
      }
    }
  }

  @discardableResult
  private mutating func loadOne(_ request: ModuleRequest) -> Bool {
    let before = kernel.flushes
    let name = request.module?.name ?? request.event.module
    if let verdict = rules.admit(request, kernel) {
      if verdict.outcome == .heldForNextBoot { heldLoads.append(request) }
      record(request.event, name, verdict, since: before)
      return verdict.outcome == .alreadyLoaded || verdict.outcome == .done
    }
    guard let module = request.module else {
      record(request.event, name, Verdict(.refused, message: "not in the catalog"), since: before)
      return false
    }
    do {
      let image = try kernel.load(
        module, phase: phase(request), largePages: rules.wantsLargePages(request))
      if let verdict = rules.admitPlaced(request, kernel) {
        kernel.withdraw(image)
        record(request.event, name, verdict, since: before)
        return false
      }
      let verdict = rules.didLoad(request, kernel)
      record(request.event, name, verdict, since: before, image.pieces)
      return true
    } catch {
      record(request.event, name, rules.outOfMemory(error), since: before)
      return false
    }
  }

  private func phase(_ request: ModuleRequest) -> LoadPhase {
    switch request.event.word {
    case "boot": .boot
    case "reboot": .collection
    default: .runtime
    }
  }

  private mutating func unload(_ event: LifecycleEvent, unused: Bool) {
    let before = kernel.flushes
    var event = event
    // `modunload -i 12`, `kldunload -i 3`: the listing's number in place of a name.
    if let id = Int(event.module), let image = kernel.loaded.first(where: { $0.serial == id }) {
      event.module = image.module.name
    }
    let module = catalog[event.module]
    var request = ModuleRequest(event: event, module: module)
    request.event.module = module?.name ?? event.module
    var verdict = rules.release(request, kernel)
    if verdict.outcome == .unloaded {
      kernel.unload(request.event.module)
      let leak = PageSize.base4K.count(min(rules.leakBytesPerUnload, 1 << 40))
      if leak > 0 { verdict.effects.append("leaked: \(kernel.takePages(leak, .unmovable)) pages") }
    }
    if verdict.outcome == .heldForNextBoot { heldUnloads.append(request.event.module) }
    record(event, request.event.module, verdict, since: before)
    guard unused, verdict.outcome == .unloaded, let module else { return }
    for name in module.dependencies.reversed() {
      guard let image = kernel.image(of: name), image.users.isEmpty, rules.uses(of: name) == 0
      else {
        continue
      }
      var next = event
      next.module = name
      unload(next, unused: true)
    }
  }

  private mutating func use(_ event: LifecycleEvent) -> Verdict {
    guard let count = Int(event["count"] ?? "1"), (1...LifecycleReplay.mostUses).contains(count)
    else {
      return Verdict(.refused, message: "count is a number from 1 to \(LifecycleReplay.mostUses)")
    }
    return rules.use(event.module, by: event.verb == .use ? count : -count, at: event.time)
  }

  private mutating func set(_ event: LifecycleEvent) {
    for attribute in event.attributes {
      if attribute.name == "loaders", let count = Int(attribute.value), (1...4096).contains(count) {
        kernel.textCache.loaders = count
        record(event, "", Verdict(.done), since: kernel.flushes)
        continue
      }
      let verdict = rules.set(attribute.name, attribute.value, event)
      record(event, "", verdict, since: kernel.flushes)
    }
  }

  private mutating func reboot(_ event: LifecycleEvent) {
    let held = heldUnloads
    heldUnloads = []
    let stays = kernel.loaded.filter { !held.contains($0.module.name) }.map(\.module)
    kernel.reboot()
    rules.boot(event)
    record(event, "", Verdict(.done), since: kernel.flushes)
    let collected = heldLoads
    heldLoads = []
    for request in collected {
      var next = request
      next.event.word = event.word
      next.event.time = event.time
      next.event.line = event.line
      loadOne(next)
    }
    kernel.finishBoot()
    guard event.flag("reload") == true else { return }
    // They come back as they came first: by hand, on the running system.
    var again = event
    again.word = "load"
    for module in stays { loadOne(ModuleRequest(event: again, module: module)) }
  }

  private mutating func record(
    _ event: LifecycleEvent, _ module: String, _ verdict: Verdict, since flushes: Int,
    _ pieces: [LoadedPiece] = []
  ) {
    var pieces = pieces
    for index in pieces.indices { pieces[index].frames = [] }
    records.append(
      LifecycleRecord(
        event: event, module: module, verdict: verdict, flushes: kernel.flushes - flushes,
        pieces: pieces))
  }
}
