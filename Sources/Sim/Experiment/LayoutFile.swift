/// A layout a user writes: where some sections go and on which pages; the rest stays as recorded.
///
/// ```yaml
/// sections:
///   - {object: ext4, kind: text, address: 0xffffffffc0400000, pageSize: 2MiB}
/// ```
struct LayoutFile {
  struct Entry {
    let object: String
    let kind: SectionKind
    let address: UInt64
    let pageSize: PageSize
  }

  let file: String
  let entries: [Entry]

  /// - Throws: everything wrong with the file.
  static func read(_ path: String) throws(InputError) -> LayoutFile {
    let document = try StrictYAML(text: InputFile.text(path, limit: 1 << 24), file: path)
    let entries = document.root.mapping { root in
      (root.required("sections")?.list() ?? []).map { value in
        value.mapping { entry in
          Entry(
            object: entry.string("object"),
            kind: entry.required("kind")?.choice(SectionKind.self) ?? .text,
            address: entry.required("address")?.unsigned() ?? 0,
            pageSize: entry.optional("pageSize")?.pageSize() ?? .base4K)
        }
      }
    }
    try document.finish()
    return LayoutFile(file: path, entries: entries)
  }

  /// - Throws: a section the stream does not name.
  func binding(_ description: StreamDescription) throws(InputError) -> Binding {
    guard let recorded = description.recorded else {
      throw InputError(file: file, "the trace does not say where its sections lay")
    }
    let index = SectionIndex(description.table.sections)
    var placed: [SectionID: Entry] = [:]
    for entry in entries {
      guard let id = index.find(entry.object, entry.kind) else {
        throw InputError(
          file: file, "the trace names no section \(entry.object) \(entry.kind.rawValue)")
      }
      placed[id] = entry
    }
    var addresses = recorded.addressOfSite
    var translations = recorded.translationOfSite.map { recorded.translations[Int($0)] }
    for (site, place) in description.table.sites.enumerated() {
      guard let entry = placed[place.section] else { continue }
      addresses[site] = entry.address &+ place.offset
      translations[site] = Translation(
        virtualBase: entry.pageSize.floor(addresses[site]),
        physicalBase: entry.pageSize.floor(addresses[site] & 0xffff_ffff), size: entry.pageSize)
    }
    return Binding(addresses: addresses, translations: translations)
  }
}
