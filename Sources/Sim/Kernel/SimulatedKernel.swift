/// A kernel that boots, loads and unloads modules by its system's profile.
///
/// It places, maps and frees; whether a load is admitted is decided before it is asked
/// (`Admission`).
public struct SimulatedKernel: Sendable {
  public let profile: SystemProfile
  /// The base image as linked; its mappings are in `space`.
  public let image: LinkedImage
  /// Physical address of the image's first byte.
  let physicalStart: UInt64
  private let bootSeed: Seed?
  /// Mappings of the base image and of modules.
  public internal(set) var space = AddressSpace()
  public internal(set) var memory: PageAllocator
  /// In load order.
  public private(set) var loaded: [LoadedImage] = []
  /// Full flushes of every CPU's TLB so far, by loads and unloads. Those of freeing a module's init
  /// memory count when it is loaded.
  public internal(set) var flushes: Int = 0
  /// Which leaves map physical memory now.
  public internal(set) var directMap: DirectMap
  /// Pages kept for each load beside its areas, by serial.
  var upkeep: [Int: [(frame: FrameNumber, type: MigrateType)]] = [:]
  /// How many pages that is.
  public var upkeepPages: Int { upkeep.values.reduce(0) { $0 + $1.count } }
  /// Which leaves mapped it when user code began to run.
  public let bootDirectMap: DirectMap
  /// Leaves of 2 MiB in the direct map split since boot.
  public var splitLeaves: Int { Int(directMap.level2Splits) }
  var arenas: [Arena]
  /// Physical pages of spans the two-level arenas own, by the span's start.
  var spanFrames: [UInt64: [UInt64]] = [:]
  /// Freed areas whose addresses are not free yet.
  var unpurged = UnpurgedAreas()
  /// Nothing was loaded since boot but what came with it.
  var isBooting = true
  /// Colour the next page gets.
  var nextColour = 0
  /// Blocks of executable memory kept for module text (Linux 6.15 and later).
  var textCache = LinuxTextCache()
  private var serial = 0
  private(set) var pendingInit: [LoadedPiece] = []
  private var pendingDiscards: [LoadedPiece] = []

  /// Boots: maps the base image, seeds the arenas.
  /// - Parameters:
  ///   - linked: the base image, with whatever is linked in.
  ///   - memory: physical memory after ageing.
  ///   - seed: draws the boot-random start of arenas; nil boots without randomisation.
  public init(
    profile: SystemProfile, image linked: LinkedImage, physicalStart: UInt64,
    memory: PageAllocator, seed: Seed?
  ) {
    self.profile = profile
    image = linked
    self.memory = memory
    self.physicalStart = physicalStart
    bootSeed = seed
    bootDirectMap = SimulatedKernel.directMap(
      profile, memory, image: linked, physicalStart: physicalStart)
    directMap = bootDirectMap
    arenas = SimulatedKernel.arenas(profile, image: linked, seed: seed)
    linked.map(into: &space, profile: profile, physicalStart: physicalStart)
    mapIdentityWindows()
  }

  private static func arenas(
    _ profile: SystemProfile, image: LinkedImage, seed: Seed?
  ) -> [Arena] {
    profile.arenas.map { arena in
      var startPages: UInt64 = 0
      if let seed, arena.randomStartPages > 0 {
        var random = seed.stream("kaslr \(arena.name)").generator()
        startPages = 1 + random.below(arena.randomStartPages)
      }
      var built = Arena(
        arena.rule, arena.parameters(profile, image: image, startPages: startPages))
      if arena.reserved > 0 { _ = built.allocate(size: arena.reserved, alignment: 1) }
      return built
    }
  }

  /// Mappings of loaded modules alone.
  public var moduleMappings: [Mapping] {
    space.mappings.filter { !$0.range.overlaps(image.range) }
  }

  /// Full flushes when one module of the set is unloaded and loaded again, on average rounded up.
  public var flushesPerReload: Int {
    guard !loaded.isEmpty else { return 0 }
    let total = loaded.reduce(0) { sum, image in
      let returning = image.pieces.filter { profile.pieces[$0.profile].lifetime != .boot }
      return sum + loadFlushes(image.module) + initFlushes(image.module)
        + returning.reduce(0) { $0 + freeFlushes(profile.pieces[$1.profile]) }
    }
    return (total + loaded.count - 1) / loaded.count
  }

  /// The loaded module called `name`.
  public func image(of name: String) -> LoadedImage? { loaded.first { $0.module.name == name } }

  /// Starts again with nothing loaded. Memory keeps its age; flush and serial counts go on.
  public mutating func reboot() {
    settle()
    for image in loaded {
      for piece in image.pieces { release(piece) }
      giveUpkeep(image.serial)
    }
    loaded.removeAll()
    emptyTextCache()
    directMap = bootDirectMap
    space = AddressSpace()
    unpurged = UnpurgedAreas()
    arenas = SimulatedKernel.arenas(profile, image: image, seed: bootSeed)
    image.map(into: &space, profile: profile, physicalStart: physicalStart)
    mapIdentityWindows()
    isBooting = true
  }

