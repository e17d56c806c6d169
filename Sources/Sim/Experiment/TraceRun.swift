/// Replays a load/unload trace on one system and, where it says `run`, a workload on one machine.
public struct TraceRun: Sendable {
  // Safe: the block is freed where it was made, after the loop; only the `count` records filled are
  // lent.
  public var system: String
  public var catalog: String?
  public var machine: String?
  public var memoryBytes: UInt64 = 4 << 30
  /// Memory kept for contiguous allocations, bytes (Linux).
  public var cmaBytes: UInt64 = 0
  public var age = MemoryAge.day
  public var seed = Seed(1)
  /// Files of modprobe's configuration (Linux).
  public var modprobeFiles: [String] = []
  /// Boot with randomised arena starts.
  public var randomised = true
  /// Workload of `run` events; their `references=` overrides its length.
  public var workload = WorkloadParameters()

  public init(system: String) { self.system = system }

  /// What a `run` event measured.
  public struct Measurement: Sendable {
    public let line: Int
    public let counters: ReplayCounters
  }

  public struct Outcome: Sendable {
    public let profile: SystemProfile
    public let machine: Machine?
    public let replay: LifecycleReplay
    public let measurements: [Measurement]
    /// Listings printed by `list` events.
    public let listings: [String]
  }

  /// Replays the trace file at `path`.
  /// - Parameter each: called after each event.
  public func run(
    _ path: String, each: (LifecycleEvent) -> Void = { _ in }
  ) throws -> Outcome {
    let profile = try ProfileCatalog.profile(system)
    let rules = try configured(systemRules(profile))
    let trace = try TraceRun.trace(path, rules: rules)
    var modules = TraceRun.stated(trace)
    if let catalog {
      let read = try CatalogReader.read(InputFile.text(catalog), file: catalog)
      modules = read.modules + modules.filter { read[$0.name] == nil }
    }
    let machine = try machine.map { try MachineCatalog.machine($0) }
    let image = profile.baseImage
    if let arena = profile.arenas.first(where: { $0.takes(LinkedImage(image).range) }) {
      throw InputError(
        file: system, "arena '\(arena.name)' of \(profile.id) overlaps the base image")
    }
    var replay = LifecycleReplay(
      kernel: SimulatedKernel(
        profile: profile, image: LinkedImage(image), physicalStart: image.physicalStart,
        memory: memory(profile, image), seed: randomised ? seed.stream("boot") : nil),
      rules: rules, catalog: ModuleCatalog(source: catalog ?? path, modules: modules))
    var measurements: [Measurement] = []
    var listings: [String] = []
    for event in trace.events {
      replay.apply(event)
      if event.verb == .list { listings.append(replay.rules.listing(replay.kernel)) }
      if event.verb == .run, let machine {
        let counters = try measure(event, replay.kernel, image, machine)
        measurements.append(Measurement(line: event.line, counters: counters))
      }
      each(event)
    }
    return Outcome(
      profile: profile, machine: machine, replay: replay, measurements: measurements,
      listings: listings)
  }

  /// The rules with what modprobe's configuration adds.
  private func configured(_ rules: any SystemRules) throws(InputError) -> any SystemRules {
    guard let first = modprobeFiles.first else { return rules }
    guard var linux = rules as? LinuxRules else {
      throw InputError(file: first, "\(system) has no modprobe to configure")
    }
    for file in modprobeFiles {
      try linux.configuration.read(InputFile.text(file), file: file)
    }
    return linux
  }

  private func memory(_ profile: SystemProfile, _ image: BaseImage) -> PageAllocator {
    var memory = PageAllocator(
      booting: profile, bytes: memoryBytes, image: LinkedImage(image),
      physicalStart: image.physicalStart, cmaBytes: cmaBytes)
    memory.age(age.parameters, seed: seed.stream("memory"))
    return memory
  }

