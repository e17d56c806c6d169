/// How many replicates a comparison takes here, and how many hosts on hardware, to see an effect.
public struct PowerReport: Sendable {
  /// One metric of one comparison.
  public struct Row: Hashable, Sendable {
    public let metric: String
    public let treatment: String
    /// The baseline's mean, which the effect is a share of.
    public let mean: Double
    /// Standard deviation of the paired differences.
    public let spread: Double
    public let replicates: Int
    /// Power of what was run for that effect.
    public let power: Double
    /// Pairs for the power asked for; nil when more than ten million.
    public let needed: Int?
    /// Smallest share of the baseline the replicates that were run show with that power.
    public let detectable: Double?
  }

  public let effect: Double
  public let target: Double
  public let hostSpread: Double
  /// Hosts in each of two groups; nil when more than ten million.
  public let hosts: Int?
  public let rows: [Row]

  /// Reads the comparisons of a `compare` result.
  ///
  /// - Parameters:
  ///   - effect: share of the baseline's mean to be seen, above 0.
  ///   - target: power asked for, between 0 and 1.
  ///   - hostSpread: standard deviation between hosts as a share of the mean.
  ///   - metric: only this one, when given.
  /// - Throws: `InputError` when `result` has no comparisons with an interval, or GSL fails.
  public init(
    result: JSONValue, file: String, effect: Double, target: Double, hostSpread: Double,
    metric: String? = nil
  ) throws(InputError) {
    self.effect = effect
    self.target = target
    self.hostSpread = hostSpread
    guard result["kind"]?.string == "compare", let list = result["comparisons"]?.array else {
      throw InputError(file: file, "no result of 'kfrag compare --json'")
    }
    let inference = result["inference"]
    if inference?["paired"]?.bool == false {
      throw InputError(
        file: file, "was compared with --unpaired; power is of paired differences")
    }
    if inference?["interval"]?.string == Inference.IntervalKind.bca.rawValue,
      list.contains(where: { $0["standardDeviation"] == nil })
    {
      throw InputError(
        file: file, "states no standard deviations, and a BCa interval implies none; compare again")
    }
    let names = list.compactMap { $0["metric"]?.string }
    if let metric, !names.contains(metric) {
      throw InputError(
        file: file, "no metric '\(metric)'" + suggestion(for: metric, in: names))
    }
    do {
      rows = try list.filter { metric == nil || $0["metric"]?.string == metric }
        .compactMap { (entry) throws(StatisticsError) in
          try PowerReport.row(entry, result, effect: effect, target: target)
        }
      let confidence = list.first?["confidence"]?.double ?? 0.95
      hosts = try Power.fewest(target: target) { (n) throws(StatisticsError) in
        try Power.independent(n: n, effect: effect, spread: hostSpread, confidence: confidence)
      }
    } catch {
      throw InputError(file: file, "\(error)")
    }
    guard !rows.isEmpty else {
      throw InputError(file: file, "no comparison with an interval: run at least 2 replicates")
    }
  }

  /// Results that do not state the spread have a t interval that implies it: half-width × √n over
  /// the t quantile.
  private static func row(
    _ entry: JSONValue, _ result: JSONValue, effect: Double, target: Double
  ) throws(StatisticsError) -> Row? {
    guard let metric = entry["metric"]?.string, let treatment = entry["treatment"]?.string,
      let low = entry["low"]?.double, let high = entry["high"]?.double,
      let n = entry["replicates"]?.int, n >= 2,
      let confidence = entry["confidence"]?.double, (0..<1).contains(confidence),
      let baseline = result["arms"]?.array?.first(where: { $0["name"] == entry["baseline"] }),
      let mean = baseline["metrics"]?[metric]?["mean"]?.double, mean != 0
    else { return nil }
    let t = SampleSummary.halfWidth(standardDeviation: 1, n: n, confidence: confidence)
    let spread = entry["standardDeviation"]?.double ?? max(0, high - low) / 2 / t
    guard spread >= 0, spread.isFinite else { return nil }
    let size = effect * abs(mean)
    let needed = try Power.fewest(target: target) { (n) throws(StatisticsError) in
      try Power.paired(n: n, effect: size, spread: spread, confidence: confidence)
    }
    return Row(
      metric: metric, treatment: treatment, mean: mean, spread: spread, replicates: n,
      power: try Power.paired(n: n, effect: size, spread: spread, confidence: confidence),
      needed: needed,
      detectable: try Power.detectable(
        n: n, spread: spread / abs(mean), target: target, confidence: confidence))
  }

  /// As table, CSV and JSON.
  public var document: ReportDocument {
    let names = [
      "metric", "treatment", "mean", "spread", "replicates", "power", "needed", "detectable",
    ]
    let values: [[JSONValue]] = rows.map { row in
      [
        .string(row.metric), .string(row.treatment), JSONValue(row.mean), JSONValue(row.spread),
        JSONValue(row.replicates), JSONValue(row.power), JSONValue(row.needed) { JSONValue($0) },
        JSONValue(row.detectable) { JSONValue($0) },
      ]
    }
    var csv = CSVTable(header: names)
    for row in values { csv.append(values: row) }
    return ReportDocument(
      kind: "power",
      members: [
        "effect": JSONValue(effect), "power": JSONValue(target),
        "hosts": [
          "spread": JSONValue(hostSpread), "perGroup": JSONValue(hosts) { JSONValue($0) },
        ],
        "metrics": .array(
          values.map { .object(Dictionary(uniqueKeysWithValues: zip(names, $0))) }),
      ],
      csv: csv, table: { text(width: $0) })
  }

  private func text(width: Int?) -> String {
    var table = TextTable(columns: [
      .init("METRIC"), .init("TREATMENT"), .number("spread %"), .number("run"), .number("power"),
      .number("needed"), .number("visible %"),
    ])
    for row in rows {
      table.append([
        row.metric, row.treatment, significant(100 * row.spread / abs(row.mean), 3),
        String(row.replicates), significant(row.power, 3), row.needed.map { String($0) } ?? "–",
        row.detectable.map { significant(100 * $0, 3) } ?? "–",
      ])
    }
    let wanted = "\(significant(100 * effect, 3)) % with power \(significant(target, 2))"
    let groups = hosts.map { "\($0) hosts against \($0)" } ?? "more than ten million hosts"
    return """
      Replicates to see a difference of \(wanted)

      \(table.text(width: width))
      On hardware whose hosts differ by \(significant(100 * hostSpread, 3)) % \
      (standard deviation): \(groups).

      """
  }
}
