/// Reads a system profile: strict YAML, every block with its evidence label.
public enum ProfileReader {
  /// - Throws: everything wrong with the file, with places.
  public static func read(_ text: String, file: String) throws(InputError) -> SystemProfile {
    let document = try StrictYAML(text: text, file: file)
    var blocks: [(block: String, evidence: Evidence)] = []
    let profile = document.root.mapping { root in system(root, &blocks) }
    check(profile, document.root)
    try document.finish()
    var result = profile
    result.evidence = blocks
    return result
  }

  private typealias Blocks = [(block: String, evidence: Evidence)]

  private static func system(_ root: YAMLMapping, _ blocks: inout Blocks) -> SystemProfile {
    let base = root.required("page")?.mapping { page in
      defer { _ = evidence(page, "page", &blocks) }
      return PageBlock(
        base: page.required("base")?.pageSize() ?? .base4K,
        large: page.optional("large")?.pageSize(),
        hintPages: page.int("contiguousHintPages", 0...65536, default: 0),
        colours: page.int("colours", 1...4096, default: 1),
        isTranslated: page.bool("translated", default: true))
    }
    let block = base ?? PageBlock()
    let (basePage, largePage) = (block.base, block.large)
    var profile = SystemProfile(
      id: root.string("id"), name: root.string("name"),
      family: root.required("family")?.choice(SystemFamily.self) ?? .linux,
      arch: root.string("arch"), released: root.int("released", 1960...2100),
      basePage: basePage, largePage: largePage,
      image: image(root, block.sizes, &blocks), directMap: directMap(root, block.sizes, &blocks),
      arenas: (root.optional("arenas")?.list() ?? []).map { arena($0, basePage, &blocks) },
      pieces: completed((root.optional("pieces")?.list() ?? []).map { piece($0, &blocks) }),
      flushes: flushes(root, &blocks),
      unload: root.required("unload")?.choice(UnloadFamily.self) ?? .immediate,
      settings: settings(root, &blocks),
      sources: (root.required("sources")?.list() ?? []).compactMap { $0.string() },
      evidence: [])
    profile.upkeep = upkeep(root, &blocks)
    profile.hintPages = block.hintPages
    profile.colours = block.colours
    profile.isTranslated = block.isTranslated
    profile.lifecycle = lifecycle(root, &blocks)
    return profile
  }

  private struct PageBlock {
    var base = PageSize.base4K
    var large: PageSize?
    var hintPages = 0
    var colours = 1
    var isTranslated = true

    /// The base page first.
    var sizes: [PageSize] { [base] + (large.map { [$0] } ?? []) }
  }

  /// A page size that must be one of the system's own.
  static func pageSize(_ value: YAMLValue?, of sizes: [PageSize]) -> PageSize? {
    guard let value, let size = value.pageSize() else { return nil }
    if !sizes.contains(size) {
      value.report(
        "the system has no \(size) pages: block 'page' names "
          + sizes.map(\.description).joined(separator: " and "))
    }
    return size
  }

  static func evidence(
    _ block: YAMLMapping, _ name: String,
    _ blocks: inout [(block: String, evidence: Evidence)]
  ) -> Evidence {
    guard let value = block.optional("evidence") else {
      block.whole.report(
        "block '\(name)' lacks its evidence label; one of "
          + Evidence.allCases.map(\.rawValue).joined(separator: ", "))
      return .assumed
    }
    let label = value.choice(Evidence.self) ?? .assumed
    blocks.append((name, label))
    return label
  }

  private static func image(
    _ root: YAMLMapping, _ sizes: [PageSize], _ blocks: inout Blocks
  ) -> ImageProfile {
    let base = sizes[0]
    guard let value = root.required("image") else {
      return ImageProfile(
        pageSize: base, isLocked: false, isGlobal: true, splitTail: 0, start: 0,
        evidence: .assumed)
    }
    return value.mapping { image in
      var profile = ImageProfile(
        pageSize: pageSize(image.required("pageSize"), of: sizes) ?? base,
        isLocked: image.bool("locked", default: false),
        isGlobal: image.bool("global", default: true),
        splitTail: image.bytes("splitTail", default: 0),
        start: image.required("start")?.unsigned() ?? 0,
        evidence: evidence(image, "image", &blocks))
      imageExtras(image, sizes, &profile)
      return profile
    }
  }

  private static func directMap(
    _ root: YAMLMapping, _ sizes: [PageSize], _ blocks: inout Blocks
  ) -> DirectMapProfile {
    let base = sizes[0]
    guard let value = root.optional("directMap") else {
      return DirectMapProfile(
        start: 0, pageSize: base, largest: base, splitsOnProtect: false, evidence: .assumed)
    }
    return value.mapping { map in
      let largest = map.optional("largest")?.pageSize()
      let known = sizes + (largest.map { [$0] } ?? [])
      let size = pageSize(map.required("pageSize"), of: known) ?? base
      return DirectMapProfile(
        start: map.required("start")?.unsigned() ?? 0, pageSize: size,
        largest: largest ?? size,
        splitsOnProtect: map.bool("splitsOnProtect", default: false),
        splitsOnFree: map.bool("splitsOnFree", default: false),
        evidence: evidence(map, "directMap", &blocks))
    }
  }

