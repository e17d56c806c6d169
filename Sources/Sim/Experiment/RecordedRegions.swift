/// Memory outside object files of a recorded stream: mapped as it was while recording, except that
/// large direct-map leaves come and go with the modules whose pages split them.
///
/// A recording says how the direct map looked at its end. Leaves with a frame of a recorded module
/// were split by it (strict page permissions, `set_memory_ro` on the alias): they are joined again
/// where no module splits them and split where a layout's modules do. Other split leaves stay.
struct RecordedRegions {
  let steps: [StreamStep]
  private let sections: [Section]
  private let sites: [Site]
  private let recorded: Binding?
  /// Numbers of the physical 2 MiB leaves that hold a recorded module's page.
  private let moduleLeaves: Set<UInt64>

  init(_ description: StreamDescription) {
    steps = description.steps
    sections = description.table.sections.sections
    sites = description.table.sites
    recorded = description.recorded
    var leaves: Set<UInt64> = []
    if let recorded {
      for (site, index) in zip(sites, recorded.translationOfSite) {
        let section = sections[Int(site.section.index)]
        guard section.kind != .region, section.object != "base" else { continue }
        let translation = recorded.translations[Int(index)]
        if translation.size == .base4K {
          leaves.insert(PageSize.large2M.number(translation.physicalBase))
        }
      }
    }
    moduleLeaves = leaves
  }

  /// Address and translation of a site no layout binds: regions, and init sections that are gone
  /// once their module runs, which stay where they were recorded in every arm.
  func translation(_ site: Int, split: Set<UInt64>) -> (UInt64, Translation)? {
    guard let recorded else { return nil }
    let section = sections[Int(sites[site].section.index)]
    let address = recorded.addressOfSite[site]
    var translation = recorded.translations[Int(recorded.translationOfSite[site])]
    guard section.object == "direct" else { return (address, translation) }
    let physical = translation.physicalBase &+ (address &- translation.virtualBase)
    let leaf = PageSize.large2M.number(physical)
    if translation.size == .base4K && moduleLeaves.contains(leaf) && !split.contains(leaf) {
      translation.size = .large2M
    } else if translation.size == .large2M && split.contains(leaf) {
      translation.size = .base4K
    } else {
      return (address, translation)
    }
    translation.virtualBase = translation.size.floor(address)
    translation.physicalBase = translation.size.floor(physical)
    return (address, translation)
  }
}
