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
      guard let name = item["metric"]?.string, let relative = item["relative"]?.double,
        let difference = item["difference"]?.double, let low = item["low"]?.double,
        let high = item["high"]?.double, relative != 0, difference != 0
      else { continue }
      let base = difference / relative
      guard base.isFinite, base != 0, abs(relative) < 100 else { continue }
      let bounds = [low / abs(base), high / abs(base)]
      let centre = difference / abs(base)
      cells.append([
        name, signedPercent(centre), signedPercent(bounds[0]), signedPercent(bounds[1]),
      ])
      // What multiplied would squeeze the rest against zero; the table has it.
      guard abs(centre) <= 2, bounds.allSatisfy({ abs($0) <= 4 }) else {
        beyond.append("\(name) \(signedPercent(centre))")
        continue
      }
      rows.append(
        [name] + [centre * 100, bounds[0] * 100, bounds[1] * 100].map { Gnuplot.number($0) })
    }
    guard !rows.isEmpty else { return nil }
    let height = 90 + 24 * rows.count
    let commands = """
      set yrange [\(rows.count):-1]
      set grid xtics lw 0.5 dt 3
      set arrow 1 from 0, graph 0 to 0, graph 1 nohead lw 1.2
      set xlabel 'difference, % of the baseline'
      set ytics scale 0
      unset key
      plot 'relative' using 2:0:3:4:ytic(1) with xerrorbars pt 7 ps 0.7 lw 1.6 \\
        lc rgb '\(CompareChart.colour(1))'
      """
    return Figure(
      title: "'\(treatment)' against '\(baseline)', metric by metric",
      caption: "Paired relative differences with their intervals. An interval that holds zero "
        + "shows no difference at this number of replicates."
        + (beyond.isEmpty ? "" : " Off this scale: \(beyond.joined(separator: ", "))."),
      plot: .init(
        width: 820, height: height, commands: commands,
        tables: [.init(name: "relative", rows: rows)]),
      table: (["metric", "difference", "low", "high"], cells))
  }

  var baseline: String {
    json["comparisons"]?[0]?["baseline"]?.string ?? (arms.isEmpty ? "baseline" : arm(0))
  }

  static let ladderMetric = CompareTable.ladderMetric

  /// The metric whose ladder is drawn: translation cycles, or the first there is.
  var ladderMetric: String? {
    let names = (json["ladder"]?.array ?? []).compactMap { $0["metric"]?.string }
    return names.contains(CompareChart.ladderMetric) ? CompareChart.ladderMetric : names.first
  }

  /// The causes of the difference, one step each, as a waterfall.
  func waterfall() -> Figure? {
    guard let metric = ladderMetric else { return nil }
    let steps = (json["ladder"]?.array ?? []).filter { $0["metric"]?.string == metric }
    var rows: [[String]] = []
    var cells: [[String]] = []
    var at = 0.0
    let total = steps.reduce(0) { $0 + ($1["contribution"]?.double ?? 0) }
    for step in steps {
      guard let raw = step["cause"]?.string, let value = step["contribution"]?.double else {
        continue
      }
      let cause = Cause(rawValue: raw)?.summary ?? raw
      let low = step["low"]?.double
      let high = step["high"]?.double
      // label, row, from, to, low, high, where the number is printed, number, direction
      let reach = max(at, at + value, high.map { at + $0 } ?? at)
      rows.append(
        [cause] + [at, at + value].map { Gnuplot.number($0) }
          + [Gnuplot.number(low.map { at + $0 }), Gnuplot.number(high.map { at + $0 })]
          + [Gnuplot.number(reach), signed(value), value >= 0 ? "1" : "0"])
      cells.append([
        cause, show(value), show(low), show(high),
        total == 0 ? "–" : signedPercent(value / total),
      ])
      at += value
    }
    guard !rows.isEmpty else { return nil }
    rows.append(
      ["in all", "0.0"] + [Gnuplot.number(at), "NaN", "NaN", Gnuplot.number(max(at, 0))]
        + [signed(at), "2"])
    cells.append(["in all", show(at), "", "", total == 0 ? "–" : "100 %"])
    return Figure(
      title: "Where the difference comes from",
      caption: "One cause after another, from '\(baseline)' to the loaded layout, in \(metric): "
        + "each bar starts where the last ended, whiskers are the interval of that step.",
      plot: waterfallPlot(rows, metric: metric),
      table: (["cause", "contribution", "low", "high", "share"], cells))
  }

  private func waterfallPlot(_ rows: [[String]], metric: String) -> Gnuplot.Plot {
    func bars(_ direction: Int, _ colour: String) -> String {
      // x, y, xlow, xhigh, ylow, yhigh of the boxes of one direction
      "'ladder' using ($8==\(direction)?($2+$3)/2:NaN):0:($2<$3?$2:$3):($2<$3?$3:$2):"
        + "($0-0.36):($0+0.36):ytic(1) with boxxyerror fs solid 0.8 noborder lc rgb '\(colour)'"
    }
    let unit = MetricCatalog.named(metric).map { $0.unit } ?? metric
    let commands = """
      set yrange [\(rows.count - 1).6:-0.6]
      set xrange [*:*]
      set offsets graph 0.02, graph 0.16, 0, 0
      set grid xtics lw 0.5 dt 3
      set arrow 1 from 0, graph 0 to 0, graph 1 nohead lw 1.2
      set xlabel '\(unit.filter { $0 != "'" && $0 != "`" && $0 != "\\" })'
      set ytics scale 0
      unset key
      plot \(bars(1, CompareChart.colour(1))), \\
        \(bars(0, CompareChart.colour(2))), \\
        \(bars(2, CompareChart.colour(0))), \\
        'ladder' using 3:0:4:5 with xerrorbars pt -1 lw 1.2 lc rgb 'black', \\
        'ladder' using 6:0:7 with labels left offset 0.8,0
      """
    return .init(
      width: 820, height: 90 + 34 * rows.count, commands: commands,
      tables: [.init(name: "ladder", rows: rows)])
  }

  /// Each cause added one by one in ladder order, and averaged over all orders, side by side.
  func averaged() -> Figure? {
    guard let metric = ladderMetric, let steps = json["ladderAveraged"]?.array else { return nil }
    let own = steps.filter { $0["metric"]?.string == metric }
    let single = (json["ladder"]?.array ?? []).filter { $0["metric"]?.string == metric }
    var rows: [[String]] = []
    var cells: [[String]] = []
    for (index, step) in own.enumerated() where index < single.count {
      let raw = step["cause"]?.string ?? "?"
      let cause = Cause(rawValue: raw)?.summary ?? raw
      let six = [single[index], step].flatMap { part in
        ["contribution", "low", "high"].map { part[$0]?.double }
      }
      rows.append([cause] + six.map(Gnuplot.number))
      cells.append([cause] + six.map(show))
    }
    guard !rows.isEmpty else { return nil }
    let unit = MetricCatalog.named(metric)?.unit ?? "difference"
    let commands = """
      set yrange [\(rows.count - 1).7:-0.7]
      set grid xtics lw 0.5 dt 3
      set arrow 1 from 0, graph 0 to 0, graph 1 nohead lw 1.2
      set xlabel '\(unit)'
      set ytics scale 0
      set key outside top center horizontal reverse Left
      plot 'causes' using 2:($0-0.14):3:4:ytic(1) with xerrorbars pt 7 ps 0.7 lw 1.6 \\
        lc rgb '\(CompareChart.colour(1))' title 'one by one', \\
        'causes' using 5:($0+0.14):6:7 with xerrorbars pt 5 ps 0.7 lw 1.6 \\
        lc rgb '\(CompareChart.colour(0))' title 'averaged over all orders'
      """
    return Figure(
      title: "The same causes in any order",
      caption: "What a cause adds depends on which others are there already: beside the one order "
        + "above, the mean over all orders (Shapley), in \(metric). Both sum to the whole.",
      plot: .init(
        width: 820, height: 110 + 40 * rows.count, commands: commands,
        tables: [.init(name: "causes", rows: rows)]),
      table: (["cause", "one by one", "low", "high", "averaged", "low", "high"], cells))
  }

  private func show(_ value: Double?) -> String { value.map { significant($0) } ?? "–" }

  private func signed(_ value: Double) -> String {
    (value >= 0 ? "+" : "−") + significant(abs(value), 3)
  }

  /// Miss rates beside the ladder of causes, as one picture.
  func picture() -> Gnuplot.Plot? {
    guard let rates = rates()?.plot, let ladder = waterfall()?.plot else { return nil }
    let commands = """
      set multiplot
      set size 0.42, 1
      set title 'Misses and page walks'
      \(rates.commands)
      reset
      \(Gnuplot.preamble)
      set origin 0.43, 0
      set size 0.57, 1
      set rmargin 9
      set title 'What loading adds, cause by cause'
      \(ladder.commands)
      unset multiplot
      """
    return .init(
      width: 1180, height: 350, commands: commands, tables: rates.tables + ladder.tables)
  }
}
