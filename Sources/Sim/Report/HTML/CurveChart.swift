/// Miss-ratio curves of a `curve` result: over entries, one line for each number of ways, and over
/// ways, one line for each number of sets.
enum CurveChart {
  private struct Point {
    var sets: Int
    var ways: Int
    var ratio: Double
  }

  static func figures(_ json: JSONValue) -> [CompareChart.Figure] {
    let points = (json["points"]?.array ?? []).compactMap { point -> Point? in
      guard let sets = point["sets"]?.int, let ways = point["ways"]?.int,
        let lookups = point["lookups"]?.double, let misses = point["misses"]?.double, lookups > 0,
        sets > 0, ways > 0, sets < 1 << 31, ways < 1 << 31
      else { return nil }
      return Point(sets: sets, ways: ways, ratio: misses / lookups)
    }
    guard !points.isEmpty else { return [] }
    let rows = points.map {
      [String($0.sets), String($0.ways), String($0.sets * $0.ways), significant($0.ratio, 5)]
    }
    let header = ["sets", "ways", "entries", "miss ratio"]
    var figures = [
      CompareChart.Figure(
        title: "Miss ratio over entries",
        caption: "Exact LRU miss ratio of every geometry, from one pass over the trace.",
        plot: plot(points, line: \.ways, x: { $0.sets * $0.ways }, unit: "-way", axis: "entries"),
        table: (header, rows))
    ]
    if Set(points.map(\.ways)).count > 1 {
      figures.append(
        CompareChart.Figure(
          title: "Miss ratio over ways",
          caption: "The same geometries by associativity: a line is one number of sets.",
          plot: plot(points, line: \.sets, x: { $0.ways }, unit: " sets", axis: "ways"),
          table: (header, rows)))
    }
    return figures
  }

  private static func plot(
    _ points: [Point], line: (Point) -> Int, x: (Point) -> Int, unit: String, axis: String
  ) -> Gnuplot.Plot {
    let all = Set(points.map(line)).sorted()
    // Powers of two tell the story; the table below has every point.
    let chosen = all.filter { $0 & ($0 - 1) == 0 || $0 == all.last }.prefix(12)
    var tables: [Gnuplot.Table] = []
    var plots: [String] = []
    for (index, value) in chosen.enumerated() {
      let own = points.filter { line($0) == value }.sorted { x($0) < x($1) }
      tables.append(
        .init(
          name: "line\(value)",
          rows: own.map { [String(x($0)), Gnuplot.number($0.ratio * 100)] }))
      plots.append(
        "'line\(value)' using 1:2 with linespoints pt 7 ps 0.45 lw 1.8 "
          + "dt \(index / CompareChart.colours.count + 1) "
          + "lc rgb '\(CompareChart.colour(index))' title \(Gnuplot.quoted("\(value)\(unit)"))")
    }
    let commands = """
      set logscale x 2
      set grid lw 0.5 dt 3
      set yrange [0:*]
      set xlabel \(Gnuplot.quoted(axis))
      set ylabel 'miss ratio, %'
      set key top right
      plot \(plots.joined(separator: ", \\\n  "))
      """
    return .init(width: 820, height: 380, commands: commands, tables: tables)
  }
}
