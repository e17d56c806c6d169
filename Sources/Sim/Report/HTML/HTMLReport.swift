import Foundation

/// One self-contained page from any number of results: the answer on top, then rates, causes,
/// curves, maps, tables, and what it all rests on. No network, no files beside it.
public struct HTMLReport {
  private(set) var out = HTMLWriter()
  private let gnuplot: Gnuplot?
  let results: [ResultFile]
  private let names: ComparisonNames
  private var figures = 0
  /// Sections of the table of contents: anchor and title.
  private(set) var sections: [(id: String, title: String)] = []

  /// How many comparisons are shown in full; of more there is the heat map and the table.
  static let fullLimit = 6
  /// How many treatments are answered in sentences; more are in a table.
  static let sentenceLimit = 3

  private init(_ results: [ResultFile], charts: Bool) throws(InputError) {
    self.results = results
    names = ComparisonNames(results.filter { $0.kind == "compare" })
    gnuplot = charts ? try Gnuplot() : nil
  }

  /// True when charts can be drawn on this computer.
  public static var canDraw: Bool { (try? Gnuplot()) != nil }

  /// The page. Same results, same bytes.
  /// - Throws: when there is nothing to show, or a chart cannot be drawn.
  public static func page(
    _ results: [ResultFile], title: String? = nil, charts: Bool = true
  ) throws(InputError) -> String {
    guard let first = results.first else {
      throw InputError(file: "report", "there are no results to report")
    }
    var report = try HTMLReport(results, charts: charts)
    try report.body()
    let name = title ?? first.json["scenario"]?.string ?? first.kind
    return report.document(title: name)
  }

  /// Miss rates and causes of a comparison as one SVG picture.
  /// - Throws: when the result is no comparison with a ladder, or there is no gnuplot.
  public static func picture(_ result: ResultFile) throws(InputError) -> String {
    guard let plot = CompareChart(json: result.json).picture() else {
      throw InputError(
        file: result.path, "is no comparison with a ladder of causes, so there is no picture of it")
    }
    return try Gnuplot().standalone(plot)
  }

  private mutating func body() throws(InputError) {
    // Points of a sweep lie in files named by digests: their settings are the order to read.
    let comparisons = results.filter { $0.kind == "compare" }.enumerated().sorted {
      let order = names[$0.element].compare(names[$1.element], options: .numeric)
      return order == .orderedSame ? $0.offset < $1.offset : order == .orderedAscending
    }.map(\.element)
    answers(comparisons)
    altered()
    let drawsMatrix = comparisons.count > 1 || comparisons.contains { arms($0) > 2 }
    if drawsMatrix { heatMap(comparisons) }
    for result in comparisons.prefix(HTMLReport.fullLimit) {
      try compare(result, named: comparisons.count > 1)
    }
    for result in results { try show(result) }
    evidence()
    glossary(comparisons)
  }

  private func arms(_ result: ResultFile) -> Int { result.json["arms"]?.array?.count ?? 0 }

  mutating func section(
    _ title: String, _ body: (inout HTMLReport) throws(InputError) -> Void
  ) throws(InputError) {
    let id = "s\(sections.count + 1)"
    sections.append((id, title))
    out.trusted("\n<section aria-labelledby=\"\(id)-h\" id=\"\(id)\">")
    out.element("h2", ["id": "\(id)-h"], text: title)
    try body(&self)
    out.trusted("</section>")
  }

  /// As above for what cannot fail.
  private mutating func plain(_ title: String, _ body: (inout HTMLWriter) -> Void) {
    let id = "s\(sections.count + 1)"
    sections.append((id, title))
    out.trusted("\n<section aria-labelledby=\"\(id)-h\" id=\"\(id)\">")
    out.element("h2", ["id": "\(id)-h"], text: title)
    body(&out)
    out.trusted("</section>")
  }

  private mutating func answers(_ comparisons: [ResultFile]) {
    guard !comparisons.isEmpty else { return }
    let names = self.names
    let table = AnswerTable(comparisons.map { (names[$0], $0.json) })
    plain("The answer") { out in
      if table.rows.count > HTMLReport.sentenceLimit {
        table.write(into: &out)
        if comparisons.count > HTMLReport.fullLimit {
          out.element(
            "p", ["class": "note"],
            text: "The first \(HTMLReport.fullLimit) of \(comparisons.count) comparisons in full "
              + "below.")
        }
        return
      }
      for result in comparisons {
        let lines = CompareAnswer.sentences(result.json)
        for line in lines {
          out.element("p", ["class": lines.count > 3 ? "answer one" : "answer"]) { out in
            if comparisons.count > 1 { out.element("strong", text: names[result] + ": ") }
            // A number and its per cent sign stay on one line.
            out.text(line.replacingOccurrences(of: " %", with: "\u{a0}%"))
          }
        }
      }
    }
  }

