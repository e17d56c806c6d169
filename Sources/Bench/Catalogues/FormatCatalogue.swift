import Sim

/// The trace formats kfrag reads, and which of them it writes.
struct FormatCatalogue: Catalogue {
  let plural = "formats"
  let singular = "format"
  let columns = [TextTable.Column("WRITTEN BY")]

  func items() -> [CatalogueItem] {
    TraceFormat.allCases.map { format in
      CatalogueItem(
        name: format.rawValue, summary: format.summary, columns: [writer(format)],
        members: ["writtenBy": .string(writer(format))])
    }
  }

  func show(_ name: String) throws -> CatalogueEntry {
    guard let format = TraceFormat(rawValue: name) else {
      let all = TraceFormat.allCases.map(\.rawValue)
      throw InputError(
        file: name, kind: .missing, "there is no format '\(name)'" + suggestion(for: name, in: all))
    }
    let text = "\(name): \(format.summary)\nwritten by: \(writer(format))\n"
    return CatalogueEntry(
      text: text,
      members: ["summary": .string(format.summary), "writtenBy": .string(writer(format))])
  }

  private func writer(_ format: TraceFormat) -> String {
    if format == .kft { return "kfrag import" }
    return AddressWriter.formats.contains(format) ? "kfrag export" : "-"
  }
}
