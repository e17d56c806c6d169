/// Renders a page of a study: its text stays, what stands in `{{…}}` is computed from data.
///
/// - `{{expression | format}}` prints a value.
/// - `{{pivot TABLE rows=a columns=b value=c where="…" format=+%2 head="Title"}}` prints a table;
///   where the row's interval, `low` to `high`, holds zero, its value stands in parentheses.
/// - `{{list TABLE columns="a,b:%2" heads="A|B" where="…"}}` prints rows as they are.
/// - `{{claims}}` prints the study's claims and whether they hold.
public struct StudyPage {
  let data: StudyData
  let claims: [StudyClaim.Outcome]

  /// - Parameter blank: prints nothing for what is computed: what is left was typed by hand.
  public func render(_ template: String, blank: Bool = false) throws(InputError) -> String {
    var out = ""
    var rest = template[...]
    while let open = rest.firstRange(of: "{{") {
      out += rest[..<open.lowerBound]
      guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
        throw InputError(file: data.file, "'{{' without '}}'")
      }
      let directive = String(rest[open.upperBound..<close.lowerBound])
      if !blank { out += try compute(directive) }
      rest = rest[close.upperBound...]
    }
    return out + rest
  }

  private func compute(_ directive: String) throws(InputError) -> String {
    let words = directive.split(separator: " ", maxSplits: 1).map(String.init)
    switch words.first {
    case "pivot": return try pivot(StudyPage.options(words.count > 1 ? words[1] : ""))
    case "list": return try list(StudyPage.options(words.count > 1 ? words[1] : ""))
    case "claims": return StudyClaim.table(claims)
    default:
      // The last bar: expressions hold none.
      let parts = directive.split(separator: "|", maxSplits: 1).map(String.init)
      let value = try StudyExpression.value(parts.first ?? "", data)
      let format = parts.count > 1 ? parts[1].filter { !$0.isWhitespace } : ""
      return StudyFormat(text: format).shown(value)
    }
  }

  /// `FILE key=word key="several words"`; the file's key is empty.
  static func options(_ text: String) -> [String: String] {
    var options: [String: String] = [:]
    var word = ""
    var quoted = false
    for character in text + " " {
      if character == "\"" {
        quoted.toggle()
      } else if character.isWhitespace, !quoted {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 {
          options[String(parts[0])] = String(parts[1])
        } else if !word.isEmpty {
          options[""] = word
        }
        word = ""
      } else {
        word.append(character)
      }
    }
    return options
  }

  private func source(
    _ options: [String: String]
  ) throws(InputError) -> (table: StudyTable, rows: [[String]]) {
    let table = try data.table(options[""] ?? "")
    let filters = (options["where"] ?? "").split(separator: ";").map(String.init)
    return (table, try table.rows(where: filters))
  }

  private func pivot(_ options: [String: String]) throws(InputError) -> String {
    let (table, rows) = try source(options)
    let down = try table.index(options["rows"] ?? "")
    let across = try table.index(options["columns"] ?? "")
    let value = try table.index(options["value"] ?? "")
    let format = StudyFormat(text: options["format"] ?? "")
    let interval = ["low", "high"].compactMap { table.columns.firstIndex(of: $0) }
    var names: [String] = []
    var heads: [String] = []
    for row in rows {
      if !names.contains(row[down]) { names.append(row[down]) }
      if !heads.contains(row[across]) { heads.append(row[across]) }
    }
    let labels = heads.map { StudyPage.short($0) }
    var lines = ["| \(options["head"] ?? "") | " + labels.joined(separator: " | ") + " |"]
    lines.append("|---|" + String(repeating: "---:|", count: heads.count))
    for name in names {
      let cells = heads.map { head -> String in
        let found = rows.filter { $0[down] == name && $0[across] == head }
        guard found.count == 1 else { return "–" }
        let shown = format.shown(.text(found[0][value]))
        let ends = interval.compactMap { Double(found[0][$0]) }
        return ends.count == 2 && ends[0] < 0 && ends[1] > 0 ? "(\(shown))" : shown
      }
      lines.append("| \(StudyPage.short(name)) | " + cells.joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n")
  }

  private func list(_ options: [String: String]) throws(InputError) -> String {
    let (table, rows) = try source(options)
    var columns: [(index: Int, format: StudyFormat)] = []
    for item in (options["columns"] ?? "").split(separator: ",") {
      let parts = item.split(separator: ":", maxSplits: 1).map(String.init)
      columns.append(
        (try table.index(parts[0]), StudyFormat(text: parts.count > 1 ? parts[1] : "")))
    }
    let heads = (options["heads"] ?? "").split(separator: "|").map(String.init)
    guard heads.count == columns.count else {
      throw InputError(file: data.file, "list wants a head for each of its columns")
    }
    var lines = ["| " + heads.joined(separator: " | ") + " |"]
    lines.append(
      "|" + columns.map { $0.format.text.isEmpty ? "---|" : "---:|" }.joined())
    for row in rows {
      let cells = columns.map { $0.format.shown(.text(StudyPage.short(row[$0.index]))) }
      lines.append("| " + cells.joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n")
  }

  /// A file's name without its folder and extension; other words as they are.
  private static func short(_ word: String) -> String {
    guard word.contains("/"), let last = word.split(separator: "/").last else { return word }
    let name = String(last)
    guard let dot = name.lastIndex(of: "."), name[dot...].count <= 5 else { return name }
    return String(name[..<dot])
  }
}