  /// Reads a trace, or a set of loaded modules as a trace that loads it, oldest first.
  static func trace(_ path: String, rules: any SystemRules) throws(InputError) -> LifecycleTrace {
    let text = try InputFile.text(path, limit: 1 << 30)
    let first = TextLines.lines(String(text.prefix(4096))).first {
      !$0.hasPrefix("#") && !$0.isEmpty
    }
    if let first, FtraceReader.recognises(first) {
      let events = FtraceReader.lifecycle(try FtraceReader.read(text, file: path))
      guard !events.isEmpty else {
        throw InputError(file: path, line: 1, "the trace holds no module_load or module_free event")
      }
      return LifecycleTrace(file: path, events: events)
    }
    if let first, ModulesDepReader.recognises(first) {
      let entries = try ModulesDepReader.read(text, file: path)
      return LifecycleTrace(
        file: path,
        events: entries.enumerated().map { index, entry in
          LifecycleEvent(
            line: index + 1, time: 0, verb: .load, word: "load", module: entry.name)
        })
    }
    let words = first.map { TextLines.words($0) } ?? []
    let isListing =
      words.count >= 2
      && (words[0] == "Module" && words[1] == "Size"
        || Double(words[0]) == nil && UInt64(words[1]) != nil)
    guard isListing else {
      return try LifecycleTrace(
        text: text, file: path, forms: rules.forms, extensions: rules.extensions,
        keys: rules.lineKeys, speaker: InputCheck.speaker)
    }
    let set = try LoadedSet(text: text, file: path)
    return LifecycleTrace(
      file: path,
      events: set.modules.reversed().map {
        LifecycleEvent(line: $0.line, time: 0, verb: .load, word: "load", module: $0.name)
      })
  }

  /// Modules a trace describes itself: `load foo text=40KiB data=4KiB`, or `size=` for all text.
  public static func stated(_ trace: LifecycleTrace) -> [KernelModule] {
    var modules: [KernelModule] = []
    var seen: Set<String> = []
    for event in trace.events where event.verb == .load || event.verb == .insert {
      func bytes(_ name: String) -> UInt64 {
        min(event[name].flatMap { ByteCount($0)?.bytes } ?? 0, CatalogReader.sectionLimit)
      }
      var module = KernelModule(name: event.module)
      module.sections.text = bytes("text") + bytes("size")
      module.sections.rodata = bytes("rodata")
      module.sections.data = bytes("data") + bytes("bss")
      module.sections.initText = bytes("init")
      module.sections.perCPU = bytes("percpu")
      let total = module.sections.size(of: .image)
      guard total > 0, seen.insert(event.module).inserted else { continue }
      module.dependencies = (event["depends"] ?? "").split(separator: ",").map { String($0) }
      modules.append(module)
    }
    return modules
  }

  private func measure(
    _ event: LifecycleEvent, _ kernel: SimulatedKernel, _ image: BaseImage, _ machine: Machine
  ) throws -> ReplayCounters {
    var parameters = workload
    if let references = event["references"].flatMap({ parseUnsigned($0) }) {
      let allowed = LifecycleKeys.runReferences
      parameters.references = min(max(references, allowed.lowerBound), allowed.upperBound)
    }
    let modules = kernel.loaded.map(\.module)
    let model = WorkloadModel(
      image: image, modules: modules, memoryBytes: memoryBytes, parameters: parameters,
      seed: seed.stream("workload"))
    let layout = kernel.layout(model.table.sections, machine, memoryBytes: memoryBytes)
      .held(by: machine, of: kernel.profile)
    let binding = try Binder.bind(model.table, layout)
    let engine = try ReplayEngine(machine: machine, binding: binding.held(of: kernel.profile))
    var stream = KernelWorkload(
      model: model, parameters: parameters, seed: seed.stream("workload").stream(event.line))
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(
      capacity: ReplicateRunner.blockRecords)
    defer { unsafe block.deallocate() }
    var warm: ReplayCounters?
    while true {
      let count = unsafe stream.read(into: block)
      guard count > 0 else { break }
      unsafe engine.process(UnsafeBufferPointer(rebasing: block[..<count]))
      let counters = engine.counters
      if warm == nil,
        counters.fetches + counters.loads + counters.stores >= stream.warmupReferences
      {
        warm = counters
      }
    }
    return warm.map { engine.counters - $0 } ?? engine.counters
  }
}

extension SimulatedKernel {
  /// This kernel's image, loaded modules and memory regions, bound to the sections of a stream.
  func layout(_ sections: SectionTable, _ machine: Machine, memoryBytes: UInt64) -> Layout {
    var layout = Layout(space: space, sectionCount: sections.count)
    place(SectionIndex(sections), in: &layout)
    RegionMap(profile: profile, machine: machine, memoryBytes: memoryBytes)
      .place(sections, in: &layout, direct: directMap)
    return layout
  }

  /// Places the image's regions and the loaded modules' sections.
  func place(_ index: SectionIndex, in layout: inout Layout) {
    for region in image.regions {
      if let id = index.find("base", region.kind) { layout.place(id, at: region.range.lower) }
    }
    for module in loaded {
      for section in module.pieces.flatMap(\.sections) {
        if let id = index.find(module.module.name, section.kind) {
          layout.place(id, at: section.address)
        }
      }
    }
  }
}
