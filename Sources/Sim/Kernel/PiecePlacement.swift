extension PageAllocator: FrameSource {
  /// Physical address of a block of 2^`order` frames.
  public mutating func takeBlock(order: Int) -> UInt64? { allocate(order: order)?.address }

  /// Gives a block, or part of one, back.
  public mutating func giveBlock(_ address: UInt64, order: Int) {
    free(FrameNumber(address >> 12), order: order)
  }
}

extension SimulatedKernel {
  /// Places one piece of a module and maps it; nil when the module has nothing for it.
  mutating func place(
    _ module: KernelModule, piece index: Int, largePages: Bool
  ) throws(MemoryFailure) -> LoadedPiece? {
    let rules = profile.pieces[index]
    let page = profile.basePage
    let (offsets, size) = SimulatedKernel.offsets(rules, module.sections, page: page)
    guard size > 0, let arena = profile.arenas.firstIndex(where: { $0.name == rules.arena }) else {
      return nil
    }
    if rules.pages == .optIn, largePages, let large = profile.largePage,
      let piece = placeLarge(module, index, arena, offsets, large.ceil(size))
    {
      return piece
    }
    if rules.pages == .textCache {
      let placed = try placeInTextCache(size, arena: arena, rules)
      var piece = piece(module, index, placed.range, requested: size, offsets)
      (piece.frames, piece.pageSize) = (placed.frames, placed.pageSize)
      return piece
    }
    guard let range = takeAddresses(size, alignment: rules.alignment, arena: arena) else {
      throw .noAddressSpace(arena: rules.arena, size: size)
    }
    var piece = piece(module, index, range, requested: size, offsets)
    guard applySpanChanges(arena, rules) else {
      arenas[arena].free(range)
      _ = applySpanChanges(arena, rules)
      throw .noFrames(pages: Int(page.count(size)))
    }
    guard !arenas[arena].pagesComeWithSpans, rules.pages != .unmapped, rules.pages != .inherit
    else { return piece }
    let mapped = AddressRange(page.floor(range.lower), page.ceil(range.upper))
    guard let frames = frames(for: mapped, rules.frames) else {
      arenas[arena].free(range)
      throw .noFrames(pages: Int(page.count(mapped.size)))
    }
    piece.frames = frames
    let seams = piece.sections.map(\.address).filter { $0 > range.lower }
    for mapping in rules.pages.mappings(
      mapped, frames: frames, base: page, large: profile.largePage, seams: seams,
      hintPages: profile.hintPages)
    { space.map(mapping) }
    drop(rules, arena, &piece)
    return piece
  }

  /// Takes a piece's mappings, frames and addresses back.
  mutating func release(_ piece: LoadedPiece) {
    let rules = profile.pieces[piece.profile]
    guard let arena = profile.arenas.firstIndex(where: { $0.name == rules.arena }) else { return }
    let page = profile.basePage
    if rules.pages == .textCache {
      releaseFromTextCache(piece.range, arena: arena)
      return
    }
    if !arenas[arena].pagesComeWithSpans, rules.pages != .inherit, rules.pages != .unmapped {
      space.unmap(AddressRange(page.floor(piece.range.lower), page.ceil(piece.range.upper)))
    }
    resetDirectMap(piece.frames)
    give(piece.frames)
    giveAddresses(piece.range, arena: arena)
    _ = applySpanChanges(arena, rules)
  }

  /// Frames of discardable sections go back; their addresses stay taken.
  mutating func discard(_ piece: LoadedPiece) {
    let rules = profile.pieces[piece.profile]
    let page = profile.basePage
    guard let (at, mine) = loadedPiece(piece), mine.frames.count > 0 else { return }
    var left = mine
    for section in mine.sections where rules.discards.contains(section.kind) {
      let lower = page.ceil(section.address)
      let upper = page.ceil(section.address + section.size)
      for address in stride(from: lower, to: upper, by: Int(page.bytes)) {
        guard let mapping = space.mapping(at: address), mapping.pageSize == page else { continue }
        remap(mapping, without: AddressRange(start: address, size: page.bytes))
        let index = Int((address - page.floor(mine.range.lower)) >> UInt64(page.shift))
        give([mine.frames[index]])
        left.frames.removeAll { $0 == mine.frames[index] }
      }
    }
    left.sections.removeAll { rules.discards.contains($0.kind) }
    replacePiece(at, left)
  }

