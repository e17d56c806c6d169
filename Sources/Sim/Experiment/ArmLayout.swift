/// A layout an arm or a rung of the ladder replays under, and what comes with it.
struct ArmLayout {
  var profile: SystemProfile
  var machine: Machine
  var layout: Layout
  var facts: LayoutFacts
  /// Full TLB flushes one reload of a module causes; 0 when the arm does not flush.
  var flushesPerReload: Int
  /// Modules that split no large leaf of a recorded direct map here, for they are linked in or
  /// their system splits none; nil: no module does.
  var unsplit: Set<String>?
  /// Large leaves of a simulated direct map that loading split.
  var splitLeaves = 0
}

extension World {
  /// The layout of an arm. Recorded streams bring their own memory regions.
  func layout(_ arm: ArmPlan, placingRegions: Bool) throws(MemoryFailure) -> ArmLayout {
    let machine = arm.machine ?? scenario.machine
    switch arm.kind {
    case .monolithic:
      return try layout(
        arm.profile, on: machine, causes: [], placingRegions: placingRegions)
    case .everything:
      return try everything(arm.profile, on: machine, placingRegions: placingRegions)
    case .modular:
      return try layout(
        arm.profile, on: machine, causes: Set(Cause.allCases), linked: arm.linked,
        packed: arm.packed, placingRegions: placingRegions)
    case .boot, .largePages:
      return try native(
        arm.profile, on: machine, try nativeKernel(arm), placingRegions: placingRegions)
    }
  }

  /// The layout of a kernel with the whole catalog linked in, in the catalog's order: what every
  /// function costs when modules do not exist.
  private func everything(
    _ profile: SystemProfile, on machine: Machine, placingRegions: Bool
  ) throws(MemoryFailure) -> ArmLayout {
    var layout = Layout(sectionCount: sections.count)
    let built = linkIn(profile, scenario.catalog.modules, causes: [], in: &layout)
    layout = layout.held(by: machine, of: profile)
    let facts = LayoutFacts(
      space: layout.space, text: built.text, data: built.data, modulePages: built.pages,
      moduleBytes: built.bytes)
    if placingRegions {
      RegionMap(profile: profile, machine: machine, memoryBytes: scenario.memory.bytes)
        .place(sections, in: &layout, direct: boot(profile).bootDirectMap)
    }
    limitGlobals(profile, &layout)
    if let conflict = layout.space.conflict { throw .overlap(conflict) }
    return ArmLayout(
      profile: profile, machine: machine, layout: layout, facts: facts, flushesPerReload: 0)
  }

  /// The layout of a kernel that brought its modules itself.
  private func native(
    _ profile: SystemProfile, on machine: Machine, _ kernel: SimulatedKernel,
    placingRegions: Bool
  ) throws(MemoryFailure) -> ArmLayout {
    var layout = Layout(sectionCount: sections.count)
    let built = placePieces(
      kernel, causes: Set(Cause.allCases), mapsImage: true, in: &layout)
    layout = layout.held(by: machine, of: profile)
    let facts = LayoutFacts(
      space: layout.space, text: built.text, data: built.data, modulePages: built.pages,
      moduleBytes: built.bytes)
    if placingRegions {
      RegionMap(profile: profile, machine: machine, memoryBytes: scenario.memory.bytes)
        .place(sections, in: &layout, direct: kernel.directMap)
    }
    limitGlobals(profile, &layout)
    if let conflict = conflict(profile, layout, kernel) { throw .overlap(conflict) }
    return ArmLayout(
      profile: profile, machine: machine, layout: layout, facts: facts, flushesPerReload: 0,
      unsplit: profile.directMap.splitsOnProtect ? [] : nil,
      splitLeaves: kernel.splitLeaves)
  }

  /// The layout that has exactly these causes of the penalty. None: modules linked in. All: what
  /// the system does. Holes and scattered frames need pieces and base pages to show.
  func layout(
    _ profile: SystemProfile, on machine: Machine, causes: Set<Cause>,
    linked: Set<String> = [], packed: Set<String> = [], placingRegions: Bool
  ) throws(MemoryFailure) -> ArmLayout {
    var layout = Layout(sectionCount: sections.count)
    let built: (text: [AddressRange], data: [AddressRange], pages: UInt64, bytes: UInt64)
    let kernel = try kernel(profile, without: linked)
    let isSplit = causes.contains(.directMapSplits)
    if causes.contains(.pieces) {
      let placed = causes.contains(.holes) ? kernel.modular : kernel.pristine
      let inside = order.filter { linked.contains($0.name) }
      let image = inside.isEmpty ? nil : linkIn(profile, inside, causes: [], in: &layout)
      let pieces = placePieces(
        placed, causes: causes, packing: packed, mapsImage: image == nil, in: &layout)
      built = (
        pieces.text + (image?.text ?? []), pieces.data + (image?.data ?? []),
        pieces.pages + (image?.pages ?? 0), pieces.bytes + (image?.bytes ?? 0)
      )
    } else {
      built = linkIn(profile, order, causes: causes, in: &layout)
    }
    layout = layout.held(by: machine, of: profile)
    let facts = LayoutFacts(
      space: layout.space, text: built.text, data: built.data, modulePages: built.pages,
      moduleBytes: built.bytes)
    if placingRegions {
      RegionMap(profile: profile, machine: machine, memoryBytes: scenario.memory.bytes)
        .place(
          sections, in: &layout,
          direct: isSplit ? kernel.modular.directMap : kernel.modular.bootDirectMap)
    }
    limitGlobals(profile, &layout)
    if let conflict = conflict(profile, layout, kernel.modular) { throw .overlap(conflict) }
    let flushes = causes.contains(.flushes) ? kernel.modular.flushesPerReload : 0
    return ArmLayout(
      profile: profile, machine: machine, layout: layout, facts: facts,
      flushesPerReload: flushes,
      unsplit: isSplit && profile.directMap.splitsOnProtect ? linked : nil,
      splitLeaves: isSplit ? kernel.modular.splitLeaves : 0)
  }

  /// What lies over something else: in the layout, in the kernel, or a window over the image.
  private func conflict(
    _ profile: SystemProfile, _ layout: Layout, _ kernel: SimulatedKernel
  ) -> AddressRange? {
    layout.space.conflict ?? kernel.space.conflict
      ?? profile.arenas.first { $0.takes(kernel.image.range) }?.window
  }

  /// Base rodata follows base text, with what modules were linked in behind it.
  private func limitGlobals(_ profile: SystemProfile, _ layout: inout Layout) {
    let image = scenario.image.rebased(to: profile).start
    let rodata = index.find("base", .rodata).flatMap { layout.starts[Int($0.index)] } ?? image
    LinuxGlobals(profile).apply(to: &layout.space, text: AddressRange(image, max(image, rodata)))
  }
}
