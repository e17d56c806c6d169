/// Binds the sites of a stream to the addresses and translations of a layout.
public enum Binder {
  /// - Parameter other: address and translation of sites the layout does not bind, by site index.
  /// - Throws: the sections sites name that neither the layout nor `other` binds.
  public static func bind(
    _ table: SiteTable, _ layout: Layout,
    other: (Int) -> (UInt64, Translation)? = { _ in nil }
  ) throws(InputError) -> Binding {
    var binding = Binding()
    binding.translationOfSite.reserveCapacity(table.sites.count)
    binding.addressOfSite.reserveCapacity(table.sites.count)
    var known: [Translation: UInt32] = [:]
    var unplaced: [SectionID] = []
    for (number, site) in table.sites.enumerated() {
      let own = layout.address(of: site.section, offset: site.offset).flatMap { address in
        layout.space.translation(at: address).map { (address, $0) }
      }
      guard let (address, translation) = own ?? other(number) else {
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
