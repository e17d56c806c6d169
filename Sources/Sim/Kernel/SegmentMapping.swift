extension LinkedImage {
  /// Maps the image as Linux on arm64 does: every segment by itself, by large pages where one fits
  /// whole, by base pages elsewhere. In text, data and bss those carry the contiguous hint wherever
  /// a whole aligned run lies in the segment; in the others, whose protection changes later, none.
  ///
  /// Source: arch/arm64/kernel/pi/map_kernel.c `map_kernel`, map_range.c `map_range`. Init memory
  /// stays mapped here; the kernel takes its mapping away, and nothing refers to it then.
  /// - Parameter ranges: what is to lie on plain base pages all the same.
  func mapSegments(
    into space: inout AddressSpace, profile: SystemProfile, physicalStart: UInt64,
    splitting ranges: [AddressRange] = []
  ) {
    let page = profile.basePage
    let large = max(profile.image.pageSize, page)
    let physical = physicalStart &- range.lower
    var mapped = page.floor(range.lower)
    for segment in segments {
      var run = max(page.floor(segment.range.lower), mapped)
      let end = page.ceil(segment.range.upper)
      var address = run
      func flush(_ upper: UInt64, _ space: inout AddressSpace) {
        for part in parts(AddressRange(run, upper), segment.mayHint, profile, physical, ranges) {
          space.map(
            mapping(part.range, page, physical, profile, hasContiguousHint: part.isHinted))
        }
      }
      while address < end {
        let next = min(large.floor(address) + large.bytes, end)
        let chunk = AddressRange(address, next)
        let isBlock =
          large > page && chunk.size == large.bytes
          && large.floor(address &+ physical) == address &+ physical
          && !ranges.contains { $0.overlaps(chunk) }
        if isBlock {
          flush(address, &space)
          space.map(mapping(chunk, large, physical, profile, hasContiguousHint: false))
          run = next
        }
        address = next
      }
      flush(end, &space)
      mapped = max(mapped, end)
    }
  }

  /// What is mapped in one go: data and bss are one segment where nothing lies between them.
  private var segments: [(range: AddressRange, mayHint: Bool)] {
    regions.filter { !$0.range.isEmpty }.reduce(into: []) { segments, region in
      let mayHint = [.text, .data, .bss].contains(region.kind)
      if region.kind == .bss, let last = segments.last, last.mayHint,
        regions.contains(where: { $0.kind == .data && $0.range.upper == last.range.upper })
      {
        segments[segments.count - 1].range = AddressRange(last.range.lower, region.range.upper)
      } else {
        segments.append((region.range, mayHint))
      }
    }
  }

  /// Cuts a stretch of base pages where hinted runs begin and end.
  private func parts(
    _ stretch: AddressRange, _ mayHint: Bool, _ profile: SystemProfile, _ physical: UInt64,
    _ ranges: [AddressRange]
  ) -> [(range: AddressRange, isHinted: Bool)] {
    let unit = profile.basePage.bytes * UInt64(max(1, profile.hintPages))
    guard !stretch.isEmpty else { return [] }
    guard mayHint, profile.hintPages > 1, physical % unit == 0 else { return [(stretch, false)] }
    var parts: [(range: AddressRange, isHinted: Bool)] = []
    var address = stretch.lower
    while address < stretch.upper {
      let next = min((address / unit + 1) * unit, stretch.upper)
      let chunk = AddressRange(address, next)
      let isHinted = chunk.size == unit && !ranges.contains { $0.overlaps(chunk) }
      if let last = parts.last, last.isHinted == isHinted {
        parts[parts.count - 1].range = AddressRange(last.range.lower, next)
      } else {
        parts.append((chunk, isHinted))
      }
      address = next
    }
    return parts
  }

  private func mapping(
    _ range: AddressRange, _ size: PageSize, _ physical: UInt64, _ profile: SystemProfile,
    hasContiguousHint: Bool
  ) -> Mapping {
    Mapping(
      range, pageSize: size, backing: .contiguous(range.lower &+ physical),
      isGlobal: profile.image.isGlobal, isLocked: profile.image.isLocked,
      hasContiguousHint: hasContiguousHint)
  }
}