  /// Places, maps and initialises one module. Its init memory stays until `settle`.
  /// - Throws: `MemoryFailure`; everything taken so far has been given back.
  @discardableResult
  public mutating func load(
    _ module: KernelModule, phase: LoadPhase = .runtime, largePages: Bool = false
  ) throws(MemoryFailure) -> LoadedImage {
    var pieces: [LoadedPiece] = []
    if phase == .runtime { runTool(serial) }
    let copy = try copyFile(module, phase)
    defer { give(copy) }
    do {
      if phase == .runtime { finishBoot() }
      textCache.beginLoad()
      let phase = profile.effectivePhase(phase)
      for index in profile.pieces.indices where profile.pieces[index].phase == phase {
        if let piece = try place(module, piece: index, largePages: largePages) {
          pieces.append(piece)
        }
      }
    } catch {
      for piece in pieces { release(piece) }
      throw error
    }
    serial += 1
    for piece in pieces { protect(piece) }
    if phase == .runtime { takeUpkeep(serial) }
    pendingDiscards += pieces.filter { !profile.pieces[$0.profile].discards.isEmpty }
    let stays = pieces.filter { profile.pieces[$0.profile].lifetime != .initialisation }
    let leaves = pieces.filter { profile.pieces[$0.profile].lifetime == .initialisation }
    pendingInit += leaves
    flushes += loadFlushes(module)
    for piece in leaves { flushes += freeFlushes(profile.pieces[piece.profile]) }
    for name in module.dependencies {
      if let user = loaded.firstIndex(where: { $0.module.name == name }) {
        loaded[user].users.append(module.name)
      }
    }
    var result = LoadedImage(module: module, serial: serial, pieces: stays)
    result.listsExactSize = profile.flag("exactSizes")
    loaded.append(result)
    return result
  }

  /// Frees the init memory of everything loaded since the last call, oldest first.
  public mutating func settle() {
    for piece in pendingInit { release(piece) }
    pendingInit.removeAll()
    for piece in pendingDiscards { discard(piece) }
    pendingDiscards.removeAll()
  }

  /// Takes a module out and gives its memory back. False when it is not loaded.
  @discardableResult
  public mutating func unload(_ name: String) -> Bool {
    guard let at = loaded.firstIndex(where: { $0.module.name == name }) else { return false }
    let image = loaded.remove(at: at)
    for index in loaded.indices { loaded[index].users.removeAll { $0 == name } }
    for piece in image.pieces where profile.pieces[piece.profile].lifetime != .boot {
      release(piece)
      flushes += freeFlushes(profile.pieces[piece.profile])
    }
    giveUpkeep(image.serial)
    return true
  }

  /// Takes back a module whose load was refused after it had been placed, its init memory too.
  public mutating func withdraw(_ image: LoadedImage) {
    settle()
    guard let at = loaded.lastIndex(where: { $0.serial == image.serial }) else { return }
    let gone = loaded.remove(at: at)
    for index in loaded.indices {
      if let user = loaded[index].users.lastIndex(of: gone.module.name) {
        loaded[index].users.remove(at: user)
      }
    }
    for piece in gone.pieces {
      release(piece)
      flushes += freeFlushes(profile.pieces[piece.profile])
    }
    giveUpkeep(gone.serial)
  }

  /// Read-only parts lose write permission in the direct map too, which splits its large leaves.
  private mutating func protect(_ piece: LoadedPiece) {
    guard profile.directMap.splitsOnProtect else { return }
    let page = profile.basePage
    let first = page.floor(piece.range.lower)
    for section in piece.sections where SimulatedKernel.isReadOnly(section.kind) {
      let lower = Int((section.address - first) >> UInt64(page.shift))
      let pages = Int(page.count(section.size))
      for index in lower..<min(lower + pages, piece.frames.count) {
        directMap.protect(AddressRange(start: piece.frames[index], size: page.bytes))
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

  /// Flushes when one piece made by these rules is freed.
  private func freeFlushes(_ rules: PieceProfile) -> Int {
    if rules.pages == .textCache { return profile.flushes.perCachedPiece }
    return rules.lifetime == .initialisation
      ? profile.flushes.perInitPiece : profile.flushes.perUnloadPiece
  }

  /// Flushes when the init memory of a module loaded on the running system is freed.
  private func initFlushes(_ module: KernelModule) -> Int {
    let phase = profile.effectivePhase(.runtime)
    return profile.pieces.reduce(0) { sum, rules in
      guard rules.lifetime == .initialisation, rules.phase == phase,
        rules.kinds.contains(where: { module.sections.size(of: $0) > 0 })
      else { return sum }
      return sum + freeFlushes(rules)
    }
  }

  /// The piece as it stands in the loaded module that holds it.
  func loadedPiece(_ piece: LoadedPiece) -> (place: (Int, Int), piece: LoadedPiece)? {
    for (i, image) in loaded.enumerated() {
      for (j, mine) in image.pieces.enumerated()
      where mine.profile == piece.profile && mine.range == piece.range {
        return ((i, j), mine)
      }
    }
    return nil
  }

  mutating func replacePiece(_ place: (Int, Int), _ piece: LoadedPiece) {
    loaded[place.0].pieces[place.1] = piece
  }
}
