/// A kernel that boots, loads and unloads modules by its system's profile.
///
/// It places, maps and frees; whether a load is admitted is decided before it is asked
/// (`Admission`).
public struct SimulatedKernel: Sendable {
  public let profile: SystemProfile
  /// The base image as linked; its mappings are in `space`.
  public let image: LinkedImage
  /// Mappings of the base image and of modules.
  public private(set) var space = AddressSpace()
  public private(set) var memory: BuddyAllocator
  /// In load order.
  public private(set) var loaded: [LoadedImage] = []
  /// Full flushes of every CPU's TLB so far, by loads and unloads.
  public private(set) var flushes: Int = 0
  /// Large direct-map leaves split since boot, by number at the direct map's page size.
  public private(set) var splitLeaves: Set<UInt64> = []
  private var arenas: [Arena]
  private var serial = 0
  private var pendingInit: [LoadedPiece] = []

  /// Boots: maps the base image, seeds the arenas.
  /// - Parameters:
  ///   - linked: the base image, with whatever is linked in.
  ///   - memory: physical memory after ageing.
  ///   - seed: draws the boot-random start of arenas; nil boots without randomisation.
  public init(
    profile: SystemProfile, image linked: LinkedImage, physicalStart: UInt64,
    memory: BuddyAllocator, seed: Seed?
  ) {
    self.profile = profile
    image = linked
    self.memory = memory
    arenas = profile.arenas.map { arena in
      var window = arena.window
      if let seed, arena.randomStartPages > 0 {
        var random = seed.stream("kaslr \(arena.name)").generator()
        let pages = 1 + random.below(arena.randomStartPages)
        window = AddressRange(window.lower + pages * profile.basePage.bytes, window.upper)
      }
      var parameters = PlacementParameters(windows: [window], granule: arena.granule)
      parameters.guardBytes = arena.guardPages * profile.basePage.bytes
      if let large = profile.largePage { parameters.superpage = large }
      parameters.importPage = profile.basePage
      var built = Arena(arena.rule, parameters)
      if arena.reserved > 0 { _ = built.allocate(size: arena.reserved, alignment: 1) }
      return built
    }
    let large = profile.image.pageSize > profile.basePage ? profile.image.pageSize : nil
    linked.map(
      into: &space, base: profile.basePage, large: large, physicalStart: physicalStart,
      splitTail: profile.image.splitTail, isGlobal: profile.image.isGlobal,
      isLocked: profile.image.isLocked)
  }

  /// Mappings of loaded modules alone.
  public var moduleMappings: [Mapping] {
    space.mappings.filter { !$0.range.overlaps(image.range) }
  }

  /// Full flushes when one module of the set is unloaded and loaded again, on average rounded up.
  public var flushesPerReload: Int {
    guard !loaded.isEmpty else { return 0 }
    let total = loaded.reduce(0) { sum, image in
      sum + loadFlushes(image.module) + profile.flushes.perInitPiece
        + image.pieces.count * profile.flushes.perUnloadPiece
    }
    return (total + loaded.count - 1) / loaded.count
  }

  /// The loaded module called `name`.
  public func image(of name: String) -> LoadedImage? { loaded.first { $0.module.name == name } }

  /// Starts again with nothing loaded. Memory keeps its age; flush and serial counts go on.
  public mutating func reboot() {
    settle()
    for image in loaded { for piece in image.pieces { release(piece) } }
    loaded.removeAll()
    splitLeaves.removeAll()
  }

  /// Places, maps and initialises one module. Its init memory stays until `settle`.
  /// - Throws: `MemoryFailure`; everything taken so far has been given back.
  @discardableResult
  public mutating func load(_ module: KernelModule) throws(MemoryFailure) -> LoadedImage {
    var pieces: [LoadedPiece] = []
    do {
      for index in profile.pieces.indices {
        if let piece = try place(module, piece: index) { pieces.append(piece) }
      }
    } catch {
      for piece in pieces { release(piece) }
      throw error
    }
    serial += 1
    for piece in pieces { protect(piece) }
    flushes += loadFlushes(module)
    let stays = pieces.filter { profile.pieces[$0.profile].lifetime != .initialisation }
    pendingInit += pieces.filter { profile.pieces[$0.profile].lifetime == .initialisation }
    for name in module.dependencies {
      if let user = loaded.firstIndex(where: { $0.module.name == name }) {
        loaded[user].users.append(module.name)
      }
    }
    let result = LoadedImage(module: module, serial: serial, pieces: stays)
    loaded.append(result)
    return result
  }

  /// Frees the init memory of everything loaded since the last call, oldest first.
  public mutating func settle() {
    for piece in pendingInit {
      release(piece)
      flushes += profile.flushes.perInitPiece
    }
    pendingInit.removeAll()
  }

