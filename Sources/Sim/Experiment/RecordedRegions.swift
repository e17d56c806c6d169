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
  /// Numbers of the physical 2 MiB leaves that hold pages of these modules and no others.
  private let moduleLeaves: Set<UInt64>

  /// - Parameter modules: those whose pages count as splitting leaves; nil: all.
  init(_ description: StreamDescription, modules: Set<String>? = nil) {
    steps = description.steps
    sections = description.table.sections.sections
    sites = description.table.sites
    recorded = description.recorded
    var own: Set<UInt64> = []
    var others: Set<UInt64> = []
    if let recorded {
      for (site, index) in zip(sites, recorded.translationOfSite) {
        let section = sections[Int(site.section.index)]
        guard section.kind != .region, section.object != "base" else { continue }
        let translation = recorded.translations[Int(index)]
        guard translation.size == .base4K else { continue }
        let leaf = PageSize.large2M.number(translation.physicalBase)
        if modules?.contains(section.object) ?? true {
          own.insert(leaf)
        } else {
          others.insert(leaf)
        }
      }
    }
    moduleLeaves = own.subtracting(others)
  }

  /// Address and translation of a site no layout binds: regions, and init sections that are gone
  /// once their module runs, which stay where they were recorded in every arm.
  /// - Parameter joined: leaves only these modules split are whole.
  func translation(_ site: Int, joined: Bool) -> (UInt64, Translation)? {
    guard let recorded else { return nil }
    let section = sections[Int(sites[site].section.index)]
    let address = recorded.addressOfSite[site]
    var translation = recorded.translations[Int(recorded.translationOfSite[site])]
    guard joined, section.object == "direct", translation.size == .base4K else {
      return (address, translation)
    }
    let physical = translation.physicalBase &+ (address &- translation.virtualBase)
    if moduleLeaves.contains(PageSize.large2M.number(physical)) {
      translation.size = .large2M
      translation.virtualBase = PageSize.large2M.floor(address)
      translation.physicalBase = PageSize.large2M.floor(physical)
    }
    return (address, translation)
  }
}
