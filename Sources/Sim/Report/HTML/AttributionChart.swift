/// Whose misses they are and why, from an `attribute` result: bars by cause, and a table that
/// sorts.
enum AttributionChart {
  private static let shown = 20

  /// Names of the arms, in order; the last is what loading does.
  private static func arms(_ json: JSONValue) -> [String] {
    (json["arms"]?.array ?? []).compactMap(\.string)
  }

  /// Walks a thousand instructions of one object in one arm, by cause.
  private static func causes(_ row: JSONValue, _ arm: String, _ kilo: Double) -> [Double] {
    let own = row["arms"]?[arm]
    return MissCause.allCases.map { (own?["walkCauses"]?[$0.name]?.double ?? 0) / kilo }
  }

  /// Walks loading adds by object and cause, last arm less first, for those it adds most to.
  static func figure(_ json: JSONValue) -> CompareChart.Figure? {
    let arms = arms(json)
    guard let last = arms.last, let first = arms.first, arms.count > 1,
      let instructions = json["instructions"]?.double, instructions > 0,
      let objects = json["objects"]?.array
    else { return nil }
    let kilo = instructions / 1000
    let ranked = objects.prefix(shown).map { row in
      (
        name: row["object"]?.string ?? "?",
        added: zip(causes(row, last, kilo), causes(row, first, kilo)).map { $0 - $1 }
      )
    }.filter { $0.added.contains { $0 != 0 } }
    guard !ranked.isEmpty else { return nil }
    var tables: [Gnuplot.Table] = [
      .init(name: "names", rows: ranked.enumerated().map { [$1.name, String($0)] })
    ]
    var plots = ["'names' using (NaN):2:ytic(1) notitle"]
    for (index, cause) in MissCause.allCases.enumerated() {
      let rows = ranked.enumerated().map { place, row -> [String] in
        // What is saved stacks to the left of zero, what is added to the right.
        let value = row.added[index]
        let from = row.added[..<index].filter { ($0 < 0) == (value < 0) }.reduce(0, +)
        let ends = [min(from, from + value), max(from, from + value)]
        return ends.map { Gnuplot.number($0) } + [String(place)]
      }
      tables.append(.init(name: cause.name, rows: [[cause.name, "to", "row"]] + rows))
      plots.append(
        "'\(cause.name)' using (($1+$2)/2):3:1:2:($3-0.36):($3+0.36) with boxxyerror "
          + "fs solid 0.8 noborder lc rgb '\(CompareChart.colour(index))' title columnheader(1)")
    }
    let commands = """
      set yrange [\(ranked.count).0:-1]
      set ytics scale 0
      set grid xtics lw 0.5 dt 3
      set arrow 1 from 0, graph 0 to 0, graph 1 nohead lw 1.2
      set xlabel 'walks/1000 instructions added'
      set key outside top center horizontal reverse Left
      plot \(plots.joined(separator: ", \\\n  "))
      """
    return .init(
      title: "Page walks added by object and cause",
      caption: "'\(last)' less '\(first)', for the \(ranked.count) objects it adds most walks to. "
        + "Compulsory: an entry's first lookup; capacity: a fully associative array would miss "
        + "too; flush: an invalidation took it out; conflict: sets or replacement lost it.",
      plot: .init(
        width: 820, height: 110 + 22 * ranked.count, commands: commands, tables: tables),
      table: (
        ["object"] + MissCause.allCases.map(\.name),
        ranked.map { [$0.name] + $0.added.map { significant($0) } }
      ))
  }

  /// Every object, section or symbol by what it costs. False when the result holds none.
  static func table(_ json: JSONValue, _ list: String, into out: inout HTMLWriter) -> Bool {
    let arms = arms(json)
    guard let rows = json[list]?.array, let last = arms.last, let first = arms.first,
      let instructions = json["instructions"]?.double, instructions > 0
    else { return false }
    let kilo = instructions / 1000
    let isWhole = list == "objects"
    let names = isWhole ? ["object"] : ["object", list == "symbols" ? "symbols" : "section"]
    let header =
      names + arms.map { "walks, \($0)" } + ["added", "first level added"]
      + MissCause.allCases.map { "\($0.name) added" }
    let cells = rows.prefix(HTMLTables.rowLimit).map { row -> [String] in
      let before = causes(row, first, kilo)
      let after = causes(row, last, kilo)
      var cells = [row["object"]?.string ?? "?"]
      if !isWhole { cells.append(row["symbol"]?.string ?? row["section"]?.string ?? "–") }
      cells += arms.map { significant((row["arms"]?[$0]?["walks"]?.double ?? 0) / kilo) }
      cells.append(significant((row["addedWalks"]?.double ?? 0) / kilo))
      cells.append(significant((row["addedFirstLevelMisses"]?.double ?? 0) / kilo))
      return cells + zip(after, before).map { significant($0 - $1, 3) }
    }
    HTMLTables.plain(
      header, Array(cells),
      caption: "Modules by cost: \(list), per 1000 instructions, mean of replicates", into: &out)
    return true
  }
}
