extension SystemProfile {
  /// The phase whose pieces a load of `phase` makes: its own, or the nearest the system has.
  func effectivePhase(_ phase: LoadPhase) -> LoadPhase {
    let order: [LoadPhase]
    switch phase {
    case .runtime: order = [.runtime]
    case .boot: order = [.boot, .runtime]
    case .collection: order = [.collection, .boot, .runtime]
    }
    return order.first { wanted in pieces.contains { $0.phase == wanted } } ?? .runtime
  }
}

extension SimulatedKernel {
  /// What the arena called `name` has free, in address order; nothing for an unknown name.
  public func freeRanges(ofArena name: String) -> [AddressRange] {
    profile.arenas.firstIndex { $0.name == name }.map { arenas[$0].freeRanges } ?? []
  }

  /// Boot is over: what came with the kernel gets its mapping, and arenas behind it begin.
  public mutating func finishBoot() {
    guard isBooting else { return }
    isBooting = false
    var end = image.mappedEnd(profile)
    for (index, arena) in profile.arenas.enumerated() where arena.anchor == .insideImage {
      let start = profile.basePage.ceil(image.range.upper)
      let cursor = arenas[index].freeRanges.first?.lower ?? start
      guard cursor > start else { continue }
      mapBootArea(AddressRange(start, cursor))
      end = max(end, profile.image.pageSize.ceil(cursor))
    }
    for (index, arena) in profile.arenas.enumerated() where arena.anchor == .behindBoot {
      var parameters = arena.parameters(profile, image: image, startPages: 0)
      parameters.windows = parameters.windows.map {
        AddressRange(min(max($0.lower, end), $0.upper), $0.upper)
      }
      arenas[index] = Arena(arena.rule, parameters)
      if arena.reserved > 0 { _ = arenas[index].allocate(size: arena.reserved, alignment: 1) }
    }
  }

  /// Maps what the boot loader put behind the image: by large pages, split into base pages where
  /// sections of different protection meet inside one.
  private mutating func mapBootArea(_ area: AddressRange) {
    let large = profile.image.pageSize
    let physical = physicalStart &- image.range.lower
    let seams = bootSeams(area)
    var address = large.floor(area.lower)
    while address < area.upper {
      let page = AddressRange(start: address, size: large.bytes)
      let isSplit = seams.contains { page.lower < $0 && $0 < page.upper }
      let mapped = space.mapping(at: address)
      if let mapped, isSplit, mapped.pageSize == large {
        remap(mapped, without: page)
      }
      if mapped == nil || (isSplit && mapped?.pageSize == large) {
        space.map(
          Mapping(
            page, pageSize: isSplit ? profile.basePage : large,
            backing: .contiguous(address &+ physical), isGlobal: profile.image.isGlobal,
            isLocked: profile.image.isLocked))
      }
      address += large.bytes
    }
  }

  /// Addresses in the boot area where one protection ends and another begins.
  private func bootSeams(_ area: AddressRange) -> [UInt64] {
    enum Protection { case execute, read, write }
    func protection(_ kind: SectionKind) -> Protection {
      switch kind {
      case .text, .initText: .execute
      case .rodata, .initRodata, .roAfterInit: .read
      case .data, .bss, .initData, .symbols, .image, .region: .write
      }
    }
    var seams: [UInt64] = []
    var last = Protection.write
    let sections = loaded.flatMap { $0.pieces.flatMap(\.sections) }
      .filter { area.contains($0.address) }.sorted { $0.address < $1.address }
    for section in sections {
      let next = protection(section.kind)
      if next != last { seams.append(profile.basePage.floor(section.address)) }
      last = next
    }
    if last != .write { seams.append(area.upper) }
    return seams
  }
}
