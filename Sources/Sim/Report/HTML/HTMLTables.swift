/// Tables of a report: sortable, with captions and scopes a screen reader announces.
enum HTMLTables {
  /// A table of ready words. Columns whose every cell is a number sort as numbers.
  static func plain(
    _ header: [String], _ rows: [[String]], caption: String, into out: inout HTMLWriter
  ) {
    out.trusted("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table\">")
    out.element("table", ["class": "sortable"]) { out in
      out.element("caption", text: caption)
      out.element("thead") { out in
        out.element("tr") { out in
          for title in header {
            out.element("th", ["scope": "col"]) { out in
              out.element("button", ["type": "button"], text: title)
            }
          }
        }
      }
      out.element("tbody") { out in
        for row in rows {
          out.newline()
          out.element("tr") { out in
            for (index, cell) in row.enumerated() {
              if index == 0 {
                out.element("th", ["scope": "row"], text: cell)
              } else {
                let attributes: HTMLWriter.Attributes = cell.count > 32 ? ["class": "words"] : [:]
                out.element("td", attributes, text: cell)
              }
            }
          }
        }
      }
    }
    out.trusted("</div>")
  }

  /// The whole table of differences of a comparison.
  static func differences(_ json: JSONValue, into out: inout HTMLWriter) {
    let items = json["comparisons"]?.array ?? []
    guard !items.isEmpty else { return }
    let header = [
      "metric", "baseline", "treatment", "difference", "low", "high", "relative", "p",
      "p, Holm", "effect size", "replicates",
    ]
    func number(_ item: JSONValue, _ key: String) -> String {
      item[key]?.double.map { significant($0) } ?? "–"
    }
    func probability(_ value: JSONValue?) -> String {
      value?.double.map { $0 < 1e-4 ? "<0.0001" : significant($0, 2) } ?? "–"
    }
    // What does not vary has no spread to be measured in.
    func effect(_ item: JSONValue) -> String {
      abs(item["effectSize"]?.double ?? .infinity) < 1e6 ? number(item, "effectSize") : "–"
    }
    let rows = items.map { item in
      [
        item["metric"]?.string ?? "?", item["baseline"]?.string ?? "?",
        item["treatment"]?.string ?? "?", number(item, "difference"), number(item, "low"),
        number(item, "high"), item["relative"]?.double.map(signedPercent) ?? "–",
        probability(item["pValue"]), probability(item["pValueHolm"]), effect(item),
        item["replicates"]?.int.map(String.init) ?? "–",
      ]
    }
    let kind = CompareChart(json: json).isPaired ? "Paired" : "Unpaired"
    plain(
      header, rows,
      caption: "\(kind) differences of every metric; relative to the baseline's mean", into: &out)
  }

  static let heatMetrics = [
    "translationCycles.pki", "walks.pki", "walkCycles.pki", "l1i.mpki", "l1d.mpki", "l2i.mpki",
    "l2d.mpki", "entries.text", "entries.data", "pages.table",
  ]

  /// Relative differences of every comparison, one row a treatment, coloured by size and sign.
  static func heatMap(_ documents: [(name: String, json: JSONValue)], into out: inout HTMLWriter) {
    struct Row {
      var name: String
      var cells: [String: (relative: Double, isClear: Bool)]
    }
    var rows: [Row] = []
    let baselines = Set(
      documents.flatMap {
        ($0.json["comparisons"]?.array ?? []).compactMap { $0["baseline"]?.string }
      })
    for document in documents {
      for item in document.json["comparisons"]?.array ?? [] {
        guard let metric = item["metric"]?.string, let treatment = item["treatment"]?.string,
          let relative = item["relative"]?.double, let low = item["low"]?.double,
          let high = item["high"]?.double
        else { continue }
        let against = baselines.count > 1 ? " against \(item["baseline"]?.string ?? "?")" : ""
        let name = (documents.count > 1 ? "\(document.name): " : "") + treatment + against
        if rows.last?.name != name { rows.append(Row(name: name, cells: [:])) }
        rows[rows.count - 1].cells[metric] = (relative, low > 0 || high < 0)
      }
    }
    let metrics = heatMetrics.filter { metric in rows.contains { $0.cells[metric] != nil } }
    guard !rows.isEmpty, !metrics.isEmpty else { return }
    out.trusted("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"heat map\">")
    out.element("table", ["class": "sortable heat"]) { out in
      out.element(
        "caption",
        text: "Relative difference from the baseline. Darker is larger, orange is worse, green "
          + "better; * marks an interval without zero.")
      out.element("thead") { out in
        out.element("tr") { out in
          for title in ["treatment"] + metrics {
            out.element("th", ["scope": "col"]) {
              $0.element("button", ["type": "button"], text: title)
            }
          }
        }
      }
      out.element("tbody") { out in
        for row in rows {
          out.newline()
          out.element("tr") { out in
            out.element("th", ["scope": "row"], text: row.name)
            for metric in metrics {
              guard let cell = row.cells[metric] else {
                out.element("td", text: "–")
                continue
              }
              out.element(
                "td", tint(cell.relative),
                text: signedPercent(cell.relative) + (cell.isClear ? " *" : ""))
            }
          }
        }
      }
    }
    out.trusted("</div>")
  }

