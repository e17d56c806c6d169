/// Misses over time with what happened marked, from a `timeline` or a `replay` result.
enum TimeChart {
  /// Something that happened, on the time axis.
  private struct Mark {
    var at: Double
    var what: String
  }

  private static let markLimit = 400
  /// More than these would write over each other.
  private static let labelLimit = 24

  static func figures(_ json: JSONValue) -> [CompareChart.Figure] {
    json["series"] != nil ? timeline(json) : replay(json)
  }

  // MARK: Timeline

  private static func timeline(_ json: JSONValue) -> [CompareChart.Figure] {
    let ends = (json["windows"]?.array ?? []).compactMap(\.double)
    let series = json["series"]?.array ?? []
    let marks = (json["events"]?.array ?? []).compactMap { event -> Mark? in
      guard let at = event["instructions"]?.double else { return nil }
      return Mark(at: at / 1e6, what: event["what"]?.string ?? "event")
    }
    return ["walks.pki", "translationCycles.pki"].compactMap { metric in
      let own = series.filter { $0["metric"]?.string == metric }
      let lines = own.compactMap { line -> (name: String, points: [(Double, Double)])? in
        let values = (line["values"]?.array ?? []).compactMap(\.double)
        guard values.count == ends.count else { return nil }
        return (line["arm"]?.string ?? "?", zip(ends.map { $0 / 1e6 }, values).map { ($0, $1) })
      }
      let unit = MetricCatalog.named(metric)?.unit ?? metric
      return figure(
        title: "\(metric) over time",
        caption: "One replicate in \(ends.count) windows, warm-up included; upright lines mark "
          + "loads and unloads, steps and the end of the warm-up.",
        lines, marks, x: "million kernel instructions", y: unit)
    }
  }

  // MARK: Load and unload traces

  private static func replay(_ json: JSONValue) -> [CompareChart.Figure] {
    let events = json["events"]?.array ?? []
    var marks: [Mark] = []
    var loaded = 0.0
    var flushed = 0.0
    var modules: [(Double, Double)] = []
    var flushes: [(Double, Double)] = []
    var timeOfLine: [Int: Double] = [:]
    for event in events {
      guard let time = event["time"]?.double else { continue }
      if let line = event["line"]?.int { timeOfLine[line] = time }
      let outcome = event["outcome"]?.string
      if outcome == "loaded" || outcome == "unloaded" {
        loaded += outcome == "loaded" ? 1 : -1
        let sign = outcome == "loaded" ? "+" : "−"
        marks.append(Mark(at: time, what: sign + (event["module"]?.string ?? "?")))
      }
      flushed += Double(event["flushes"]?.int ?? 0)
      modules.append((time, loaded))
      flushes.append((time, flushed))
    }
    let runs = (json["runs"]?.array ?? []).compactMap { run -> (Double, Double)? in
      guard let line = run["line"]?.int, let time = timeOfLine[line],
        let walks = run["metrics"]?["walks.pki"]?.double
      else { return nil }
      return (time, walks)
    }
    marks = joined(marks)
    return [
      figure(
        title: "Page walks over time",
        caption: "What each run of the workload measured; upright lines mark loads (+) and "
          + "unloads (−).",
        runs.isEmpty ? [] : [("walks.pki", runs)], marks, x: "seconds",
        y: "walks/1000 instructions"),
      figure(
        title: "Modules and flushes over time",
        caption: "Modules loaded, and TLB flushes loading and unloading has caused so far.",
        modules.count > 1 ? [("modules loaded", modules), ("TLB flushes so far", flushes)] : [],
        [], x: "seconds", y: "count", style: "steps"),
    ].compactMap { $0 }
  }

  /// Marks of one instant as one, so that their names do not lie on each other.
  private static func joined(_ marks: [Mark]) -> [Mark] {
    var groups: [(at: Double, names: [String])] = []
    for mark in marks {
      if groups.last?.at == mark.at {
        groups[groups.count - 1].names.append(mark.what)
      } else {
        groups.append((mark.at, [mark.what]))
      }
    }
    return groups.map { group in
      let shown = group.names.count > 2 ? group.names.suffix(1) : group.names[...]
      let more = group.names.count - shown.count
      return Mark(
        at: group.at, what: (more > 0 ? "\(more) and " : "") + shown.joined(separator: ", "))
    }
  }

  // MARK: Drawing

  private static func figure(
    title: String, caption: String, _ lines: [(name: String, points: [(Double, Double)])],
    _ marks: [Mark], x: String, y: String, style: String = "lines"
  ) -> CompareChart.Figure? {
    let most = lines.flatMap(\.points).reduce(0) { max($0, $1.1) }
    guard !lines.isEmpty, lines.contains(where: { !$0.points.isEmpty }) else { return nil }
    let top = most > 0 ? most * 1.3 : 1
    var tables: [Gnuplot.Table] = []
    var plots: [String] = []
    if !marks.isEmpty {
      let labelled = marks.count <= labelLimit
      let rows = marks.prefix(markLimit).map {
        [Gnuplot.number($0.at), Gnuplot.number(top), labelled ? $0.what : ""]
      }
      tables.append(.init(name: "marks", rows: Array(rows)))
      plots.append("'marks' using 1:2 with impulses lw 0.8 dt 2 lc rgb '#7a8590' notitle")
      plots.append(
        "'marks' using 1:(\(Gnuplot.number(top * 0.99))):3 with labels right rotate by 90 "
          + "offset 0.7,0 font ',10' notitle")
    }
    for (index, line) in lines.prefix(8).enumerated() {
      tables.append(
        .init(
          name: "line\(index)",
          rows: [["x", line.name]]
            + line.points.map { [Gnuplot.number($0.0), Gnuplot.number($0.1)] }))
      let drawn = line.points.count < 60 && style == "lines" ? "linespoints pt 7 ps 0.5" : style
      plots.append(
        "'line\(index)' using 1:2 with \(drawn) lw 1.6 "
          + "lc rgb '\(CompareChart.colour(index))' title columnheader(2)")
    }
    let commands = """
      set grid ytics lw 0.5 dt 3
      set yrange [0:\(Gnuplot.number(top))]
      set xlabel \(Gnuplot.quoted(x))
      set ylabel \(Gnuplot.quoted(y))
      set key outside top center horizontal reverse Left
      plot \(plots.joined(separator: ", \\\n  "))
      """
    let rows = lines.flatMap { line in
      line.points.prefix(2000).map { [line.name, significant($0.0, 6), significant($0.1, 5)] }
    }
    return .init(
      title: title, caption: caption,
      plot: .init(width: 820, height: 340, commands: commands, tables: tables),
      table: (["line", x, y], rows))
  }
}
