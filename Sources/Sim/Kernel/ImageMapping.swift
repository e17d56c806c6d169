extension BaseImage {
  /// These regions' sizes at the place and with the alignments `profile` states; itself for systems
  /// that state none, and for Linux, whose profiles state an image for runs that name none.
  ///
  /// One base kernel can so stand under every system's rules, and references to it stay the same.
  public func rebased(to profile: SystemProfile) -> BaseImage {
    let stated = profile.image.regions
    guard !stated.isEmpty, profile.family != .linux else { return self }
    return BaseImage(
      name: name, start: profile.image.start, physicalStart: profile.image.physicalStart,
      regions: regions.map { region in
        let own = stated.first { $0.kind == region.kind }?.alignment
        return Region(
          kind: region.kind, size: region.size, alignment: own ?? profile.basePage.bytes)
      })
  }
}

extension LinkedImage {
  /// Maps the image the way `profile` does.
  func map(into space: inout AddressSpace, profile: SystemProfile, physicalStart: UInt64) {
    let rules = profile.image
    switch rules.mapping {
    case .splitAtBoundaries where rules.hasContiguousHint:
      mapSegments(into: &space, profile: profile, physicalStart: physicalStart)
    case .splitAtBoundaries:
      map(
        into: &space, base: profile.basePage,
        large: rules.pageSize > profile.basePage ? rules.pageSize : nil,
        physicalStart: physicalStart, splitTail: rules.splitTail, isGlobal: rules.isGlobal,
        isLocked: rules.isLocked)
    case .wholePages, .fittingPages:
      mapWholePages(into: &space, profile: profile, physicalStart: physicalStart)
    }
  }

  /// Each region by whole pages of its size; a page that holds the end of one region and the start
  /// of the next is mapped once, with the first one's size.
  private func mapWholePages(
    into space: inout AddressSpace, profile: SystemProfile, physicalStart: UInt64
  ) {
    let rules = profile.image
    let physical = physicalStart &- range.lower
    var mapped: UInt64 = 0
    for region in regions where !region.range.isEmpty {
      let size =
        rules.mapping == .fittingPages
        ? fittingPage(region.range, profile, from: mapped)
        : rules.pageSizes[region.kind] ?? rules.pageSize
      let lower = max(size.floor(region.range.lower), mapped)
      let upper = size.ceil(region.range.upper)
      guard lower < upper else { continue }
      // Behind a smaller page size's end a larger one starts at its own boundary.
      let aligned = size.ceil(lower)
      if lower < aligned {
        let end = min(aligned, upper)
        space.map(
          Mapping(
            AddressRange(lower, end), pageSize: profile.basePage,
            backing: .contiguous(lower &+ physical), isGlobal: rules.isGlobal,
            isLocked: rules.isLocked, hasContiguousHint: rules.hasContiguousHint))
      }
      if aligned < upper {
        space.map(
          Mapping(
            AddressRange(aligned, upper), pageSize: size,
            backing: .contiguous(aligned &+ physical), isGlobal: rules.isGlobal,
            isLocked: rules.isLocked,
            hasContiguousHint: rules.hasContiguousHint && size == profile.basePage))
      }
      mapped = upper
    }
  }

  /// The greatest power of four base pages that `range` fills and that starts where its own pages
  /// do: at `range`, or at `mapped` when pages before it reach into it.
  private func fittingPage(
    _ range: AddressRange, _ profile: SystemProfile, from mapped: UInt64
  ) -> PageSize {
    var size = profile.basePage
    let start = max(size.floor(range.lower), mapped)
    while true {
      let next = PageSize(shift: size.shift + 2)
      guard next <= profile.image.pageSize, next.bytes <= range.size, next.floor(start) == start
      else { return size }
      size = next
    }
  }

  /// End of what the image's pages cover.
  func mappedEnd(_ profile: SystemProfile) -> UInt64 {
    regions.reduce(range.upper) { end, region in
      guard !region.range.isEmpty else { return end }
      let size = profile.image.pageSizes[region.kind] ?? profile.image.pageSize
      return max(end, size.ceil(region.range.upper))
    }
  }
}

extension ArenaProfile {
  /// What an arena starts with, given where the base image lies.
  func parameters(
    _ profile: SystemProfile, image: LinkedImage, startPages: UInt64
  ) -> PlacementParameters {
    var lower = window.lower
    switch anchor {
    case .fixed: break
    case .behindImage, .behindBoot: lower = max(lower, image.mappedEnd(profile))
    case .insideImage: lower = max(lower, profile.basePage.ceil(image.range.upper))
    case .belowImage:
      let above = min(image.range.size, reach)
      let below = window.upper - min(window.upper, reach - above)
      lower = max(lower, profile.basePage.ceil(below))
    case .belowText:
      let textEnd = image.range(of: .text)?.upper ?? image.range.upper
      lower = max(lower, profile.basePage.ceil(textEnd &- min(reach, textEnd)))
    }
    // A start drawn beyond the window leaves no room, whatever the anchor adds.
    let (start, tooFar) = startPages.multipliedReportingOverflow(by: profile.basePage.bytes)
    let (moved, overflow) = lower.addingReportingOverflow(start)
    lower = tooFar || overflow ? window.upper : moved
    let free = AddressRange(min(lower, window.upper), window.upper)
    var parameters = PlacementParameters(windows: [free], granule: granule)
    parameters.guardBytes = guardPages * profile.basePage.bytes
    if let large = profile.largePage { parameters.superpage = large }
    parameters.importPage = profile.basePage
    parameters.holes = holes
    if let seed, let region = image.range(of: seed) {
      let page = profile.image.pageSizes[seed] ?? profile.image.pageSize
      let slack = AddressRange(region.upper, page.ceil(region.upper))
      let unit = max(granule, 64)
      let start = (slack.lower + unit - 1) & ~(unit - 1)
      if start < slack.upper {
        parameters.seeds = [AddressRange(start: start, size: min(seedLimit, slack.upper - start))]
      }
    }
    return parameters
  }
}