  /// The classes of a relative difference: which way, and how far on a scale of 0…5.
  private static func tint(_ relative: Double) -> HTMLWriter.Attributes {
    guard relative != 0, relative.isFinite else { return [:] }
    let strength = Int(min(25, abs(relative) * 100).squareRoot().rounded())
    return ["class": "\(relative > 0 ? "worse" : "better") heat\(strength)"]
  }

  /// The lists of records among a result's members, by name; members of members too.
  static func lists(_ json: JSONValue) -> [(key: String, rows: [JSONValue])] {
    let members = json.object ?? [:]
    var found: [(key: String, rows: [JSONValue])] = []
    for key in members.keys.sorted() where key != "manifest" {
      guard let value = members[key] else { continue }
      if let rows = value.array, rows.contains(where: { $0.object != nil }) {
        found.append((key, rows))
      } else if value.object != nil {
        found += lists(value).map { ("\(key).\($0.key)", $0.rows) }
      }
    }
    return found
  }

  /// At most this many rows of a list are shown; the JSON has all.
  static let rowLimit = 2000

  /// A list of records: one column for each member that is a plain value.
  static func records(_ rows: [JSONValue], caption: String, into out: inout HTMLWriter) {
    var columns: [String] = []
    for row in rows {
      for (key, _) in flat(row) where !columns.contains(key) && columns.count < 24 {
        columns.append(key)
      }
    }
    let first = ["module", "object", "name", "metric", "cause", "line", "event"]
    columns.sort {
      (first.firstIndex(of: $0) ?? first.count, $0) < (first.firstIndex(of: $1) ?? first.count, $1)
    }
    guard !columns.isEmpty else { return }
    let cells = rows.prefix(rowLimit).map { row in
      let values = Dictionary(flat(row), uniquingKeysWith: { a, _ in a })
      return columns.map { values[$0].map(word) ?? "–" }
    }
    let more = rows.count > rowLimit ? " (the first \(rowLimit) of \(rows.count))" : ""
    plain(columns, Array(cells), caption: caption + more, into: &out)
  }

  /// Plain members, and those of members, as `arms.modular.walks`.
  private static func flat(_ row: JSONValue, depth: Int = 0) -> [(String, JSONValue)] {
    let members = row.object ?? [:]
    return members.keys.sorted().flatMap { key -> [(String, JSONValue)] in
      switch members[key] {
      case .array, nil: return []
      case .object(let inner):
        guard depth < 3 else { return [] }
        return flat(.object(inner), depth: depth + 1).map { ("\(key).\($0.0)", $0.1) }
      case let value?: return [(key, value)]
      }
    }
  }

  private static func word(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): return text
    case .number(let number): return significant(number, 5)
    case .null: return "–"
    default: return value.compactText
    }
  }

  static func title(kind: String) -> String {
    switch kind {
    case "attribute": return "Modules by cost"
    case "replay": return "Loads and unloads"
    case "tlb": return "TLB counters"
    case "sweep": return "Sweep"
    case "layout": return "Layout"
    default: return kind.prefix(1).uppercased() + kind.dropFirst()
    }
  }

  static func title(list: String) -> String { list.split(separator: ".").joined(separator: ", ") }
}
