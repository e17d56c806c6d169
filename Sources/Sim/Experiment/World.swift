/// One replicate's kernels: the same modules, memory and history laid out every way the arms and
/// the ladder ask for.
struct World {
  let scenario: Scenario
  let sections: SectionTable
  let index: SectionIndex
  let order: [KernelModule]
  let bootSeed: Seed
  private let historySeed: Seed
  /// Kernels of each system, made when first asked for.
  private final class Kernels {
    var made: [String: Kernel] = [:]
    var memory: [String: PageAllocator] = [:]
  }
  struct Kernel {
    /// After the boot with its history.
    let modular: SimulatedKernel
    /// The same modules placed into an empty window.
    let pristine: SimulatedKernel
  }
  private let kernels = Kernels()

  init(_ scenario: Scenario, replicate: Int, sections: SectionTable) {
    self.scenario = scenario
    self.sections = sections
    index = SectionIndex(sections)
    bootSeed = scenario.seed(for: .bootRandom, replicate: replicate)
    historySeed = scenario.seed(for: .memoryAge, replicate: replicate)
    order = World.loadOrder(scenario, scenario.seed(for: .loadOrder, replicate: replicate))
  }

  /// Memory before a system loads its first module, aged the same way for every system.
  func memory(_ profile: SystemProfile) -> PageAllocator {
    let image = scenario.image.rebased(to: profile)
    let linked = LinkedImage(image)
    let key = PageAllocator.bootKey(profile, image: linked, physicalStart: image.physicalStart)
    if let made = kernels.memory[key] { return made }
    var memory = PageAllocator(
      booting: profile, bytes: scenario.memory.bytes, image: linked,
      physicalStart: image.physicalStart)
    memory.age(scenario.memory.age.parameters, seed: historySeed.stream("memory"))
    kernels.memory[key] = memory
    return memory
  }

  /// The scenario's order, or, where load order varies, a random one that keeps every module
  /// behind what it depends on.
  private static func loadOrder(_ scenario: Scenario, _ seed: Seed) -> [KernelModule] {
    guard scenario.varying.contains(.loadOrder) else { return scenario.modules }
    var names = scenario.modules.map(\.name)
    var random = seed.generator()
    random.shuffle(&names)
    return (try? scenario.catalog.ordered(names)) ?? scenario.modules
  }

  /// The kernel after every module came with it, or on large pages.
  func nativeKernel(_ arm: ArmPlan) throws(MemoryFailure) -> SimulatedKernel {
    var kernel = boot(arm.profile)
    for module in order {
      if arm.kind == .boot {
        try kernel.load(module, phase: .boot)
      } else {
        try kernel.load(module, phase: World.phase(arm.profile), largePages: true)
      }
    }
    kernel.finishBoot()
    kernel.settle()
    return kernel
  }

  /// When a modular kernel's modules arrive: on the running system, or, where nothing can be
  /// loaded there, in the collection of the next boot.
  static func phase(_ profile: SystemProfile) -> LoadPhase {
    profile.pieces.contains { $0.phase == .runtime } ? .runtime : .collection
  }

  /// The kernels of a system in this world, `linked` modules left to the image.
  func kernel(
    _ profile: SystemProfile, without linked: Set<String> = []
  ) throws(MemoryFailure) -> Kernel {
    let name = ([profile.id] + linked.sorted()).joined(separator: " ")
    if let made = kernels.made[name] { return made }
    let inside = order.filter { linked.contains($0.name) }
    let loaded = order.filter { !linked.contains($0.name) }
    let made = Kernel(
      modular: try modularKernel(profile, loaded, linking: inside),
      pristine: try pristineKernel(profile, loaded, linking: inside))
    kernels.made[name] = made
    return made
  }

  /// The kernel an arm's profile arrives at, after loading and unloading transient modules too.
  private func modularKernel(
    _ profile: SystemProfile, _ order: [KernelModule], linking inside: [KernelModule]
  ) throws(MemoryFailure) -> SimulatedKernel {
    var kernel = boot(profile, linking: inside)
    let wanted = Set(self.order.map(\.name))
    var random = historySeed.stream("transient modules").generator()
    var transient = scenario.catalog.modules.filter { !wanted.contains($0.name) }
    random.shuffle(&transient)
    transient = Array(transient.prefix(scenario.history.transientModules))
    // Transient modules arrive spread evenly over the boot and leave when it is over.
    var loads: [KernelModule] = []
    for (index, module) in order.enumerated() {
      let due = transient.count * (index + 1) / order.count
      while loads.count - index < due { loads.append(transient[loads.count - index]) }
      loads.append(module)
    }
    for (index, module) in loads.enumerated() {
      try kernel.load(module, phase: World.phase(profile))
      if (index + 1) % scenario.history.initBurst == 0 { kernel.settle() }
    }
    kernel.settle()
    for module in transient { kernel.unload(module.name) }
    return kernel
  }

  /// The kernel as it would be had each module been loaded alone into an empty window, its init
  /// memory and all that left gone without a trace.
  private func pristineKernel(
    _ profile: SystemProfile, _ order: [KernelModule], linking inside: [KernelModule]
  ) throws(MemoryFailure) -> SimulatedKernel {
    var lean = profile
    lean.pieces.removeAll { $0.lifetime == .initialisation }
    var kernel = boot(lean, linking: inside)
    for module in order { try kernel.load(module, phase: World.phase(profile)) }
    return kernel
  }

  /// A kernel with some modules in its image: what is loaded later lies behind them.
  func boot(
    _ profile: SystemProfile, linking inside: [KernelModule] = []
  ) -> SimulatedKernel {
    let image = scenario.image.rebased(to: profile)
    let parts = inside.flatMap { module in
      World.linkedKinds.map { (kind: $0, size: module.sections.size(of: $0)) }
    }.filter { $0.size > 0 }
    return SimulatedKernel(
      profile: profile, image: LinkedImage(image, linking: parts),
      physicalStart: image.physicalStart,
      memory: memory(profile), seed: bootSeed)
  }
}
