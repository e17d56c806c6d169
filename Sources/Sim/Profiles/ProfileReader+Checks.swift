extension ProfileReader {
  /// The parts of an image block few systems state.
  static func imageExtras(
    _ image: YAMLMapping, _ sizes: [PageSize], _ profile: inout ImageProfile
  ) {
    profile.physicalStart =
      image.optional("physicalStart")?.unsigned() ?? profile.physicalStart
    profile.mapping =
      image.optional("mapping")?.choice(ImageMapping.self) ?? .splitAtBoundaries
    profile.hasContiguousHint = image.bool("contiguousHint", default: false)
    for pair in image.optional("pageSizes")?.pairs() ?? [] {
      guard let kind = SectionKind(rawValue: pair.key) else {
        pair.keyValue.report(
          "'\(pair.key)' is no section kind"
            + suggestion(for: pair.key, in: SectionKind.allCases.map(\.rawValue)))
        continue
      }
      profile.pageSizes[kind] = pageSize(pair.value, of: sizes)
    }
    for value in image.optional("regions")?.list() ?? [] {
      let region = value.mapping { map in
        BaseRegion(
          kind: map.required("kind")?.choice(SectionKind.self) ?? .text,
          size: map.bytes("size"), alignment: map.bytes("alignment", default: 4096),
          skip: map.bytes("skip", default: 0))
      }
      if region.alignment.nonzeroBitCount != 1 { value.report("alignment is no power of two") }
      if region.size > 1 << 32 || region.skip > 1 << 32 { value.report("a region above 4GiB") }
      profile.regions.append(region)
    }
  }

  /// The parts of an arena block few systems state.
  static func arenaExtras(_ arena: YAMLMapping, _ profile: inout ArenaProfile) {
    profile.anchor = arena.optional("anchor")?.choice(ArenaAnchor.self) ?? .fixed
    profile.reach = arena.bytes("reach", default: 0)
    profile.lazyPurge = arena.bytes("lazyPurge", default: 0)
    profile.seed = arena.optional("seed")?.choice(SectionKind.self)
    profile.seedLimit = arena.bytes("seedLimit", default: .max)
    profile.identityPage = arena.optional("identityPage")?.pageSize()
    profile.isLocked = arena.bool("locked", default: false)
    profile.hasContiguousHint = arena.bool("contiguousHint", default: false)
    profile.holes = arena.optional("holes")?.mapping { holes in
      VmemArena.Holes(
        unmapped: holes.bytes("unmapped"), mapped: holes.bytes("mapped"),
        oversize: holes.bytes("oversize"), separator: holes.bytes("separator", default: 0))
    }
    if let holes = profile.holes {
      let unit = holes.unmapped &+ holes.mapped
      if unit == 0 || holes.oversize > profile.window.size || unit > profile.window.size {
        arena.whole.report("the holes of '\(profile.name)' do not fit its window")
      }
    }
    if profile.rule == .bestFitInstantFitHoles, profile.holes == nil {
      arena.whole.report("rule bestFitInstantFitHoles wants a 'holes' block")
    }
    if [.belowText, .belowImage].contains(profile.anchor), profile.reach == 0 {
      arena.whole.report("anchor \(profile.anchor.rawValue) wants 'reach'")
    }
  }

  /// Largest alignment taken, bytes.
  static let alignmentLimit: UInt64 = 1 << 30

  /// That nothing reaches beyond the address space, however it is aligned.
  private static func checkSizes(_ profile: SystemProfile, _ root: YAMLValue) {
    let image = profile.image
    var left = AddressRange.highest - min(image.start, AddressRange.highest)
    for region in image.regions {
      if region.alignment > alignmentLimit { root.report("a region aligned to more than 1GiB") }
      let taken = region.size &+ region.skip &+ min(region.alignment, alignmentLimit)
      left -= min(left, taken)
    }
    // Its last page ends in the address space as well.
    if left <= image.pageSize.bytes {
      root.report("the image reaches beyond \(hex(AddressRange.highest))")
    }
    for piece in profile.pieces {
      if piece.alignment > alignmentLimit {
        root.report("piece '\(piece.name)' is aligned to more than 1GiB")
      }
      if piece.frames == .identity, piece.pages != .unmapped, piece.pages != .inherit {
        root.report("piece '\(piece.name)' has identity frames, so its pages are not its own")
      }
    }
    for arena in profile.arenas {
      if arena.granule > alignmentLimit {
        root.report("granule of '\(arena.name)' is more than 1GiB")
      }
      let random = arena.randomStartPages * profile.basePage.bytes
      if random > arena.window.size || arena.reserved > arena.window.size {
        root.report("arena '\(arena.name)' is smaller than what it leaves out at its start")
      }
    }
  }

  /// Where a kind lies that no piece of a phase names: behind the first of these that one does.
  private static let neighbours: [(kind: SectionKind, with: [SectionKind])] = [
    (.rodata, [.text]), (.roAfterInit, [.data, .rodata]), (.initText, [.text]),
    (.initRodata, [.initText, .rodata]), (.initData, [.initText, .data]),
  ]

  /// The pieces with every kind a module may have: what a profile leaves out lies with its nearest.
  static func completed(_ pieces: [PieceProfile]) -> [PieceProfile] {
    var pieces = pieces
    for phase in LoadPhase.allCases {
      for (kind, nearest) in neighbours
      where !pieces.contains(where: { $0.phase == phase && $0.kinds.contains(kind) }) {
        for other in nearest {
          let at = pieces.firstIndex { $0.phase == phase && $0.kinds.contains(other) }
          guard let at, let place = pieces[at].kinds.firstIndex(of: other) else { continue }
          pieces[at].kinds.insert(kind, at: place + 1)
          break
        }
      }
    }
    return pieces
  }

  /// That every phase with pieces has one for text and one for data.
  private static func checkKinds(_ profile: SystemProfile, _ root: YAMLValue) {
    for phase in LoadPhase.allCases {
      let own = profile.pieces.indices.filter { profile.pieces[$0].phase == phase }
      guard let first = own.first else { continue }
      for kind in [SectionKind.text, .data]
      where !own.contains(where: { profile.pieces[$0].kinds.contains(kind) }) {
        entry("pieces", first, root).report(
          "no piece of phase \(phase.rawValue) holds '\(kind.rawValue)'")
      }
    }
  }

  /// That windows with an address of their own leave the base image room.
  private static func checkWindows(_ profile: SystemProfile, _ root: YAMLValue) {
    for (i, a) in profile.arenas.enumerated() {
      for b in profile.arenas[..<i]
      where a.window.overlaps(b.window) && a.anchor != .behindBoot && b.anchor != .behindBoot {
        entry("arenas", i, root).report("arenas '\(b.name)' and '\(a.name)' overlap")
      }
    }
    let image = statedImage(profile)
    if let index = profile.arenas.firstIndex(where: { $0.takes(image) }) {
      entry("arenas", index, root).report(
        "arena '\(profile.arenas[index].name)' overlaps the base image, which lies at "
          + "\(hex(image.lower)) to \(hex(image.upper))")
    }
  }

  /// Where the stated regions of the base image lie; its first page when none is stated.
  private static func statedImage(_ profile: SystemProfile) -> AddressRange {
    var end = profile.image.start
    for region in profile.image.regions {
      let unit = max(region.alignment, 1) - 1
      let start = ((end &+ unit) & ~unit) &+ region.skip
      guard start >= end, region.size < AddressRange.highest - min(start, AddressRange.highest)
      else { break }
      end = start + region.size
    }
    let (page, overflow) = profile.image.start.addingReportingOverflow(profile.basePage.bytes)
    return AddressRange(profile.image.start, max(end, overflow ? end : page))
  }

  /// Entry `index` of the list called `key`, where a problem is reported.
  private static func entry(_ key: String, _ index: Int, _ root: YAMLValue) -> YAMLValue {
    let list = root.pairs().first { $0.key == key }?.value.list() ?? []
    return index < list.count ? list[index] : root
  }

  /// Relations between blocks.
  static func check(_ profile: SystemProfile, _ root: YAMLValue) {
    checkSizes(profile, root)
    checkKinds(profile, root)
    checkWindows(profile, root)
    if let large = profile.largePage, large <= profile.basePage {
      root.report("page.large \(large) is no larger than page.base \(profile.basePage)")
    }
    let names = profile.arenas.map(\.name)
    for (index, piece) in profile.pieces.enumerated() where !names.contains(piece.arena) {
      entry("pieces", index, root).report(
        "piece '\(piece.name)' names arena '\(piece.arena)'"
          + suggestion(for: piece.arena, in: names))
    }
    for (index, piece) in profile.pieces.enumerated() {
      let place = entry("pieces", index, root)
      for kind in piece.discards + piece.drops where !piece.kinds.contains(kind) {
        place.report("piece '\(piece.name)' gives back '\(kind.rawValue)', which it does not hold")
      }
      let largeNeeded = piece.pages == .promotion || piece.pages == .optIn
      if largeNeeded, profile.largePage == nil {
        place.report("piece '\(piece.name)' wants large pages, but page.large is missing")
      }
      if piece.pages == .contiguousHint, profile.hintPages == 0 {
        place.report(
          "piece '\(piece.name)' wants the hint, but page.contiguousHintPages is missing")
      }
    }
  }
}
