extension Timeline {
  /// As table, CSV and JSON.
  public var document: ReportDocument {
    var csv = CSVTable(header: ["arm", "metric", "window", "instructions", "value"])
    for line in series {
      for (window, value) in line.values.enumerated() {
        csv.append(values: [
          .string(line.arm), .string(line.metric.name), JSONValue(window + 1),
          JSONValue(ends[window]), JSONValue(value),
        ])
      }
    }
    return ReportDocument(
      kind: "timeline",
      members: [
        "scenario": .string(scenario.name), "windows": .array(ends.map { JSONValue($0) }),
        "events": .array(
          events.map {
            ["instructions": JSONValue($0.instructions), "what": .string($0.what)]
          }),
        "series": .array(series.map(Timeline.json)),
      ],
      csv: csv, table: { text(width: $0) })
  }

  private static func json(_ series: Series) -> JSONValue {
    [
      "arm": .string(series.arm), "metric": .string(series.metric.name),
      "values": .array(series.values.map { JSONValue($0) }),
      "warmUpWindows": JSONValue(series.warmUp.discard),
      "warmUpIsReliable": .bool(series.warmUp.isReliable),
      "mean": JSONValue(series.means?.summary.mean) { JSONValue($0) },
      "low": JSONValue(series.means?.summary.low) { JSONValue($0) },
      "high": JSONValue(series.means?.summary.high) { JSONValue($0) },
      "batchSize": JSONValue(series.means?.batchSize) { JSONValue($0) },
      "batchCorrelation": JSONValue(series.means?.correlation) { JSONValue($0) },
    ]
  }

  private func text(width: Int?) -> String {
    var table = TextTable(columns: [
      .init("METRIC"), .init("ARM"), .init("OVER TIME"), .number("warm-up"), .number("mean"),
      .number("interval"), .number("lag 1"),
    ])
    // What the other columns leave of the line is the picture's.
    let room = min(60, max(12, (width ?? 120) - 88))
    for line in series {
      let share = 100 * Double(line.warmUp.discard) / Double(max(1, line.values.count))
      let means = line.means
      table.append([
        line.metric.name, line.arm, Sparkline.text(line.values, width: room),
        significant(share, 3) + " %" + (line.warmUp.isReliable ? "" : " ?"),
        means.map { significant($0.summary.mean) } ?? "–",
        means.map { "\(significant($0.summary.low)) … \(significant($0.summary.high))" } ?? "–",
        means.map { significant($0.correlation, 2) } ?? "–",
      ])
    }
    let events = events.prefix(20).map { "\($0.what) at \($0.instructions)" }
    let happened = events.isEmpty ? "" : "Instructions before: \(events.joined(separator: ", ")).\n"
    return """
      One replicate in \(ends.count) windows, warm-up included

      \(table.text(width: width))
      \(happened)Warm-up by MSER-5 (? means the run is too short to tell); mean and interval from \
      means of batches after it, whose lag-one correlation should be near 0.

      """
  }
}

/// A row of numbers as bars of eight heights.
public enum Sparkline {
  private static let bars = Array("▁▂▃▄▅▆▇█")

  /// `values` in at most `width` characters, each the mean of its share; the scale runs from 0, or
  /// the least value where that is below 0, to the greatest. Empty for none.
  public static func text(_ values: [Double], width: Int) -> String {
    let values = values.map { $0.isFinite ? $0 : 0 }
    let count = min(width, values.count)
    guard count > 0 else { return "" }
    let means = (0..<count).map { i -> Double in
      let part = values[(i * values.count / count)..<((i + 1) * values.count / count)]
      return part.reduce(0, +) / Double(part.count)
    }
    let (low, high) = (min(0, means.min() ?? 0), means.max() ?? 0)
    return String(
      means.map { value in
        let height = high > low ? (value - low) / (high - low) : 0
        return bars[min(7, max(0, Int((height * 8).rounded(.down))))]
      })
  }
}
