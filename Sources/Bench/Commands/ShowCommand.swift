import ArgumentParser
import Sim

/// `kfrag show KIND NAME`: one thing in full, resolved, with its evidence.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Prints one thing in full: a machine or system as resolved YAML with evidence.")

  @Argument(
    help: ArgumentHelp(
      "What it is: \(Catalogues.all.map(\.singular).joined(separator: ", ")).",
      valueName: "kind"), completion: .list(Catalogues.all.map(\.singular)))
  var kind: String

  @Argument(help: "Its name; for a machine also the path of a YAML file.", completion: .everyName)
  var name: String

  @OptionGroup var output: PlainOutputOptions

  func run() throws {
    let record = RunRecord()
    let catalogue: any Catalogue
    do {
      catalogue = try Catalogues.named(kind)
    } catch let error as UnknownKind {
      throw ValidationError(error.message)
    }
    let entry = try catalogue.show(name)
    try output.emit(
      ReportDocument(kind: catalogue.singular, members: entry.members, table: { _ in entry.text }),
      of: Sources(files: [MachineCatalog.isPath(name) ? name : nil]), record)
  }
}
