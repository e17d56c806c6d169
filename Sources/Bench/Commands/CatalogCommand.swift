import ArgumentParser
import Sim

/// `kfrag catalog`: section sizes and facts of every module of a folder.
struct CatalogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalog",
    abstract: "Reads a folder of .ko files into a catalog (CSV).",
    discussion: """
      Sections are sized by the loader's classes, in its order. A file that is no module, lies \
      about its sections or depends on itself is named and nothing is written.
      """)

  @Argument(help: "A folder of modules, such as /lib/modules/$(uname -r)/kernel.")
  var folder: String

  @OptionGroup var output: OutputOptions

  func run() throws {
    let record = RunRecord()
    let modules = try ModuleFolderReader.read(folder)
    var table = CSVTable(header: [
      "module", "path", "text", "rodata", "ro_after_init", "data", "kallsyms", "init_text",
      "init_rodata", "init_data", "init_symbols", "percpu", "ko_bytes", "depends", "license",
      "softdep", "intree", "signed", "vermagic", "crcs", "layout_crc",
    ])
    for (module, object, bytes) in modules {
      let sizes = module.sections
      let numbers = [
        sizes.text, sizes.rodata, sizes.roAfterInit, sizes.data, sizes.symbols, sizes.initText,
        sizes.initRodata, sizes.initData, sizes.initSymbols, sizes.perCPU, UInt64(bytes),
      ]
      table.append(
        [module.name, module.path] + numbers.map { String($0) } + [
          module.dependencies.joined(separator: " "), module.license, module.softDependencies,
          module.isInTree ? "1" : "0", module.isSigned ? "1" : "0", module.vermagic,
          String(object.checksums.count),
          object.checksums.first { $0.symbol == "module_layout" }.map { hex($0.value) } ?? "",
        ])
    }
    if output.json {
      let rows = table.rows.map { row in
        JSONValue.object(
          Dictionary(
            zip(table.header, row.map { JSONValue.string($0) }), uniquingKeysWith: { $1 }))
      }
      try output.emit(
        ReportDocument(
          kind: "catalog", members: ["modules": .array(rows)], csv: table, table: { _ in "" }),
        of: Sources(files: [folder]), record)
    } else {
      try output.write(table.bytes)
    }
  }
}