  private static func arena(
    _ value: YAMLValue, _ base: PageSize, _ blocks: inout Blocks
  ) -> ArenaProfile {
    value.mapping { arena in
      let name = arena.string("name")
      let lower = arena.required("lower")?.unsigned() ?? 0
      let upper = arena.required("upper")?.unsigned() ?? 0
      if lower >= upper { value.report("arena '\(name)' ends before it begins") }
      let granule = arena.bytes("granule", default: base.bytes)
      if granule.nonzeroBitCount != 1 { value.report("granule of '\(name)' is no power of two") }
      var profile = ArenaProfile(
        name: name, rule: arena.required("rule")?.choice(PlacementRule.self) ?? .firstFit,
        window: AddressRange(min(lower, upper), max(lower, upper)),
        granule: granule, guardPages: UInt64(arena.int("guardPages", 0...64, default: 0)),
        randomStartPages: UInt64(arena.int("randomStartPages", 0...1_048_576, default: 0)),
        reserved: arena.bytes("reserved", default: 0),
        superAlign: arena.bytes("superAlign", default: 0),
        evidence: evidence(arena, "arena \(name)", &blocks))
      arenaExtras(arena, &profile)
      return profile
    }
  }

  private static func piece(_ value: YAMLValue, _ blocks: inout Blocks) -> PieceProfile {
    value.mapping { piece in
      let name = piece.string("name")
      var profile = PieceProfile(
        name: name, arena: piece.string("arena"),
        kinds: kinds(piece.required("kinds")),
        separatePages: piece.bool("separatePages", default: true),
        packing: UInt64(piece.int("packing", 1...4096, default: 16)),
        lifetime: piece.optional("lifetime")?.choice(PieceLifetime.self) ?? .module,
        frames: piece.required("frames")?.choice(FrameKind.self) ?? .single,
        pages: piece.required("pages")?.choice(PageSizeKind.self) ?? .base,
        evidence: evidence(piece, "piece \(name)", &blocks))
      profile.phase = piece.optional("phase")?.choice(LoadPhase.self) ?? .runtime
      profile.alignment = piece.bytes("alignment", default: 1)
      profile.discards = kinds(piece, "discards")
      profile.drops = kinds(piece, "drops")
      if profile.alignment.nonzeroBitCount != 1 {
        value.report("alignment of piece '\(name)' is no power of two")
      }
      return profile
    }
  }

  private static func kinds(_ map: YAMLMapping, _ key: String) -> [SectionKind] {
    map.optional(key).map { kinds($0) } ?? []
  }

  private static func kinds(_ value: YAMLValue?) -> [SectionKind] {
    (value?.list() ?? []).compactMap { $0.choice(SectionKind.self) }
  }

  private static func upkeep(_ root: YAMLMapping, _ blocks: inout Blocks) -> UpkeepProfile {
    root.optional("upkeep")?.mapping { kept in
      UpkeepProfile(
        unmovable: kept.int("unmovable", 0...65536, default: 0),
        reclaimable: kept.int("reclaimable", 0...65536, default: 0),
        passing: kept.int("passing", 0...65536, default: 0),
        evidence: evidence(kept, "upkeep", &blocks))
    } ?? UpkeepProfile()
  }

  private static func flushes(_ root: YAMLMapping, _ blocks: inout Blocks) -> FlushProfile {
    guard let value = root.optional("flushes") else { return FlushProfile() }
    return value.mapping { flush in
      FlushProfile(
        fullOnLoad: kinds(flush.optional("fullOnLoad") ?? nil),
        rangedOnLoad: kinds(flush.optional("rangedOnLoad") ?? nil),
        perInitPiece: flush.int("perInitPiece", 0...16, default: 0),
        perUnloadPiece: flush.int("perUnloadPiece", 0...16, default: 0),
        perCachedPiece: flush.int("perCachedPiece", 0...16, default: 0),
        rangeCeilingPages: flush.int("rangeCeilingPages", 0...1_000_000, default: 33),
        evidence: evidence(flush, "flushes", &blocks))
    }
  }

  private static func settings(
    _ root: YAMLMapping, _ blocks: inout Blocks
  ) -> [(name: String, value: String)] {
    guard let value = root.optional("settings") else { return [] }
    var found: [(name: String, value: String)] = []
    for pair in value.pairs() {
      if pair.key == "evidence" {
        if let label = pair.value.choice(Evidence.self) { blocks.append(("settings", label)) }
      } else if let text = pair.value.string() {
        found.append((pair.key, text))
      }
    }
    if !value.pairs().contains(where: { $0.key == "evidence" }) {
      value.report("block 'settings' lacks its evidence label")
    }
    return found.sorted { $0.name < $1.name }
  }
}
