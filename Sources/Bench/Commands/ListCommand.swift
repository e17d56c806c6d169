import ArgumentParser
import Sim

/// `kfrag list KIND`: what there is.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists systems, machines, policies and whatever else there is.")

  @Argument(
    help: ArgumentHelp(
      "What to list: \(Catalogues.all.map(\.plural).joined(separator: ", ")).", valueName: "kind"),
    completion: .list(Catalogues.all.map(\.plural)))
  var kind: String

  @Flag(help: "metrics: print the reference page as Markdown.")
  var markdown = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if markdown, kind != "metrics" { throw ValidationError("--markdown is of 'list metrics'") }
  }

  func run() throws {
    let record = RunRecord()
    if markdown { return try output.write(Array(MetricCatalog.reference.utf8)) }
    let catalogue: any Catalogue
    do {
      catalogue = try Catalogues.named(kind)
    } catch let error as UnknownKind {
      throw ValidationError(error.message)
    }
    try output.emit(ListCommand.document(catalogue), of: Sources(), record)
  }

  static func document(_ catalogue: any Catalogue) throws -> ReportDocument {
    let items = try catalogue.items()
    let columns = [TextTable.Column("NAME")] + catalogue.columns + [TextTable.Column("SUMMARY")]
    let rows = items.map { [$0.name] + $0.columns + [$0.summary] }
    let json = items.map { item in
      var members = item.members
      members["name"] = .string(item.name)
      members["summary"] = .string(item.summary)
      return JSONValue.object(members)
    }
    return ReportDocument(
      kind: "list", members: ["items": .array(json), "of": .string(catalogue.plural)],
      csv: CSVTable(header: ["name", "summary"], rows: items.map { [$0.name, $0.summary] }),
      table: { TextTable(columns: columns, rows: rows).text(width: $0) })
  }
}
