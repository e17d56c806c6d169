/// Binds the sites of a stream to the addresses and translations of a layout.
public enum Binder {
  /// - Throws: the first sections a site names that the layout does not hold or map.
  public static func bind(_ table: SiteTable, _ layout: Layout) throws(InputError) -> Binding {
    var binding = Binding()
    binding.translationOfSite.reserveCapacity(table.sites.count)
    binding.addressOfSite.reserveCapacity(table.sites.count)
    var known: [Translation: UInt32] = [:]
    var unplaced: [SectionID] = []
    for site in table.sites {
      guard let address = layout.address(of: site.section, offset: site.offset),
        let translation = layout.space.translation(at: address)
      else {
        if unplaced.last != site.section { unplaced.append(site.section) }
        continue
      }
      let next = UInt32(binding.translations.count)
      let index = known[translation] ?? next
      if index == next {
        known[translation] = next
        binding.translations.append(translation)
      }
      binding.translationOfSite.append(index)
      binding.addressOfSite.append(address)
    }
    guard unplaced.isEmpty else {
      throw InputError(
        Set(unplaced).sorted().map { id in
          let section = table.sections[id]
          return Diagnostic(
            file: "layout", "does not map \(section.object) \(section.kind.rawValue)")
        })
    }
    return binding
  }
}
