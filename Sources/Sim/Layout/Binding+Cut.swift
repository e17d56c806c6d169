extension Binding {
  /// The same addresses on pages of `size`, frames of larger pages cut up with them.
  public func cut(to size: PageSize) -> Binding {
    Binding(
      addresses: addressOfSite,
      translations: addressOfSite.indices.map { site in
        let t = Int(translationOfSite[site])
        let address = size.floor(addressOfSite[site])
        guard t < translations.count, translations[t].size > size else {
          return t < translations.count
            ? translations[t] : Translation(virtualBase: address, physicalBase: address, size: size)
        }
        var piece = translations[t]
        piece.physicalBase &+= address &- piece.virtualBase
        piece.virtualBase = address
        piece.size = size
        return piece
      })
  }

  /// This binding's sites with those of `other`, whose translation indices count from 0, behind.
  func appending(_ other: Binding) -> Binding {
    let known = UInt32(other.translations.count)
    let first = UInt32(translations.count)
    return Binding(
      translations: translations + other.translations,
      translationOfSite: translationOfSite
        + other.translationOfSite.map { $0 < known ? $0 + first : .max },
      addressOfSite: addressOfSite + other.addressOfSite)
  }
}
