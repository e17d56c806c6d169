/// Where images and modules come to lie in a layout, by the causes it has.
extension World {
  /// Modules linked into the image: packed, or each section on pages of its own.
  ///
  /// Each region holds the modules' sections behind the base kernel's. So module text fills the
  /// image's last, partial large page, which Linux maps by base pages, and how much of it depends
  /// on the sum of all text; and rodata holds what a built kernel does without (see Concepts).
  func linkIn(
    _ profile: SystemProfile, _ order: [KernelModule], causes: Set<Cause>,
    in layout: inout Layout
  ) -> (text: [AddressRange], data: [AddressRange], pages: UInt64, bytes: UInt64) {
    var parts: [(module: Int, kind: SectionKind, size: UInt64)] = []
    for (index, module) in order.enumerated() {
      for kind in World.linkedKinds where module.sections.size(of: kind) > 0 {
        parts.append((index, kind, module.sections.size(of: kind)))
      }
    }
    let page = profile.basePage
    let linked = LinkedImage(
      scenario.image.rebased(to: profile), linking: parts.map { ($0.kind, $0.size) },
      alignment: causes.contains(.sectionRounding) ? page.bytes : 32)
    var ranges: [AddressRange] = []
    for (part, start) in zip(parts, linked.sectionStarts) {
      ranges.append(AddressRange(start: start, size: part.size))
      if let id = index.find(order[part.module].name, part.kind) { layout.place(id, at: start) }
    }
    let split = causes.contains(.basePages) ? ranges : []
    map(linked, profile, splitting: split, in: &layout)
    placeBase(linked, in: &layout)
    let isText = zip(parts, ranges).map { $0.0.kind == .text }
    let text =
      zip(isText, ranges).filter(\.0).map(\.1) + [linked.range(of: .text)].compactMap { $0 }
    let data =
      zip(isText, ranges).filter { !$0.0 }.map(\.1)
      + [SectionKind.rodata, .data, .bss].compactMap { linked.range(of: $0) }
    let bytes = ranges.reduce(0) { $0 + $1.size }
    return (text, data, World.pages(under: split, page), bytes)
  }

  /// Pages that hold something of `ranges`, each once.
  static func pages(under ranges: [AddressRange], _ page: PageSize) -> UInt64 {
    var (pages, next): (UInt64, UInt64) = (0, 0)
    for range in ranges.sorted() where !range.isEmpty {
      let first = max(page.number(range.lower), next)
      let end = page.number(range.upper - 1) + 1
      guard first < end else { continue }
      pages += end - first
      next = end
    }
    return pages
  }

  /// Modules in areas of their own, where `kernel` put them; the image too, unless it is mapped.
  func placePieces(
    _ kernel: SimulatedKernel, causes: Set<Cause>, packing packed: Set<String> = [],
    mapsImage: Bool, in layout: inout Layout
  ) -> (text: [AddressRange], data: [AddressRange], pages: UInt64, bytes: UInt64) {
    let profile = kernel.profile
    let usesBasePages = causes.contains(.basePages)
    let isWhole = profile.image.mapping != .splitAtBoundaries && usesBasePages && mapsImage
    var (text, data): ([AddressRange], [AddressRange]) = ([], [])
    if mapsImage {
      if isWhole {
        layout.space = kernel.space
        if !causes.contains(.scatteredFrames) { layout.space.gatherFrames() }
      } else {
        map(kernel.image, profile, splitting: [], in: &layout)
      }
      placeBase(kernel.image, in: &layout)
      text = [kernel.image.range(of: .text)].compactMap { $0 }
      data = [SectionKind.rodata, .data, .bss].compactMap { kernel.image.range(of: $0) }
    }
    var areas: [AddressRange] = []
    var bytes: UInt64 = 0
    for image in kernel.loaded {
      for piece in image.pieces {
        bytes += piece.range.size
        areas.append(piece.range)
        for section in piece.sections {
          if section.kind == .text, packed.contains(image.module.name) { continue }
          if let id = index.find(image.module.name, section.kind) {
            layout.place(id, at: section.address)
          }
          let range = AddressRange(start: section.address, size: section.size)
          if section.kind == .text { text.append(range) } else { data.append(range) }
        }
      }
    }
    var pages: UInt64 = 0
    if usesBasePages {
      for mapping in kernel.moduleMappings {
        var mapping = mapping
        if !causes.contains(.scatteredFrames) {
          mapping.backing = .contiguous(mapping.range.lower & 0xffff_ffff)
        }
        if isWhole { continue }
        if mapping.pageSize == profile.basePage { pages += mapping.pageCount }
        layout.space.map(mapping)
      }
      if isWhole { pages = World.basePages(under: areas, kernel) }
    } else {
      mapLarge(areas, profile, in: &layout)
    }
    let side = pack(kernel, packed, above: areas, in: &layout)
    // Text that lies in the large pages takes none where the system would have put it.
    let freed = side.text.reduce(0) { $0 + profile.basePage.count($1.size) }
    pages -= min(pages, usesBasePages ? freed : 0)
    bytes -= min(bytes, freed * profile.basePage.bytes)
    return (text + side.text, data, pages, bytes + side.bytes)
  }

