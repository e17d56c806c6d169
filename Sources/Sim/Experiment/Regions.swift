/// Where memory outside object files is mapped: the same in every arm, but for split leaves of the
/// direct map. Addresses are those of Linux on x86-64
/// (Documentation/arch/x86/x86_64/mm.rst). Most TLBs see nothing of them but the page numbers; one
/// that joins neighbours sees which frames adjoin.
struct RegionMap {
  let base: PageSize
  let large: PageSize?
  let directStart: UInt64
  let memoryBytes: UInt64
  /// The largest leaf the processor and the kernel both have.
  let largest: PageSize
  private let hasLeaves: Bool
  private let bends: [(from: UInt64, shift: UInt64)]

  init(profile: SystemProfile, machine: Machine, memoryBytes: UInt64) {
    base = profile.basePage
    large = profile.directMap.pageSize > base ? profile.directMap.pageSize : nil
    directStart =
      profile.directMap.start == 0 ? 0xffff_8880_0000_0000 : profile.directMap.start
    self.memoryBytes = memoryBytes
    largest = machine.pageSizes.contains(.huge1G) ? .huge1G : .large2M
    hasLeaves = profile.family == .linux && profile.basePage == .base4K
    bends = MemoryMap(profile, bytes: memoryBytes).bends
  }

  /// Physical addresses end here on every machine; regions other than the direct map stand in
  /// frames named by their own addresses, at or beyond it. Per-CPU memory is one run, allocated as
  /// one chunk, and so are the large pages of the vmemmap. Kernel stacks are four single frames
  /// each, and the pages of processes come one by one: none of theirs adjoin.
  static let frameLimit: UInt64 = 1 << 52

  static let stackStart: UInt64 = 0xffff_c900_0000_0000
  static let perCPUStart: UInt64 = 0xffff_e8ff_0000_0000
  static let vmemmapStart: UInt64 = 0xffff_ea00_0000_0000
  static let userStart: UInt64 = 0x7f00_0000_0000

  /// Maps and places every region of `sections`; `kernel` names the leaves of its direct map, nil
  /// where the system's are not known one by one.
  func place(_ sections: SectionTable, in layout: inout Layout, direct kernel: DirectMap) {
    let leaves = hasLeaves ? kernel : nil
    for index in 0..<sections.count {
      let id = SectionID(index)
      let section = sections[id]
      guard section.kind == .region else { continue }
      switch section.object {
      case "direct": mapDirect(id, into: &layout, leaves)
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

  /// The simulated direct map where there is one, no leaf larger than the processor's; elsewhere
  /// all memory from physical 0 on by pages of the system's size.
  private func mapDirect(_ id: SectionID, into layout: inout Layout, _ map: DirectMap?) {
    guard let map else {
      let size = large ?? base
      let range = AddressRange(start: directStart, size: size.ceil(memoryBytes))
      layout.space.map(Mapping(range, pageSize: size, backing: .contiguous(0)))
      layout.place(id, at: directStart)
      return
    }
    for (range, size) in map.runs(limit: largest) {
      let place = AddressRange(start: directStart &+ range.lower, size: range.size)
      layout.space.map(Mapping(place, pageSize: size, backing: .contiguous(range.lower)))
    }
    layout.place(id, at: directStart, bends: bends)
  }
}
