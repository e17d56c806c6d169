import Sim

/// `kfrag list systems`, `kfrag show system NAME`.
struct SystemCatalogue: Catalogue {
  let plural = "systems"
  let singular = "system"
  let columns = [
    TextTable.Column("ARCH"), TextTable.Column.number("YEAR"), TextTable.Column("EVIDENCE"),
  ]

  func items() throws -> [CatalogueItem] {
    try ProfileCatalog.names.map { name in
      let profile = try ProfileCatalog.profile(name)
      return CatalogueItem(
        name: name, summary: profile.name,
        columns: [profile.arch, String(profile.released), profile.evidenceSummary],
        members: [
          "arch": .string(profile.arch), "year": JSONValue(profile.released),
          "evidence": .string(profile.evidenceSummary),
        ])
    }
  }

  func show(_ name: String) throws -> CatalogueEntry {
    let profile = try ProfileCatalog.profile(name)
    let text = ProfileCatalog.text(name) ?? ""
    return CatalogueEntry(
      text: text,
      members: [
        "name": .string(name), "summary": .string(profile.name), "yaml": .string(text),
      ])
  }
}