  /// Lays the text of some modules side by side in large pages above all module areas; `bytes` is
  /// what these pages take.
  private func pack(
    _ kernel: SimulatedKernel, _ packed: Set<String>, above areas: [AddressRange],
    in layout: inout Layout
  ) -> (text: [AddressRange], bytes: UInt64) {
    guard !packed.isEmpty else { return ([], 0) }
    let large = kernel.profile.largePage ?? kernel.profile.basePage
    let start = large.ceil(areas.reduce(0) { max($0, $1.upper) })
    var end = start
    var text: [AddressRange] = []
    for image in kernel.loaded where packed.contains(image.module.name) {
      let size = image.module.sections.size(of: .text)
      guard size > 0, let id = index.find(image.module.name, .text) else { continue }
      layout.place(id, at: end)
      text.append(AddressRange(start: end, size: size))
      end = (end + size + 63) & ~63
    }
    if end > start {
      layout.space.map(
        Mapping(
          AddressRange(start, large.ceil(end)), pageSize: large,
          backing: .contiguous(large.floor(start & 0xffff_ffff))))
    }
    return (text, large.ceil(end) - start)
  }

  /// Base pages that hold something of `areas`, each once.
  private static func basePages(under areas: [AddressRange], _ kernel: SimulatedKernel) -> UInt64 {
    let page = kernel.profile.basePage
    var pages: Set<UInt64> = []
    for area in areas {
      for number in stride(
        from: page.number(area.lower), to: page.number(page.ceil(area.upper)), by: 1)
      where kernel.space.mapping(at: number << UInt64(page.shift))?.pageSize == page {
        pages.insert(number)
      }
    }
    return UInt64(pages.count)
  }

  /// Covers `areas` with large pages, as if the module window were one large-page mapping. What
  /// lies in the image's own pages already does so; where the image's base pages reach into a large
  /// page, base pages go on.
  private func mapLarge(
    _ areas: [AddressRange], _ profile: SystemProfile, in layout: inout Layout
  ) {
    let large = profile.largePage ?? profile.basePage
    for area in areas.sorted() {
      var next = area.lower
      while next < area.upper {
        if let mapping = layout.space.mapping(at: next) {
          next = mapping.range.upper
          continue
        }
        let page = AddressRange(start: large.floor(next), size: large.bytes)
        let size = layout.space.isMapped(in: page) ? profile.basePage : large
        let range = AddressRange(start: size.floor(next), size: size.bytes)
        layout.space.map(
          Mapping(range, pageSize: size, backing: .contiguous(range.lower & 0xffff_ffff)))
        next = range.upper
      }
    }
  }

  private func map(
    _ image: LinkedImage, _ profile: SystemProfile, splitting ranges: [AddressRange],
    in layout: inout Layout
  ) {
    guard profile.image.mapping == .splitAtBoundaries else {
      let start = scenario.image.rebased(to: profile).physicalStart
      return image.map(into: &layout.space, profile: profile, physicalStart: start)
    }
    if profile.image.hasContiguousHint {
      return image.mapSegments(
        into: &layout.space, profile: profile, physicalStart: scenario.image.physicalStart,
        splitting: ranges)
    }
    image.map(
      into: &layout.space, base: profile.basePage,
      large: profile.image.pageSize > profile.basePage ? profile.image.pageSize : nil,
      physicalStart: scenario.image.physicalStart, splitTail: profile.image.splitTail,
      splitting: ranges, isGlobal: profile.image.isGlobal, isLocked: profile.image.isLocked)
  }

  private func placeBase(_ image: LinkedImage, in layout: inout Layout) {
    for region in image.regions {
      if let id = index.find("base", region.kind) { layout.place(id, at: region.range.lower) }
    }
  }

  /// What a linked-in module keeps after boot, in the order it is linked.
  static let linkedKinds: [SectionKind] = [.text, .rodata, .roAfterInit, .symbols, .data]
}
