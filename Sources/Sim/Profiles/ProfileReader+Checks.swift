extension ProfileReader {
  /// The parts of an image block few systems state.
  static func imageExtras(_ image: YAMLMapping, _ profile: inout ImageProfile) {
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
      profile.pageSizes[kind] = pair.value.pageSize()
    }
    for value in image.optional("regions")?.list() ?? [] {
      let region = value.mapping { map in
        BaseRegion(
          kind: map.required("kind")?.choice(SectionKind.self) ?? .text,
          size: map.bytes("size"), alignment: map.bytes("alignment", default: 4096))
      }
      if region.alignment.nonzeroBitCount != 1 { value.report("alignment is no power of two") }
      if region.size > 1 << 32 { value.report("a region above 4GiB") }
      profile.regions.append(region)
    }
  }

  /// The parts of an arena block few systems state.
  static func arenaExtras(_ arena: YAMLMapping, _ profile: inout ArenaProfile) {
    profile.anchor = arena.optional("anchor")?.choice(ArenaAnchor.self) ?? .fixed
    profile.reach = arena.bytes("reach", default: 0)
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
    if profile.anchor == .belowText, profile.reach == 0 {
      arena.whole.report("anchor belowText wants 'reach'")
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
      let taken = region.size &+ min(region.alignment, alignmentLimit)
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

  /// Relations between blocks.
  static func check(_ profile: SystemProfile, _ root: YAMLValue) {
    checkSizes(profile, root)
    if let large = profile.largePage, large <= profile.basePage {
      root.report("page.large \(large) is no larger than page.base \(profile.basePage)")
    }
    let names = profile.arenas.map(\.name)
    for piece in profile.pieces where !names.contains(piece.arena) {
      root.report(
        "piece '\(piece.name)' names arena '\(piece.arena)'"
          + suggestion(for: piece.arena, in: names))
    }
    for (i, a) in profile.arenas.enumerated() {
      for b in profile.arenas[(i + 1)...]
      where a.window.overlaps(b.window) && a.anchor != .behindBoot && b.anchor != .behindBoot {
        root.report("arenas '\(a.name)' and '\(b.name)' overlap")
      }
    }
    for piece in profile.pieces {
      for kind in piece.discards + piece.drops where !piece.kinds.contains(kind) {
        root.report("piece '\(piece.name)' gives back '\(kind.rawValue)', which it does not hold")
      }
      let largeNeeded = piece.pages == .promotion || piece.pages == .optIn
      if largeNeeded, profile.largePage == nil {
        root.report("piece '\(piece.name)' wants large pages, but page.large is missing")
      }
      if piece.pages == .contiguousHint, profile.hintPages == 0 {
        root.report("piece '\(piece.name)' wants the hint, but page.contiguousHintPages is missing")
      }
    }
  }
}
