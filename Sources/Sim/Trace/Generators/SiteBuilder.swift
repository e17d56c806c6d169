/// Gathers sections and sites while a model is built.
struct SiteBuilder {
  var table = SiteTable(sections: SectionTable())

  mutating func section(_ object: String, _ kind: SectionKind, _ size: UInt64) -> SectionID {
    table.sections.append(Section(object: object, kind: kind, size: size))
  }

  mutating func site(_ section: SectionID, _ offset: UInt64) -> UInt32 {
    table.sites.append(Site(section, offset: offset))
    return UInt32(table.sites.count - 1)
  }

  mutating func consecutive(_ section: SectionID, _ count: Int, every: UInt64) -> [UInt32] {
    (0..<count).map { site(section, UInt64($0) * every) }
  }

  /// Up to `count` sites on pages drawn without order over a section.
  mutating func pages(_ section: SectionID, _ count: Int, _ random: inout Xoshiro) -> [UInt32] {
    let pages = Int(PageSize.base4K.count(table.sections[section].size))
    guard pages > 0 else { return [] }
    return (0..<min(count, pages)).map { _ in
      site(section, UInt64(random.below(pages)) * PageSize.base4K.bytes)
    }
  }
}
