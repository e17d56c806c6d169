/// Miss-ratio curves of a `curve` result: misses over entries, one line for each number of ways.
enum CurveChart {
  static func figure(_ json: JSONValue) -> CompareChart.Figure? {
    struct Point {
      var sets: Int
      var ways: Int
      var ratio: Double
    }
    let points = (json["points"]?.array ?? []).compactMap { point -> Point? in
      guard let sets = point["sets"]?.int, let ways = point["ways"]?.int,
        let lookups = point["lookups"]?.double, let misses = point["misses"]?.double, lookups > 0,
        sets > 0, ways > 0, sets < 1 << 31, ways < 1 << 31
      else { return nil }
      return Point(sets: sets, ways: ways, ratio: misses / lookups)
    }
    guard !points.isEmpty else { return nil }
    let all = Set(points.map(\.ways)).sorted()
    // Powers of two tell the story; the table below has every point.
    let chosen = all.filter { $0 & ($0 - 1) == 0 || $0 == all.last }.prefix(12)
    var tables: [Gnuplot.Table] = []
    var plots: [String] = []
    for (index, ways) in chosen.enumerated() {
      let own = points.filter { $0.ways == ways }
        .sorted { $0.sets < $1.sets }
      tables.append(
        .init(
          name: "ways\(ways)",
          rows: own.map { [String($0.sets * $0.ways), Gnuplot.number($0.ratio * 100)] }))
      plots.append(
        "'ways\(ways)' using 1:2 with linespoints pt 7 ps 0.45 lw 1.8 "
          + "dt \(index / CompareChart.colours.count + 1) "
          + "lc rgb '\(CompareChart.colour(index))' title '\(ways)-way'")
    }
    let commands = """
      set logscale x 2
      set grid lw 0.5 dt 3
      set yrange [0:*]
      set xlabel 'entries'
      set ylabel 'miss ratio, %'
      set key top right
      plot \(plots.joined(separator: ", \\\n  "))
      """
    let rows = points.map {
      [String($0.sets), String($0.ways), String($0.sets * $0.ways), significant($0.ratio, 5)]
    }
    return .init(
      title: "Miss-ratio curves",
      caption: "Exact LRU miss ratio of every geometry, from one pass over the trace.",
      plot: .init(width: 820, height: 380, commands: commands, tables: tables),
      table: (["sets", "ways", "entries", "miss ratio"], rows))
  }
}
