/// The causes of a difference, drawn.
extension CompareChart {
  static let ladderMetric = CompareTable.ladderMetric

  /// The metric whose ladder is drawn: page walks, or the first there is.
  var ladderMetric: String? {
    let names = (json["ladder"]?.array ?? []).compactMap { $0["metric"]?.string }
    return names.contains(CompareChart.ladderMetric) ? CompareChart.ladderMetric : names.first
  }

  /// What the ladder stands between: two arms, which need not be the first two.
  private var ladderEnds: (String, String) {
    func name(_ key: String, _ otherwise: String) -> String {
      json["ladderArms"]?[key]?.string.map { "'\($0)'" } ?? otherwise
    }
    return (name("baseline", "all linked in"), name("treatment", "all loaded"))
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
    let ends = ladderEnds
    rows.append(
      ["in all", "0.0"] + [Gnuplot.number(at), "NaN", "NaN", Gnuplot.number(max(at, 0))]
        + [signed(at), "2"])
    cells.append(["in all", show(at), "", "", total == 0 ? "–" : "100 %"])
    return Figure(
      title: "Where the difference comes from",
      caption: "One cause after another, from \(ends.0) to \(ends.1), in \(metric): each "
        + "bar starts where the last ended, whiskers are the interval of that step.",
      plot: waterfallPlot(rows, metric: metric),
      table: (["cause", "contribution", "low", "high", "share"], cells))
  }

  /// The least of 1, 2 and 5 times a power of ten that steps from the least to the greatest of
  /// `values` and zero in at most four, so that the axis's words fit beside one another.
  private static func step(_ values: [Double]) -> Double {
    let quarter = (values.reduce(0, max) - values.reduce(0, min)) / 4
    guard quarter > 0 else { return 1 }
    var power = 1.0
    while power > quarter { power /= 10 }
    while power * 10 < quarter { power *= 10 }
    return [1, 2, 5].map { $0 * power }.first { $0 >= quarter } ?? 10 * power
  }

  private func waterfallPlot(_ rows: [[String]], metric: String) -> Gnuplot.Plot {
    func bars(_ direction: Int, _ colour: String) -> String {
      // x, y, xlow, xhigh, ylow, yhigh of the boxes of one direction
      "'ladder' using ($8==\(direction)?($2+$3)/2:NaN):0:($2<$3?$2:$3):($2<$3?$3:$2):"
        + "($0-0.36):($0+0.36):ytic(1) with boxxyerror fs solid 0.8 noborder lc rgb '\(colour)'"
    }
    let unit = MetricCatalog.named(metric).map { $0.unit } ?? metric
    let ends = rows.flatMap { $0[1...5].compactMap(Double.init) }.filter(\.isFinite)
    let commands = """
      set yrange [\(rows.count - 1).6:-0.6]
      set xrange [*:*]
      set xtics \(Gnuplot.number(CompareChart.step(ends)))
      set offsets graph 0.02, graph 0.16, 0, 0
      set grid xtics lw 0.5 dt 3
      set arrow 1 from 0, graph 0 to 0, graph 1 nohead lw 1.2
      set xlabel \(Gnuplot.quoted(unit))
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
      set xlabel \(Gnuplot.quoted(unit))
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
}
