/// The answers of many comparisons: how many go which way, and a line each.
struct AnswerTable {
  /// One treatment against its baseline.
  struct Row {
    var name: String
    var replicates: Int
    var cells: [String: Cell] = [:]
  }

  struct Cell {
    var difference: Double
    var relative: Double
    var low: Double
    var high: Double

    var sign: Int { low > 0 ? 1 : high < 0 ? -1 : 0 }

    /// "+62.2 % (45.4 to 79.0)"; per 1000 where the baseline is zero.
    var text: String {
      if difference == 0, low == 0, high == 0 { return "0" }
      let base = relative != 0 && relative.isFinite ? abs(difference / relative) / 100 : 1
      let unit = relative != 0 && relative.isFinite ? " %" : "/1000"
      func number(_ value: Double) -> String { significant(value / base, 3) }
      let interval =
        low.isFinite && high.isFinite ? "(\(number(low)) to \(number(high)))" : "(no interval)"
      let size = (difference > 0 ? "+" : "") + number(difference) + unit
      return "\(size) \(interval)"
    }
  }

  private(set) var rows: [Row] = []
  /// Metrics of the headline that some row has.
  var metrics: [(name: String, what: String)] {
    CompareTable.headlineMetrics.filter { metric in rows.contains { $0.cells[metric.name] != nil } }
  }

  init(_ documents: [(name: String, json: JSONValue)]) {
    for document in documents {
      let items = document.json["comparisons"]?.array ?? []
      let baselines = Set(items.compactMap { $0["baseline"]?.string })
      let first = rows.count
      for item in items {
        guard let metric = item["metric"]?.string, let treatment = item["treatment"]?.string,
          CompareTable.headlineMetrics.contains(where: { $0.name == metric })
        else { continue }
        let against = baselines.count > 1 ? " against \(item["baseline"]?.string ?? "?")" : ""
        let name = (documents.count > 1 ? "\(document.name): " : "") + treatment + against
        if rows.count == first || rows.last?.name != name {
          rows.append(Row(name: name, replicates: item["replicates"]?.int ?? 0))
        }
        // One replicate has no interval, which JSON spells null.
        rows[rows.count - 1].cells[metric] = Cell(
          difference: item["difference"]?.double ?? .nan,
          relative: item["relative"]?.double ?? .infinity,
          low: item["low"]?.double ?? -.infinity, high: item["high"]?.double ?? .infinity)
      }
    }
  }

  /// "Page walks rise in 12 of 16 comparisons and fall in 2."
  var sentences: [String] {
    metrics.map { metric in
      let cells = rows.compactMap { $0.cells[metric.name] }
      let (up, down) = (cells.count { $0.sign > 0 }, cells.count { $0.sign < 0 })
      let what = metric.what.prefix(1).uppercased() + metric.what.dropFirst()
      let rest = cells.count - up - down
      return "\(what): higher in \(up) of \(cells.count) comparisons, lower in \(down)"
        + (rest > 0 ? ", undecided or equal in \(rest)." : ".")
    }
  }

  func write(into out: inout HTMLWriter) {
    for line in sentences { out.element("p", ["class": "answer one"], text: line) }
    HTMLTables.plain(
      ["treatment"] + metrics.map(\.name) + ["replicates"],
      rows.map { row in
        [row.name] + metrics.map { row.cells[$0.name]?.text ?? "–" } + ["\(row.replicates)"]
      }, caption: "Relative differences from the baseline, with their intervals", into: &out)
  }
}
