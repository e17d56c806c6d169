import Sim

/// Readers of what kernels and their tools write, and of load/unload traces.
enum KernelReaders {
  private static let rules: (any SystemRules)? = {
    guard let profile = try? ProfileCatalog.profile("linux-6.1") else { return nil }
    return systemRules(profile)
  }()

  /// Verbs of every system: one trace may use any.
  private static let forms: [VerbForm] = {
    var forms: [VerbForm] = []
    for name in ProfileCatalog.names {
      guard let profile = try? ProfileCatalog.profile(name) else { continue }
      for form in systemRules(profile).forms where !forms.contains(form) { forms.append(form) }
    }
    return forms
  }()

  private static let freshKernel: SimulatedKernel? = {
    guard let profile = try? ProfileCatalog.profile("linux-6.1") else { return nil }
    let image = profile.baseImage
    return SimulatedKernel(
      profile: profile, image: LinkedImage(image), physicalStart: image.physicalStart,
      memory: PageAllocator(frames: 1 << 14), seed: Seed(1))
  }()

  static func read(_ reader: FuzzReader, _ bytes: [UInt8], _ text: String) throws {
    switch reader {
    case .catalog:
      let catalog = try CatalogReader.read(text, file: "input.csv")
      if let first = catalog.modules.first { _ = try? catalog.loadOrder(of: first.name) }
    case .elf: _ = try KernelObject(bytes, file: "input.ko").module(name: "input", path: "input.ko")
    case .lifecycle:
      replay(try LifecycleTrace(text: text, file: "input.trace", forms: forms, extensions: [".ko"]))
    case .ftrace:
      let events = FtraceReader.lifecycle(try FtraceReader.read(text, file: "input.txt"))
      replay(LifecycleTrace(file: "input.txt", events: events))
    case .placement: _ = try PlacementEventReader.read(text, file: "input.csv")
    case .loadedSet: _ = try LoadedSet(text: text, file: "input.txt")
    case .modulesDep: _ = try ModulesDepReader.read(text, file: "input.dep")
    case .vmallocinfo: _ = try VmallocInfoReader.read(text, file: "input.txt")
    case .buddyinfo: _ = try MemoryFileReader.buddyinfo(text, file: "input.txt")
    case .pagetypeinfo: _ = try MemoryFileReader.pagetypeinfo(text, file: "input.txt")
    case .kernelSections:
      let image = try BaseImageReader.read(text, file: "input.csv", kernel: "small")
      _ = LinkedImage(image, linking: [(.text, 5000), (.data, 100)]).range
    case .check: _ = try InputCheck.check(ScratchFile.path("check", bytes))
    case .symbols: _ = try SymbolTable(ScratchFile.path("symbols", bytes))
    case .memoryEvents:
      let path = try ScratchFile.path("memory", bytes)
      _ = try? MemoryEventReader.freeFrames(path)
      let events = try MemoryEventReader.read(path)
      // One block of the highest order is in use, the rest is free.
      let free = (0..<8192).map { !(1024..<2048).contains($0) }
      _ = LinuxMemoryCheck(events[...], free: free, rule: .moveAlways).agreement(with: free)
    case .modprobe:
      var configuration = ModprobeConfiguration()
      try configuration.read(text, file: "input.conf")
    default: break
    }
  }

  /// Replays a trace as `kfrag replay` does without a catalog.
  private static func replay(_ trace: LifecycleTrace) {
    guard let kernel = freshKernel, let rules else { return }
    var replay = LifecycleReplay(
      kernel: kernel, rules: rules,
      catalog: ModuleCatalog(source: trace.file, modules: TraceRun.stated(trace)))
    for event in trace.events.prefix(200) { replay.apply(event) }
    _ = replay.rules.listing(replay.kernel)
  }
}
