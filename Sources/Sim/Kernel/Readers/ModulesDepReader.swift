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

  /// - Throws: every malformed line and every module that needs itself, at once.
  public static func read(_ text: String, file: String) throws(InputError) -> [Entry] {
    var lines = ProcLines(file: file)
    var entries: [Entry] = []
    var seen: Set<String> = []
    ProcLines.each(text) { number, line, fields in
      guard fields[0].hasSuffix(":"),
        let name = ModuleFolderReader.moduleName(String(fields[0].dropLast()))
      else {
        lines.report(number, "'\(ProcLines.shown(line))' is no 'PATH.ko: PATH.ko…' line")
        return
      }
      if !seen.insert(name).inserted { lines.report(number, "'\(name)' is listed twice") }
      var needs: [String] = []
      for field in fields.dropFirst() {
        guard let need = ModuleFolderReader.moduleName(String(field)) else {
          lines.report(number, "'\(ProcLines.shown(field))' is no module file")
          continue
        }
        if need == name { lines.report(number, "'\(name)' needs itself") }
        needs.append(need)
      }
      entries.append(Entry(name: name, path: String(fields[0].dropLast()), needs: needs))
    }
    try lines.finish()
    return entries
  }
}
