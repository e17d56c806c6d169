/// The charts of a comparison, from its JSON.
struct CompareChart {
  let json: JSONValue

  /// Colours that keep their contrast on a light and on a dark page.
  static let colours = ["#3b7dd8", "#d9730d", "#2f9e63", "#c0508f", "#8b6fd6", "#7a8590"]

  static func colour(_ index: Int) -> String { colours[index % colours.count] }

  /// One drawn figure: the plot and the words that go with it.
  struct Figure {
    var title: String
    var caption: String
    var plot: Gnuplot.Plot
    var table: (header: [String], rows: [[String]])
  }

  /// Names of the arms, the baseline first.
  var arms: [JSONValue] { json["arms"]?.array ?? [] }

  func arm(_ index: Int) -> String { arms[index]["name"]?.string ?? "arm \(index + 1)" }

  /// Members of `comparisons` for one treatment.
  func differences(_ treatment: String) -> [JSONValue] {
    (json["comparisons"]?.array ?? []).filter { $0["treatment"]?.string == treatment }
  }

  static let rateMetrics = ["l1i.mpki", "l1d.mpki", "l2i.mpki", "l2d.mpki", "walks.pki"]

  /// Miss rates of every arm with their intervals.
  func rates() -> Figure? {
    // More bars than these cannot be told apart; the heat map and the tables have all arms.
    let arms = self.arms.prefix(8)
    let names = CompareChart.rateMetrics.filter { name in
      arms.contains { $0["metrics"]?[name]?["mean"]?.double != nil }
    }
    guard !names.isEmpty, !arms.isEmpty else { return nil }
    var rows = [["metric"] + arms.indices.flatMap { [arm($0), "low", "high"] }]
    var cells: [[String]] = []
    for name in names {
      var row = [name]
      var shown = [name]
      for arm in arms {
        let value = arm["metrics"]?[name]
        let three = ["mean", "low", "high"].map { value?[$0]?.double }
        row += three.map(Gnuplot.number)
        shown.append(
          "\(show(three[0])) (\(show(three[1])) … \(show(three[2])))")
      }
      rows.append(row)
      cells.append(shown)
    }
    let plots = arms.indices.map { index in
      let column = 2 + 3 * index
      let ticks = index == 0 ? ":xtic(1)" : ""
      return "'rates' using \(column):\(column + 1):\(column + 2)\(ticks) "
        + "title columnheader(\(column)) lc rgb '\(CompareChart.colour(index))'"
    }
    let commands = """
      set style data histograms
      set style histogram errorbars gap 1.5
      set errorbars small front lw 1.4 lc rgb 'black'
      set xtics scale 0
      set style fill solid 0.75 noborder
      set boxwidth 0.9 relative
      set grid ytics lw 0.5 dt 3
      set yrange [0:*]
      set ylabel 'per 1000 instructions'
      set key outside top center horizontal reverse Left
      plot \(plots.joined(separator: ", \\\n  "))
      """
    return Figure(
      title: "Miss rates",
      caption: "Misses per 1000 kernel instructions at each level, and page walks; bars are means "
        + "over replicates, whiskers their intervals.",
      plot: .init(
        width: 820, height: 340, commands: commands, tables: [.init(name: "rates", rows: rows)]),
      table: (["metric"] + arms.indices.map { arm($0) + " (interval)" }, cells))
  }

  /// Relative differences of one treatment with intervals.
  func relative(_ treatment: String) -> Figure? {
    var rows: [[String]] = []
    var cells: [[String]] = []
    var beyond: [String] = []
    for item in differences(treatment) {
      guard let name = item["metric"]?.string, let change = CompareChart.relative(item) else {
        continue
      }
      cells.append([name] + change.map { signedPercent($0) })
      // What multiplied would squeeze the rest against zero; the table has it.
      guard abs(change[0]) <= 2, change.allSatisfy({ abs($0) <= 4 }) else {
        beyond.append("\(name) \(signedPercent(change[0]))")
        continue
      }
      rows.append([name] + change.map { Gnuplot.number($0 * 100) } + [""])
    }
    guard !rows.isEmpty else { return nil }
    let height = 90 + 24 * rows.count
    return Figure(
      title: "'\(treatment)' against '\(baseline)', metric by metric",
      caption: "\(isPaired ? "Paired" : "Unpaired") differences with their intervals, in % of the "
        + "baseline's mean, taken as exact. An interval that holds zero "
        + "shows no difference at this number of replicates."
        + (beyond.isEmpty ? "" : " Off this scale: \(beyond.joined(separator: ", "))."),
      plot: .init(
        width: 820, height: height, commands: changePlot("relative", rows: rows.count),
        tables: [.init(name: "relative", rows: rows)]),
      table: (["metric", "difference", "low", "high"], cells))
  }