  private mutating func altered() {
    let changed = results.filter { $0.agreesWithDigest == false }
    guard !changed.isEmpty else { return }
    out.element("p", ["class": "warning", "role": "alert"]) { out in
      out.text(
        "Altered since it was made: the numbers do not agree with the digest of the manifest in "
          + changed.map(\.path).joined(separator: ", ") + ".")
    }
  }

  private mutating func compare(_ result: ResultFile, named: Bool) throws(InputError) {
    let chart = CompareChart(json: result.json)
    let suffix = named ? ": \(names[result])" : ""
    try section("Miss rates\(suffix)") { page throws(InputError) in
      if let figure = chart.rates() { try page.figure(figure) }
      for index in chart.arms.indices.dropFirst().prefix(HTMLReport.fullLimit) {
        if let figure = chart.relative(chart.arm(index)) { try page.figure(figure) }
      }
      HTMLTables.differences(result.json, into: &page.out)
    }
    let causes = [chart.waterfall(), chart.averaged()].compactMap { $0 }
    if !causes.isEmpty {
      try section("Causes\(suffix)") { page throws(InputError) in
        for figure in causes { try page.figure(figure) }
      }
    }
  }

  private mutating func heatMap(_ comparisons: [ResultFile]) {
    let names = self.names
    plain("All at a glance") { out in
      HTMLTables.heatMap(comparisons.map { (names[$0], $0.json) }, into: &out)
    }
  }

  /// Writes into the section at hand.
  mutating func write(_ body: (inout HTMLWriter) -> Void) { body(&out) }

  /// Every list of records a result holds, as sortable tables.
  mutating func records(_ result: ResultFile, skipping: Set<String> = []) {
    let lists = HTMLTables.lists(result.json).filter { !skipping.contains($0.key) }
    guard !lists.isEmpty else { return }
    var title = HTMLTables.title(kind: result.kind)
    if results.count(where: { $0.kind == result.kind }) > 1 {
      title += ": \(result.path.split(separator: "/").last ?? "")"
    }
    plain(title) { out in
      for list in lists {
        out.element("h3", text: HTMLTables.title(list: list.key))
        HTMLTables.records(list.rows, caption: "\(title): \(list.key)", into: &out)
      }
    }
  }

  private mutating func evidence() {
    let (results, names) = (self.results, self.names)
    plain("What this rests on") { out in
      for result in results {
        EvidenceSection.write(result, name: names[result], into: &out)
      }
    }
  }

  private mutating func glossary(_ comparisons: [ResultFile]) {
    let used = Set(
      comparisons.flatMap {
        ($0.json["comparisons"]?.array ?? []).compactMap { $0["metric"]?.string }
      })
    let metrics = MetricCatalog.all.filter { used.contains($0.name) }
    guard !metrics.isEmpty else { return }
    plain("What the words mean") { out in
      out.element("dl") { out in
        for metric in metrics {
          out.element("dt") { $0.element("code", text: metric.name) }
          out.element("dd", text: "\(metric.definition) (\(metric.unit))")
        }
      }
    }
  }

  /// A chart, its words, and its numbers as a table for those who would rather read.
  mutating func figure(
    _ figure: CompareChart.Figure, zoomable: Bool = false
  ) throws(InputError) {
    figures += 1
    let id = "f\(figures)"
    let svg = try gnuplot?.svg(figure.plot, id: id)
    out.trusted("\n<figure class=\"chart\(zoomable ? " zoomable" : "")\" id=\"\(id)\">")
    out.element("figcaption", ["id": "\(id)-c"]) { out in
      out.element("strong", text: figure.title + ". ")
      out.text(figure.caption)
    }
    if let svg {
      out.element(
        "div", ["class": "plot", "role": "img", "aria-labelledby": "\(id)-c", "tabindex": "0"]
      ) { $0.trusted(svg) }
    }
    let isLong = figure.table.rows.count > 12
    out.trusted(svg == nil && !isLong ? "<details open>" : "<details>")
    out.element("summary", text: "The numbers")
    HTMLTables.plain(figure.table.header, figure.table.rows, caption: figure.title, into: &out)
    out.trusted("</details></figure>")
  }
}
