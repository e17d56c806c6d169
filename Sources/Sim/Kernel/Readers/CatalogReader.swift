/// Reads module catalogs: CSV with a header, one module a row, sizes in bytes.
public enum CatalogReader {
  /// Largest section a catalog may claim, bytes.
  public static let sectionLimit: UInt64 = 1 << 30

  /// Object files count as no larger than this.
  static let fileLimit: UInt64 = 1 << 30

  private static let sizeColumns:
    [(String, any WritableKeyPath<ModuleSections, UInt64> & Sendable)] = [
      ("text", \.text), ("rodata", \.rodata), ("ro_after_init", \.roAfterInit), ("data", \.data),
      ("kallsyms", \.symbols), ("init_text", \.initText), ("init_rodata", \.initRodata),
      ("init_data", \.initData), ("init_symbols", \.initSymbols), ("percpu", \.perCPU),
    ]
  private static let fileColumn = "ko_bytes"
  private static let textColumns = [
    "path", "depends", "license", "softdep", "intree", "signed", "vermagic", "crcs",
    "layout_crc",
  ]

  /// - Throws: every malformed row, with line and column, at once.
  public static func read(_ text: String, file: String) throws(InputError) -> ModuleCatalog {
    let rows = TextLines.lines(text)
    guard let first = rows.first, !first.isEmpty else {
      throw InputError(file: file, line: 1, "the catalog is empty; it wants a header line")
    }
    let header = TextLines.fields(first).map { String($0) }
    var problems = headerProblems(header, file: file)
    guard problems.isEmpty else { throw InputError(problems) }
    var modules: [KernelModule] = []
    var seen: Set<String> = []
    for (index, row) in rows.enumerated().dropFirst() {
      guard modules.count < ModuleCatalog.moduleLimit, problems.count < 1000 else {
        problems.append(
          Diagnostic(
            file: file, line: index + 1,
            "stopped here: more than 1000 problems or \(ModuleCatalog.moduleLimit) modules"))
        break
      }
      guard
        let module = parse(row, header: header, file: file, line: index + 1, into: &problems)
      else { continue }
      if !seen.insert(module.name).inserted {
        problems.append(
          Diagnostic(file: file, line: index + 1, column: 1, "'\(module.name)' is listed twice"))
      }
      modules.append(module)
    }
    if modules.isEmpty && problems.isEmpty {
      problems.append(Diagnostic(file: file, line: 1, "the catalog lists no module"))
    }
    guard problems.isEmpty else { throw InputError(problems) }
    return ModuleCatalog(source: file, modules: modules)
  }

  private static func headerProblems(_ header: [String], file: String) -> [Diagnostic] {
    let known = ["module", "name"] + sizeColumns.map(\.0) + [fileColumn] + textColumns
    var problems: [Diagnostic] = []
    for (index, column) in header.enumerated() where !known.contains(column) {
      let at = header[..<index].reduce(1) { $0 + $1.utf8.count + 1 }
      problems.append(
        Diagnostic(
          file: file, line: 1, column: at,
          "unknown column '\(column)'" + suggestion(for: column, in: known)))
    }
    if !header.contains("module") && !header.contains("name") {
      problems.append(Diagnostic(file: file, line: 1, "the header lacks a 'module' column"))
    }
    if !header.contains("text") {
      problems.append(Diagnostic(file: file, line: 1, "the header lacks a 'text' column"))
    }
    return problems
  }

  private static func parse(
    _ row: Substring, header: [String], file: String, line: Int, into problems: inout [Diagnostic]
  ) -> KernelModule? {
    let fields = splitCSV(row)
    guard fields.count == header.count else {
      problems.append(
        Diagnostic(
          file: file, line: line, "\(fields.count) fields, the header has \(header.count)"))
      return nil
    }
    var module = KernelModule(name: "")
    var column = 1
    for (name, field) in zip(header, fields) {
      if let size = sizeColumns.first(where: { $0.0 == name }) {
        guard let value = UInt64(field), value <= sectionLimit else {
          problems.append(
            Diagnostic(
              file: file, line: line, column: column,
              "'\(field)' is no byte count up to \(sectionLimit) (\(name))"))
          return nil
        }
        module.sections[keyPath: size.1] = value
      } else if name == fileColumn {
        module.fileBytes = UInt64(field).map { min($0, fileLimit) } ?? 0
      } else {
        set(name, field, in: &module)
      }
      column += field.utf8.count + 1
    }
    guard !module.name.isEmpty else {
      problems.append(Diagnostic(file: file, line: line, column: 1, "the module has no name"))
      return nil
    }
    return module
  }

  private static func set(_ column: String, _ field: String, in module: inout KernelModule) {
    switch column {
    case "module", "name": module.name = field
    case "path": module.path = field
    case "depends":
      module.dependencies = field.split(whereSeparator: { $0 == " " || $0 == ";" }).map {
        String($0)
      }
    case "license": module.license = field
    case "softdep": module.softDependencies = field
    case "intree": module.isInTree = field == "1"
    case "signed": module.isSigned = field == "1"
    case "vermagic": module.vermagic = field
    default: break
    }
  }

  /// Fields of one RFC 4180 line; a quoted field may hold commas and doubled quotes.
  static func splitCSV(_ line: Substring) -> [String] {
    guard line.utf8.contains(UInt8(ascii: "\"")) else {
      return TextLines.fields(line).map { String($0) }
    }
    var fields: [String] = []
    var field = ""
    var quoted = false
    var previousQuote = false
    for character in line {
      if character == "\"" {
        if !quoted && previousQuote { field.append("\"") }
        quoted.toggle()
        previousQuote = !quoted
        continue
      }
      previousQuote = false
      if character == "," && !quoted {
        fields.append(field)
        field = ""
      } else {
        field.append(character)
      }
    }
    return fields + [field]
  }
}
