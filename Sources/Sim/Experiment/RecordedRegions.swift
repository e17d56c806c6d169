/// Memory outside object files of a recorded stream: mapped as it was while recording, except that
/// large direct-map leaves modules split can be joined again.
///
/// A recording says how the direct map looked at its end. A leaf that holds a page of a module was
/// split by it (strict page permissions: `set_memory_ro` reaches the alias, and nothing joins it
/// again before Linux 6.15). Leaves split by anything else stay split in every layout.
struct RecordedRegions {
  let steps: [StreamStep]
  private let sections: [Section]
  private let sites: [Site]
  private let recorded: Binding?
  /// Modules with pages in each physical 2 MiB leaf, by its number.
  private let owners: [UInt64: Set<String>]
  /// Where each block of the direct map lies instead; empty: where it was recorded.
  private let blocks: [UInt64]

  /// The largest block the page allocator keeps together: order 10.
  static let blockBytes: UInt64 = 4 << 20

  /// - Parameter shuffle: which memory held what is chance of one boot. With a seed the direct
  ///   map's blocks of 4 MiB change places, the same in every layout, as Linux'
  ///   `page_alloc.shuffle` does.
  init(_ description: StreamDescription, shuffle: Seed? = nil) {
    blocks = RecordedRegions.places(description.table, shuffle)
    steps = description.steps
    sections = description.table.sections.sections
    sites = description.table.sites
    recorded = description.recorded
    var owners: [UInt64: Set<String>] = [:]
    if let recorded {
      for (site, index) in zip(sites, recorded.translationOfSite) {
        let section = sections[Int(site.section.index)]
        guard section.kind != .region, section.object != "base" else { continue }
        let translation = recorded.translations[Int(index)]
        guard translation.size == .base4K else { continue }
        let leaf = PageSize.large2M.number(translation.physicalBase)
        owners[leaf, default: []].insert(section.object)
      }
    }
    self.owners = owners
  }

  /// Numbers of the leaves that nothing but `modules` split; nil: all modules.
  func leaves(splitOnlyBy modules: Set<String>?) -> Set<UInt64> {
    Set(owners.filter { modules?.isSuperset(of: $0.value) ?? true }.map(\.key))
  }

  private static func places(_ table: SiteTable, _ seed: Seed?) -> [UInt64] {
    guard let seed, let direct = table.sections.find("direct", .region) else { return [] }
    // Whole blocks only: the last one may not be all memory.
    var highest = table.sections[direct].size
    for site in table.sites where site.section == direct { highest = max(highest, site.offset) }
    var blocks = (0..<min(highest / blockBytes, 1 << 24)).map { $0 }
    var random = seed.stream("blocks of the direct map").generator()
    random.shuffle(&blocks)
    return blocks
  }

  /// Module memory that is no part of a loaded module: named init, or seen only during a load.
  static func isInitMemory(_ section: Section) -> Bool {
    switch section.kind {
    case .region: section.object.hasPrefix("module")
    case .initText, .initRodata, .initData: section.object != "base"
    default: false
    }
  }

  /// How far init memory moves up to lie behind everything a layout maps above it.
  private static func distance(from address: UInt64, to space: AddressSpace) -> UInt64 {
    let end = space.mappings.last?.range.upper ?? 0
    guard end > address else { return 0 }
    let step: UInt64 = 64 << 20
    return (end - address + step - 1) / step * step
  }

  /// How far what lay at `offset` of the direct map is moved; wraps.
  private func move(_ offset: UInt64) -> UInt64 {
    let block = offset / RecordedRegions.blockBytes
    guard block < blocks.count else { return 0 }
    return (blocks[Int(block)] &- block) &* RecordedRegions.blockBytes
  }

  /// Address and translation of a site no layout binds: regions, and init memory of modules that is
  /// gone once they run.
  ///
  /// Init memory is written and read by the loader, which is part of the stream in every arm; so it
  /// stays by base pages in every arm, in an area of its own that no module of the arm occupies,
  /// with the low bits of its page numbers, by which a TLB picks sets.
  /// - Parameters:
  ///   - joined: numbers of leaves that are whole in this layout.
  ///   - space: what the layout maps.
  func translation(
    _ site: Int, joined: Set<UInt64>, beside space: AddressSpace
  ) -> (UInt64, Translation)? {
    guard let recorded else { return nil }
    let section = sections[Int(sites[site].section.index)]
    var address = recorded.addressOfSite[site]
    var translation = recorded.translations[Int(recorded.translationOfSite[site])]
    if RecordedRegions.isInitMemory(section) {
      let away = RecordedRegions.distance(from: translation.virtualBase, to: space)
      address &+= away
      translation.virtualBase &+= away
      return (address, translation)
    }
    // A page of the image no section names is mapped as the image is there.
    if section.object.hasPrefix("base:"), let own = space.translation(at: address) {
      return (address, own)
    }
    guard section.object == "direct", translation.size <= .large2M else {
      return (address, translation)
    }
    let physical = translation.physicalBase &+ (address &- translation.virtualBase)
    if translation.size == .base4K, joined.contains(PageSize.large2M.number(physical)) {
      translation.size = .large2M
      translation.virtualBase = PageSize.large2M.floor(address)
      translation.physicalBase = PageSize.large2M.floor(physical)
      // As the leaves nothing split are.
      translation.isGlobal = true
    }
    let moved = move(sites[site].offset)
    translation.virtualBase &+= moved
    translation.physicalBase &+= moved
    return (address &+ moved, translation)
  }
}
