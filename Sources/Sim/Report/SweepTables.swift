/// A sweep's points brought together: tidy tables, one CSV each and all in one SQLite file.
public struct SweepTables: Sendable {
  public private(set) var tables: [SQLiteFile.Table]
  public private(set) var failures: [SweepFailure] = []
  /// Points with a result.
  public private(set) var finished = 0

  /// Reads every point's result from the store, in the plan's order.
  /// - Throws: when the scenario can no longer be read.
  public init(_ runner: SweepRunner) throws(InputError) {
    let axes = runner.plan.axes
    var points: [[JSONValue]] = []
    var rows: [[[JSONValue]]] = [[], [], []]
    for point in runner.plan.points {
      let key = try runner.key(point)
      let settings = axes.map { axis in JSONValue(point.value(axis)) { SweepTables.typed($0) } }
      let start = [JSONValue(point.index)] + settings
      var status = "missing"
      var message = JSONValue.null
      if let bytes = runner.result(key),
        let json = try? JSONValue(parsing: bytes, file: runner.store.resultPath(key))
      {
        status = "done"
        finished += 1
        rows[0] += SweepTables.metrics(json).map { start + $0 }
        rows[1] += SweepTables.members(json["comparisons"], Self.comparison).map { start + $0 }
        rows[2] += SweepTables.members(json["ladder"], Self.ladder).map { start + $0 }
      } else if let failure = runner.store.failure(key, index: point.index) {
        status = "failed"
        message = .string(failure.message)
        failures.append(failure)
      }
      points.append(start + [.string(key), .string(status), message])
    }
    let taken = Set(["point", "key", "status", "message", "arm"] + Self.summary + Self.comparison)
      .union(Self.ladder)
    // An axis named as a column of ours (`replicates`) gives way.
    let head = ["point"] + axes.map { taken.contains($0) ? "axis.\($0)" : $0 }
    tables = [
      .init(name: "points", columns: head + ["key", "status", "message"], rows: points),
      .init(name: "results", columns: head + ["arm", "metric"] + Self.summary, rows: rows[0]),
      .init(name: "comparisons", columns: head + Self.comparison, rows: rows[1]),
      .init(name: "ladder", columns: head + Self.ladder, rows: rows[2]),
    ]
  }

  private static let summary = ["mean", "low", "high", "n"]
  private static let comparison = [
    "metric", "baseline", "treatment", "difference", "low", "high", "confidence", "relative",
    "pValue", "effectSize", "replicates",
  ]
  private static let ladder = ["cause", "metric", "contribution", "low", "high"]

  /// A word, or the number it spells.
  private static func typed(_ text: String) -> JSONValue {
    if let integer = Int64(text) { return .integer(integer) }
    if let number = Double(text), number.isFinite { return .number(number) }
    return .string(text)
  }

  private static func metrics(_ json: JSONValue) -> [[JSONValue]] {
    var rows: [[JSONValue]] = []
    for arm in json["arms"]?.array ?? [] {
      let metrics = arm["metrics"]?.object ?? [:]
      for name in metrics.keys.sorted() {
        rows.append(
          [arm["name"] ?? .null, .string(name)] + summary.map { metrics[name]?[$0] ?? .null })
      }
    }
    return rows
  }

  private static func members(_ list: JSONValue?, _ names: [String]) -> [[JSONValue]] {
    (list?.array ?? []).map { entry in names.map { entry[$0] ?? .null } }
  }

  /// Writes `points.csv`, `results.csv`, `comparisons.csv`, `ladder.csv` and `results.sqlite`.
  public func write(into folder: String) throws(InputError) {
    for table in tables {
      var csv = CSVTable(header: table.columns)
      for row in table.rows { csv.append(values: row) }
      try AtomicFile.write(csv.bytes, to: "\(folder)/\(table.name).csv")
    }
    try SQLiteFile.write(tables, to: "\(folder)/results.sqlite")
  }
}
