/// Where memory outside object files is mapped: the same in every arm, but for split leaves of the
/// direct map. Addresses are those of Linux on x86-64
/// (Documentation/arch/x86/x86_64/mm.rst). Most TLBs see nothing of them but the page numbers; one
/// that joins neighbours sees which frames adjoin.
struct RegionMap {
  let base: PageSize
  let large: PageSize?
  let directStart: UInt64
  let memoryBytes: UInt64

  init(profile: SystemProfile, memoryBytes: UInt64) {
    base = profile.basePage
    large = profile.directMap.pageSize > base ? profile.directMap.pageSize : nil
    directStart =
      profile.directMap.start == 0 ? 0xffff_8880_0000_0000 : profile.directMap.start
    self.memoryBytes = memoryBytes
  }

  /// Physical addresses end here on every machine; regions other than the direct map stand in
  /// frames named by their own addresses, at or beyond it. Per-CPU memory is one run, allocated as
  /// one chunk, and so are the large pages of the vmemmap. Kernel stacks are four single frames each,
  /// and the pages of processes come one by one: none of theirs adjoin.
  static let frameLimit: UInt64 = 1 << 52

  static let stackStart: UInt64 = 0xffff_c900_0000_0000
  static let perCPUStart: UInt64 = 0xffff_e8ff_0000_0000
  static let vmemmapStart: UInt64 = 0xffff_ea00_0000_0000
  static let userStart: UInt64 = 0x7f00_0000_0000

  /// Maps and places every region of `sections`. `split` names the direct map's large leaves that
  /// are split into base pages, by number of the physical large page.
  func place(_ sections: SectionTable, in layout: inout Layout, split: Set<UInt64>) {
    for index in 0..<sections.count {
      let id = SectionID(index)
      let section = sections[id]
      guard section.kind == .region else { continue }
      switch section.object {
      case "direct":
        mapDirect(into: &layout.space, split: split)
        layout.place(id, at: directStart)
      case "vmalloc": map(section, id, at: Self.stackStart, base, adjoining: false, &layout)
      case "percpu": map(section, id, at: Self.perCPUStart, base, &layout)
      case "vmemmap": map(section, id, at: Self.vmemmapStart, large ?? base, &layout)
      default:
        map(
          section, id, at: Self.userStart, base, isGlobal: false, adjoining: false, &layout)
      }
    }
  }

  private func map(
    _ section: Section, _ id: SectionID, at start: UInt64, _ size: PageSize,
    isGlobal: Bool = true, adjoining: Bool = true, _ layout: inout Layout
  ) {
    let frames = size.floor(start) | Self.frameLimit
    let range = AddressRange(start: start, size: size.ceil(max(section.size, 1)))
    layout.space.map(
      Mapping(
        range, pageSize: size, backing: adjoining ? .contiguous(frames) : .spaced(frames),
        isGlobal: isGlobal))
    layout.place(id, at: start)
  }

  private func mapDirect(into space: inout AddressSpace, split: Set<UInt64>) {
    guard let large else {
      let range = AddressRange(start: directStart, size: base.ceil(memoryBytes))
      space.map(Mapping(range, pageSize: base, backing: .contiguous(0)))
      return
    }
    let leaves = large.count(memoryBytes)
    var first: UInt64 = 0
    while first < leaves {
      let isSplit = split.contains(first)
      var end = first + 1
      while end < leaves && split.contains(end) == isSplit { end += 1 }
      let range = AddressRange(
        directStart + first * large.bytes, directStart + end * large.bytes)
      space.map(
        Mapping(
          range, pageSize: isSplit ? base : large, backing: .contiguous(first * large.bytes)))
      first = end
    }
  }
}