  /// Maps the windows a system maps once and for all.
  mutating func mapIdentityWindows() {
    for (index, arena) in profile.arenas.enumerated() {
      guard let page = arena.identityPage else { continue }
      for range in arenas[index].freeRanges {
        let taken = space.mappings.last.map(\.range.upper) ?? 0
        let lower = max(page.floor(range.lower), page.ceil(taken <= range.upper ? taken : 0))
        let upper = page.ceil(range.upper)
        guard lower < upper else { continue }
        space.map(
          Mapping(
            AddressRange(lower, upper), pageSize: page, backing: .contiguous(lower),
            isLocked: arena.isLocked, hasContiguousHint: arena.hasContiguousHint))
      }
    }
  }

  // MARK: Parts

  private func piece(
    _ module: KernelModule, _ index: Int, _ range: AddressRange, requested: UInt64,
    _ offsets: [(kind: SectionKind, offset: UInt64)]
  ) -> LoadedPiece {
    LoadedPiece(
      profile: index, requested: requested, range: range, pageSize: profile.basePage, frames: [],
      sections: offsets.map {
        PlacedSection(
          kind: $0.kind, address: range.lower + $0.offset, size: module.sections.size(of: $0.kind))
      })
  }

  /// An opted-in module on large pages, when addresses and contiguous frames are to be had.
  private mutating func placeLarge(
    _ module: KernelModule, _ index: Int, _ arena: Int,
    _ offsets: [(kind: SectionKind, offset: UInt64)], _ size: UInt64
  ) -> LoadedPiece? {
    let factor = profile.setting("largeDriverPteFactor").flatMap { UInt64($0) } ?? 0
    guard let large = profile.largePage, arenas[arena].freeBytes / size >= factor,
      let range = arenas[arena].allocate(size: size, alignment: large.bytes)
    else { return nil }
    guard let frames = frames(for: range, .contiguous), frames[0] % large.bytes == 0 else {
      arenas[arena].free(range)
      return nil
    }
    var piece = piece(module, index, range, requested: size, offsets)
    piece.frames = frames
    piece.pageSize = large
    space.map(Mapping(range, pageSize: large, backing: .contiguous(frames[0])))
    return piece
  }

  private mutating func frames(for range: AddressRange, _ rule: FrameKind) -> [UInt64]? {
    rule.back(
      range, base: profile.basePage, large: profile.largePage, colours: profile.colours,
      nextColour: &nextColour, from: &memory)
  }

  mutating func give(_ frames: [UInt64]) {
    let order = max(0, Int(profile.basePage.shift) - 12)
    for frame in frames { memory.giveBlock(frame, order: order) }
  }

  /// Maps spans an arena imported, unmaps those it returned. False when frames ran out.
  private mutating func applySpanChanges(_ arena: Int, _ rules: PieceProfile) -> Bool {
    var isBacked = true
    for change in arenas[arena].drainSpanChanges() {
      switch change {
      case .imported(let range):
        guard let frames = frames(for: range, rules.frames) else {
          isBacked = false
          continue
        }
        spanFrames[range.lower] = frames
        space.map(Mapping(range, pageSize: profile.basePage, backing: .scattered(frames)))
      case .returned(let range):
        guard let frames = spanFrames.removeValue(forKey: range.lower) else { continue }
        space.unmap(range)
        give(frames)
      }
    }
    return isBacked
  }

  /// Gives back what is dropped after linking, when it is the last thing in the piece.
  private mutating func drop(_ rules: PieceProfile, _ arena: Int, _ piece: inout LoadedPiece) {
    let page = profile.basePage
    while let last = piece.sections.last, rules.drops.contains(last.kind),
      piece.sections.count > 1
    {
      piece.sections.removeLast()
      let start = page.ceil(last.address)
      guard start > piece.range.lower, start < piece.range.upper else { continue }
      let tail = AddressRange(start, piece.range.upper)
      if let mapping = space.mapping(at: start), mapping.pageSize == page {
        remap(mapping, without: tail)
      }
      let kept = Int((start - page.floor(piece.range.lower)) >> UInt64(page.shift))
      give(Array(piece.frames[kept...]))
      piece.frames.removeSubrange(kept...)
      arenas[arena].free(tail)
      piece.range = AddressRange(piece.range.lower, start)
    }
  }

  /// Cuts `hole` out of a mapping of base pages.
  mutating func remap(_ mapping: Mapping, without hole: AddressRange) {
    space.unmap(mapping.range)
    let shift = UInt64(mapping.pageSize.shift)
    for rest in [
      AddressRange(mapping.range.lower, max(mapping.range.lower, hole.lower)),
      AddressRange(min(mapping.range.upper, hole.upper), mapping.range.upper),
    ] where !rest.isEmpty {
      let first = Int((rest.lower - mapping.range.lower) >> shift)
      space.map(mapping.pages(first..<first + Int(rest.size >> shift)))
    }
  }
}