  /// Takes a module out and gives its memory back. False when it is not loaded.
  @discardableResult
  public mutating func unload(_ name: String) -> Bool {
    guard let at = loaded.firstIndex(where: { $0.module.name == name }) else { return false }
    let image = loaded.remove(at: at)
    for index in loaded.indices { loaded[index].users.removeAll { $0 == name } }
    for piece in image.pieces where profile.pieces[piece.profile].lifetime != .boot {
      release(piece)
      flushes += profile.flushes.perUnloadPiece
    }
    return true
  }

  // MARK: Placement

  private mutating func place(
    _ module: KernelModule, piece index: Int
  ) throws(MemoryFailure) -> LoadedPiece? {
    let rules = profile.pieces[index]
    let page = profile.basePage
    let (offsets, size) = SimulatedKernel.offsets(rules, module.sections, page: page)
    guard size > 0, let arena = profile.arenas.firstIndex(where: { $0.name == rules.arena }) else {
      return nil
    }
    guard let range = arenas[arena].allocate(size: size, alignment: 1) else {
      throw .noAddressSpace(arena: rules.arena, size: size)
    }
    var piece = LoadedPiece(
      profile: index, requested: size, range: range, pageSize: page, frames: [],
      sections: offsets.map {
        PlacedSection(
          kind: $0.kind, address: range.lower + $0.offset, size: module.sections.size(of: $0.kind))
      })
    guard rules.pages != .unmapped, rules.pages != .inherit else { return piece }
    let mapped = AddressRange(page.floor(range.lower), page.ceil(range.upper))
    let count = Int(mapped.size >> UInt64(page.shift))
    let frames = memory.allocateSinglePages(count)
    guard frames.count == count else {
      for frame in frames { memory.free(frame, order: 0) }
      arenas[arena].free(range)
      throw .noFrames(pages: count)
    }
    piece.frames = frames.map { $0.value << UInt64(page.shift) }
    space.map(
      Mapping(
        mapped, pageSize: page, backing: .scattered(piece.frames),
        hasContiguousHint: rules.pages == .contiguousHint))
    return piece
  }

  private mutating func release(_ piece: LoadedPiece) {
    let rules = profile.pieces[piece.profile]
    let page = profile.basePage
    space.unmap(AddressRange(page.floor(piece.range.lower), page.ceil(piece.range.upper)))
    for frame in piece.frames { memory.free(FrameNumber(frame >> UInt64(page.shift)), order: 0) }
    if let arena = profile.arenas.firstIndex(where: { $0.name == rules.arena }) {
      arenas[arena].free(piece.range)
    }
  }

  /// Offsets of a piece's parts and its size, bytes, by the system's packing rule. Parts a module
  /// lacks take nothing.
  public static func offsets(
    _ rules: PieceProfile, _ sections: ModuleSections, page: PageSize
  ) -> (parts: [(kind: SectionKind, offset: UInt64)], size: UInt64) {
    var parts: [(kind: SectionKind, offset: UInt64)] = []
    var cursor: UInt64 = 0
    for kind in rules.kinds {
      let size = sections.size(of: kind)
      guard size > 0 else { continue }
      let unit = rules.separatePages ? page.bytes : rules.packing
      cursor = (cursor + unit - 1) / unit * unit
      parts.append((kind, cursor))
      cursor += size
    }
    return (parts, rules.separatePages ? page.ceil(cursor) : cursor)
  }

  /// Read-only parts lose write permission in the direct map too, which splits its large leaves.
  private mutating func protect(_ piece: LoadedPiece) {
    guard profile.directMap.splitsOnProtect else { return }
    let large = profile.directMap.pageSize
    let page = profile.basePage
    let first = page.floor(piece.range.lower)
    for section in piece.sections where SimulatedKernel.isReadOnly(section.kind) {
      let lower = Int((section.address - first) >> UInt64(page.shift))
      let pages = Int(page.count(section.size))
      for index in lower..<min(lower + pages, piece.frames.count) {
        splitLeaves.insert(large.number(piece.frames[index]))
      }
    }
  }

  private static func isReadOnly(_ kind: SectionKind) -> Bool {
    switch kind {
    case .text, .rodata, .roAfterInit, .initText, .initRodata: true
    case .data, .bss, .initData, .symbols, .image, .region: false
    }
  }

  private func loadFlushes(_ module: KernelModule) -> Int {
    let rules = profile.flushes
    let full = rules.fullOnLoad.count { module.sections.size(of: $0) > 0 }
    let ceiling = UInt64(rules.rangeCeilingPages)
    let large = rules.rangedOnLoad.count {
      profile.basePage.count(module.sections.size(of: $0)) > ceiling
    }
    return full + large
  }
}
