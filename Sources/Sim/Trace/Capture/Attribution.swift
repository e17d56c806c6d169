/// Brings every page of a recording to a section of an object and an offset in it.
///
/// A page that changed hands has a site for every owner; which one counts depends on the step.
struct Attribution {
  private(set) var table = SiteTable(sections: SectionTable())
  /// Virtual page of every site.
  private(set) var addressOfSite: [UInt64] = []
  /// Page (index in the dictionary) of every site.
  private(set) var pageOfSite: [Int] = []
  /// Site of every page before the first snapshot.
  private(set) var siteOfPage: [UInt32] = []
  /// Pages whose site depends on the epoch, and their sites by epoch.
  private(set) var shared: [(page: Int, sites: [UInt32])] = []
  private(set) var unattributed: [Unattributed] = []

  private var sectionOf: [String: SectionID] = [:]
  private var siteAt: [Site: [UInt32]] = [:]
  private var extentOfPage: [AddressRange] = []
  private var unknown: [String: (pages: Int, references: UInt64)] = [:]

  init(pages: RecordedPages, snapshots: KernelSnapshots) {
    measureExtents(pages)
    for (index, page) in pages.pages.enumerated() {
      let sites = self.sites(page, index, snapshots)
      siteOfPage.append(sites[0])
      if sites.contains(where: { $0 != sites[0] }) { shared.append((index, sites)) }
    }
    unattributed = unknown.sorted { $0.key < $1.key }.map {
      Unattributed(name: $0.key, pages: $0.value.pages, references: $0.value.references)
    }
  }

  /// Extents of everything no snapshot bounds. A class reaches from its lowest page seen to its
  /// highest; a module's pages of one kind do until another's come between, for a module that was
  /// loaded twice lay in two places.
  private mutating func measureExtents(_ pages: RecordedPages) {
    var ofClass: [String: AddressRange] = [:]
    let isModule = pages.pages.map { $0.pageClass.hasPrefix("module") }
    for (index, page) in pages.pages.enumerated() where !isModule[index] {
      let own = Attribution.extent(page)
      let old = ofClass[page.pageClass] ?? own
      ofClass[page.pageClass] = AddressRange(
        min(old.lower, own.lower), max(old.upper, own.upper))
    }
    extentOfPage = pages.pages.map { ofClass[$0.pageClass] ?? Attribution.extent($0) }
    let inModules = pages.pages.indices.filter { isModule[$0] }.sorted {
      pages.pages[$0].address < pages.pages[$1].address
    }
    var at = 0
    while at < inModules.count {
      var end = at + 1
      let owner = pages.pages[inModules[at]].owner
      while end < inModules.count, pages.pages[inModules[end]].owner == owner { end += 1 }
      let whole = AddressRange(
        extentOfPage[inModules[at]].lower, extentOfPage[inModules[end - 1]].upper)
      for index in at..<end { extentOfPage[inModules[index]] = whole }
      at = end
    }
  }

  private static func extent(_ page: RecordedPage) -> AddressRange {
    let end = page.address &+ 4096
    return AddressRange(regionStart(page), end > page.address ? end : UInt64.max)
  }

  /// Regions start on a 1 GiB bound, so that offsets keep the alignment of large pages.
  private static func regionStart(_ page: RecordedPage) -> UInt64 {
    if page.pageClass.hasPrefix("base:") || page.pageClass.hasPrefix("module") {
      return page.address
    }
    return page.pageClass == "user" ? 0 : PageSize.huge1G.floor(page.address)
  }

  /// The page's site in every epoch.
  private mutating func sites(
    _ page: RecordedPage, _ index: Int, _ snapshots: KernelSnapshots
  ) -> [UInt32] {
    if page.pageClass.hasPrefix("module") {
      let pieces = snapshots.pieces(at: page.address)
      if pieces.contains(where: { $0 != nil }) {
        return (0..<snapshots.epochCount).map { epoch in
          let order = snapshots.momentOrder(forEpoch: epoch)
          guard let piece = order.lazy.compactMap({ pieces[$0] }).first else { return 0 }
          let section = self.section(piece.module, piece.kind, piece.range)
          return site(section, page.address - piece.range.lower, page.address, index)
        }
      }
    }
    let (section, offset) = place(page, extentOfPage[index], snapshots)
    let one = site(section, offset, page.address, index)
    return Array(repeating: one, count: snapshots.epochCount)
  }

  /// Where a page lies by its class and owner alone.
  private mutating func place(
    _ page: RecordedPage, _ extent: AddressRange, _ snapshots: KernelSnapshots
  ) -> (SectionID, UInt64) {
    if page.pageClass.hasPrefix("base:") {
      if let piece = snapshots.base?.piece(at: page.address) {
        let section = self.section("base", piece.kind, piece.range)
        return (section, page.address > piece.range.lower ? page.address - piece.range.lower : 0)
      }
      let kinds: [(String, SectionKind)] = [
        ("base:text", .text), ("base:rodata", .rodata), ("base:data", .data),
        ("base:init", .initData), ("base:bss", .bss),
      ]
      if let kind = kinds.first(where: { $0.0 == page.pageClass })?.1 {
        return (section("base", kind, extent), page.address - extent.lower)
      }
      return region(page, extent, known: page.pageClass == "base:brk")
    }
    guard page.pageClass == "module" else {
      let classes = ["direct", "percpu", "vmalloc", "vmemmap", "cpu_entry_area", "fixmap", "user"]
      return region(page, extent, known: classes.contains(page.pageClass))
    }
    let parts = page.owner.split(separator: ":", omittingEmptySubsequences: false)
    let kinds: [(Substring, SectionKind)] = [
      ("text", .text), ("rodata", .rodata), ("roai", .roAfterInit), ("data", .data),
      ("init", .initData),
    ]
    guard parts.count == 2, let kind = kinds.first(where: { $0.0 == parts[1] })?.1 else {
      return region(page, extent, known: false)
    }
    return (section(String(parts[0]), kind, extent), page.address - extent.lower)
  }

  private mutating func region(
    _ page: RecordedPage, _ extent: AddressRange, known: Bool
  ) -> (SectionID, UInt64) {
    let name =
      page.pageClass == "module" ? "module " + page.owner : page.pageClass
    if !known {
      let old = unknown[name] ?? (0, 0)
      unknown[name] = (old.pages + 1, old.references &+ page.references)
    }
    return (section(name, .region, extent), page.address - extent.lower)
  }

  private mutating func section(
    _ object: String, _ kind: SectionKind, _ range: AddressRange
  ) -> SectionID {
    let key = kind.rawValue + " " + object
    if let id = sectionOf[key] {
      let old = table.sections[id]
      if old.size < range.size { table.sections.resize(id, to: range.size) }
      return id
    }
    let id = table.sections.append(
      Section(object: object, kind: kind, size: range.size, recordedAddress: range.lower))
    sectionOf[key] = id
    return id
  }

  /// The site of `section` at `offset` that was recorded at `address`.
  private mutating func site(
    _ section: SectionID, _ offset: UInt64, _ address: UInt64, _ page: Int
  ) -> UInt32 {
    let site = Site(section, offset: offset)
    for known in siteAt[site] ?? [] where addressOfSite[Int(known)] == address { return known }
    let index = UInt32(table.sites.count)
    table.sites.append(site)
    addressOfSite.append(address)
    pageOfSite.append(page)
    siteAt[site, default: []].append(index)
    return index
  }
}