  /// A difference and its bounds as shares of the baseline's mean; nil where that is zero, or the
  /// two arms are equal.
  private static func relative(_ item: JSONValue) -> [Double]? {
    guard let relative = item["relative"]?.double, let difference = item["difference"]?.double,
      let low = item["low"]?.double, let high = item["high"]?.double, relative != 0,
      difference != 0, case let base = abs(difference / relative), base.isFinite, base != 0,
      abs(relative) < 100
    else { return nil }
    return [difference / base, low / base, high / base]
  }

  /// Points with intervals, one metric a row; rows are name, value, low, high, words. `origin` is
  /// where nothing changes.
  private func changePlot(
    _ table: String, rows: Int, at origin: Int = 0, _ unit: String = "difference, % of the baseline"
  ) -> String {
    """
    set yrange [\(rows):-1]
    set grid xtics lw 0.5 dt 3
    set arrow 1 from \(origin), graph 0 to \(origin), graph 1 nohead lw 1.2
    set xlabel '\(unit)'
    set ytics scale 0
    unset key
    plot '\(table)' using 2:0:3:4:ytic(1) with xerrorbars pt 7 ps 0.7 lw 1.6 \\
      lc rgb '\(CompareChart.colour(1))', \\
      '\(table)' using 4:0:5 with labels left offset 0.8,0
    """
  }

  /// False: replicates of two arms were taken for unrelated samples.
  var isPaired: Bool { json["inference"]?["paired"]?.bool ?? true }

  var baseline: String {
    json["comparisons"]?[0]?["baseline"]?.string ?? (arms.isEmpty ? "baseline" : arm(0))
  }

  func show(_ value: Double?) -> String { value.map { significant($0) } ?? "–" }

  func signed(_ value: Double) -> String {
    (value >= 0 ? "+" : "−") + significant(abs(value), 3)
  }

  /// What loading changes beside the ladder of causes, as one picture.
  func picture() -> Gnuplot.Plot? {
    guard let treatment = json["comparisons"]?[0]?["treatment"]?.string,
      let ladder = waterfall()?.plot
    else { return nil }
    let names = CompareChart.rateMetrics + ["translationCycles.pki"]
    let rows = differences(treatment).compactMap { item -> [String]? in
      guard let name = item["metric"]?.string, names.contains(name),
        let change = CompareChart.relative(item)
      else { return nil }
      // A bound of an interval may lie below nothing at all.
      return [name] + change.map { Gnuplot.number(max(0.1, 1 + $0)) } + [signedPercent(change[0])]
    }
    guard !rows.isEmpty else { return nil }
    let span = rows.flatMap { $0[1...3].compactMap(Double.init) }
    let steps = span.reduce(1, max) / span.reduce(1, min) < 30 ? [1, 2, 5] : [1.0]
    let ticks = [0.1, 1, 10, 100, 1000, 10_000].flatMap { decade in
      steps.map { Gnuplot.number($0 * decade) }
    }
    let commands = """
      set multiplot
      set size 0.46, 1
      set rmargin 9
      set title 'What loading changes'
      set logscale x
      set xtics (\(ticks.joined(separator: ",")))
      \(changePlot("changes", rows: rows.count, at: 1, "times the baseline"))
      reset
      \(Gnuplot.preamble)
      set origin 0.46, 0
      set size 0.54, 1
      set rmargin 9
      set title 'Page walks, cause by cause'
      \(ladder.commands)
      unset multiplot
      """
    return .init(
      width: 1180, height: 350, commands: commands,
      tables: [.init(name: "changes", rows: rows)] + ladder.tables)
  }
}
