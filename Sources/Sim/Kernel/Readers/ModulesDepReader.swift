/// Reads `modules.dep`: each module's file and those it needs, deepest last.
public enum ModulesDepReader {
  /// One line.
  public struct Entry: Hashable, Sendable {
    public let name: String
    public let path: String
    /// Names, in the file's order: direct and indirect, each after all that need it.
    public let needs: [String]
  }

  /// Whether `line` looks like one of this file's: `PATH.ko:` and more paths.
  public static func recognises(_ line: Substring) -> Bool {
    guard let first = TextLines.words(line).first, first.hasSuffix(":") else { return false }
    return ModuleFolderReader.moduleName(String(first.dropLast())) != nil
  }

  /// - Throws: every malformed line and every dependency cycle, at once.
  public static func read(_ text: String, file: String) throws(InputError) -> [Entry] {
    var lines = ProcLines(file: file)
    var entries: [Entry] = []
    var seen: Set<String> = []
    var numbers: [String: Int] = [:]
    ProcLines.each(text) { number, line, fields in
      guard fields[0].hasSuffix(":"),
        let name = ModuleFolderReader.moduleName(String(fields[0].dropLast()))
      else {
        lines.report(
          number, "'\(ProcLines.shown(line))' is no 'PATH.ko: PATH.ko…' line",
          column: ProcLines.column(fields[0], in: line) + fields[0].utf8.count)
        return
      }
      if !seen.insert(name).inserted {
        lines.report(
          number, "'\(name)' is listed twice", column: ProcLines.column(fields[0], in: line))
      }
      numbers[name] = number
      var needs: [String] = []
      for field in fields.dropFirst() {
        guard let need = ModuleFolderReader.moduleName(String(field)) else {
          lines.report(
            number, "'\(ProcLines.shown(field))' is no module file",
            column: ProcLines.column(field, in: line))
          continue
        }
        if need == name {
          lines.report(
            number, "'\(name)' needs itself", column: ProcLines.column(field, in: line))
          continue
        }
        needs.append(need)
      }
      entries.append(Entry(name: name, path: String(fields[0].dropLast()), needs: needs))
    }
    for (name, what) in cycles(entries) { lines.report(numbers[name] ?? 1, what, column: 1) }
    try lines.finish()
    return entries
  }

  /// Each dependency cycle once, with a module on it.
  private static func cycles(_ entries: [Entry]) -> [(name: String, what: String)] {
    let listed = Set(entries.map(\.name))
    let modules = entries.map { entry in
      var module = KernelModule(name: entry.name)
      module.dependencies = entry.needs.filter { listed.contains($0) }
      return module
    }
    let catalog = ModuleCatalog(source: "", modules: modules)
    var reported: Set<String> = []
    return entries.compactMap { entry in
      guard !reported.contains(entry.name) else { return nil }
      do throws(DependencyError) {
        _ = try catalog.loadOrder(of: entry.name)
      } catch {
        guard case .cycle(let names) = error, names.contains(entry.name) else { return nil }
        reported.formUnion(names)
        return (entry.name, error.description)
      }
      return nil
    }
  }
}
