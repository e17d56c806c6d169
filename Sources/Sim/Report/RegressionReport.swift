/// How a penalty grows with what the layouts of a sweep differ in: least squares over its points.
public struct RegressionReport: Sendable {
  public let metric: String
  public let fit: Regression
  /// Predictors that were left out, and why.
  public let dropped: [(name: String, why: String)]
  private let file: String

  /// What a penalty is laid to unless the user says otherwise.
  public static let predictors = ["pages.modules", "entries.text", "entries.data", "reach.bytes"]

  /// Reads a sweep's `comparisons.csv`: an observation is one point's difference of `metric` for
  /// one treatment, its predictors the differences of other metrics of the same point.
  ///
  /// - Parameter on: predictors; empty: those of `predictors` that vary and are independent.
  /// - Throws: `InputError` when the table lacks a column or metric, or nothing can be fitted.
  public init(
    _ path: String, metric: String, on wanted: [String], confidence: Double = 0.95
  ) throws(InputError) {
    self.metric = metric
    file = path
    let table = try RegressionReport.table(path)
    guard let responses = table[metric] else {
      throw InputError(
        file: path, "no metric '\(metric)'" + suggestion(for: metric, in: table.keys.sorted()))
    }
    if let unknown = wanted.first(where: { table[$0] == nil }) {
      throw InputError(
        file: path, "no metric '\(unknown)'" + suggestion(for: unknown, in: table.keys.sorted()))
    }
    let keys = responses.keys.sorted()
    var chosen: [(name: String, values: [Double])] = []
    var dropped: [(name: String, why: String)] = []
    let names = wanted.isEmpty ? RegressionReport.predictors.filter { $0 != metric } : wanted
    for name in names {
      let values = keys.compactMap { table[name]?[$0] }
      guard values.count == keys.count else {
        dropped.append((name, "not known at every point"))
        continue
      }
      guard Descriptive.standardDeviation(values) > 0 else {
        dropped.append((name, "the same at every point"))
        continue
      }
      chosen.append((name, values))
    }
    let response = keys.compactMap { responses[$0] }
    guard !chosen.isEmpty else {
      throw InputError(file: path, "none of \(names.joined(separator: ", ")) varies over the sweep")
    }
    while true {
      do {
        fit = try Regression(response: response, predictors: chosen, confidence: confidence)
        break
      } catch {
        // Asked for by name, what cannot be fitted is an error; chosen here, the last one goes.
        guard wanted.isEmpty, chosen.count > 1, let last = chosen.popLast() else {
          throw InputError(file: path, error.description)
        }
        dropped.append((last.name, error.description))
      }
    }
    self.dropped = dropped
  }

  /// Differences by metric, by point and treatment.
  private static func table(_ path: String) throws(InputError) -> [String: [String: Double]] {
    let text = try InputFile.text(path, limit: 1 << 30)
    let lines = TextLines.lines(text)
    guard let head = lines.first?.split(separator: ",", omittingEmptySubsequences: false),
      let point = head.firstIndex(of: "point"), let name = head.firstIndex(of: "metric"),
      let treatment = head.firstIndex(of: "treatment"),
      let difference = head.firstIndex(of: "difference")
    else {
      throw InputError(
        file: path, line: 1,
        "no comparisons.csv of a sweep: want point, metric, treatment, "
          + "difference among its columns")
    }
    var table: [String: [String: Double]] = [:]
    for (number, line) in lines.enumerated().dropFirst() where !line.isEmpty {
      let fields = CatalogReader.splitCSV(line[...])
      guard fields.count == head.count, let value = Double(fields[difference]) else {
        throw InputError(
          file: path, line: number + 1, "want \(head.count) fields, and a number as difference")
      }
      table[fields[name], default: [:]]["\(fields[point]) \(fields[treatment])"] = value
    }
    return table
  }

  /// As table, CSV and JSON.
  public var document: ReportDocument {
    let names = ["predictor", "coefficient", "standardError", "low", "high", "pValue"]
    var csv = CSVTable(header: names)
    let rows = fit.coefficients.map { c -> [JSONValue] in
      [
        .string(c.name), JSONValue(c.value), JSONValue(c.standardError), JSONValue(c.low),
        JSONValue(c.high), JSONValue(c.pValue),
      ]
    }
    for row in rows { csv.append(values: row) }
    return ReportDocument(
      kind: "regress",
      members: [
        "metric": .string(metric), "observations": JSONValue(fit.observations),
        "rSquared": JSONValue(fit.rSquared), "residual": JSONValue(fit.residual),
        "degreesOfFreedom": JSONValue(fit.degreesOfFreedom),
        "coefficients": .array(
          rows.map { .object(Dictionary(uniqueKeysWithValues: zip(names, $0))) }),
        "dropped": .array(
          dropped.map { ["predictor": .string($0.name), "why": .string($0.why)] }),
      ],
      csv: csv, table: { text(width: $0) })
  }

  private func text(width: Int?) -> String {
    var table = TextTable(columns: [
      .init("PREDICTOR"), .number("coefficient"), .number("interval"), .number("p"),
    ])
    for c in fit.coefficients {
      table.append([
        c.name, significant(c.value), "\(significant(c.low)) … \(significant(c.high))",
        c.pValue < 1e-4 ? "<0.0001" : significant(c.pValue, 2),
      ])
    }
    let left = dropped.map { "Left out: \($0.name) (\($0.why)).\n" }.joined()
    return """
      Difference in \(metric) by least squares over \(fit.observations) points and treatments, \
      R² \(significant(fit.rSquared, 3)), residual \(significant(fit.residual, 3))

      \(table.text(width: width))
      A coefficient is what one more of the predictor adds.
      \(left)
      """
  }
}
