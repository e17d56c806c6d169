import ArgumentParser
import Sim

/// `kfrag check FILE…`: is every input sound?
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Reads inputs in full and says what they are, or everything that is wrong.",
    discussion: """
      Listings of loaded modules are counted: modules, and the base pages they take. Scenarios, \
      machines, systems, sweep plans, catalogs, listings of loaded modules, \
      load/unload traces, placement logs, /proc/vmallocinfo, kernel section tables, course \
      assignments, claims of studies and access traces, told by content. Exits with \
      65 when a file is bad, 66 when one is missing.
      """)

  @Argument(help: "Files, plain or packed; - is standard input.", completion: .file())
  var files: [String]

  @Option(help: "System whose verbs load/unload traces use; every system's by default.")
  var system: String?

  @OptionGroup var output: PlainOutputOptions

  func run() throws {
    let record = RunRecord()
    var kinds: [(file: String, kind: String?, problems: [Diagnostic])] = []
    var worst: InputError.Kind?
    for file in files {
      do {
        kinds.append((file, try AnyInput.check(file, system: system), []))
      } catch {
        Terminal.narrate(error.description)
        kinds.append((file, nil, error.diagnostics))
        if worst != .badData { worst = error.kind }
      }
    }
    // What is missing or cannot be read has no digest; the answer says so of it.
    let read = kinds.filter { $0.kind != nil }.map { $0.file }
    try output.emit(CheckCommand.document(kinds), of: Sources(files: read), record)
    if let worst { throw ExitCode(worst.rawValue) }
  }

  private static func document(
    _ results: [(file: String, kind: String?, problems: [Diagnostic])]
  ) -> ReportDocument {
    let sets = results.map { $0.kind == nil ? nil : loadedSet($0.file, $0.kind) }
    let items: [JSONValue] = zip(results, sets).map { result, set in
      let (file, kind, problems) = result
      var item: [String: JSONValue] = [
        "file": .string(file), "ok": .bool(kind != nil),
        "is": JSONValue(kind) { .string($0) },
        "problems": .array(
          problems.map {
            [
              "file": .string($0.file), "line": JSONValue($0.line),
              "column": JSONValue($0.column), "message": .string($0.message),
            ]
          }),
      ]
      if let set {
        item["modules"] = JSONValue(set.modules)
        item["basePages"] = JSONValue(set.pages)
      }
      return .object(item)
    }
    let lines = zip(results, sets).compactMap { result, set in
      let counted = set.map {
        ", \($0.modules) module\($0.modules == 1 ? "" : "s") on \($0.pages) base pages"
      }
      return result.kind.map { "\(result.file): ok (\($0))\(counted ?? "")\n" }
    }
    return ReportDocument(
      kind: "check", members: ["files": .array(items)], table: { _ in lines.joined() })
  }

  /// How many modules a listing has, and the base pages each of them fills or begins; nil for other
  /// files and for standard input, which can be read once.
  private static func loadedSet(_ file: String, _ kind: String?) -> (modules: Int, pages: UInt64)? {
    guard kind == InputKind.loadedSet.rawValue, file != "-",
      let set = try? LoadedSet(text: InputFile.text(file), file: file)
    else { return nil }
    return (set.modules.count, set.modules.reduce(0) { $0 + PageSize.base4K.count($1.size) })
  }
}
