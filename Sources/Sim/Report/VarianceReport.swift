extension VarianceStudy {
  /// As table, CSV and JSON.
  public var document: ReportDocument {
    let names = [
      "metric", "treatment", "source", "variance", "standardDeviation", "share", "pValue",
    ]
    var csv = CSVTable(header: names)
    var results: [JSONValue] = []
    for row in rows {
      var sources: [JSONValue] = []
      for part in row.parts.components {
        let values: [JSONValue] = [
          .string(row.metric.name), .string(row.treatment), .string(part.name),
          JSONValue(part.variance), JSONValue(part.variance.squareRoot()), JSONValue(part.share),
          JSONValue(part.pValue) { JSONValue($0) },
        ]
        csv.append(values: values)
        sources.append(
          .object(Dictionary(uniqueKeysWithValues: zip(names.dropFirst(2), values.dropFirst(2)))))
      }
      results.append([
        "metric": .string(row.metric.name), "treatment": .string(row.treatment),
        "difference": JSONValue(row.mean), "sources": .array(sources),
      ])
    }
    return ReportDocument(
      kind: "variance",
      members: [
        "scenario": .string(scenario.name),
        "factors": .array(design.factors.map { .string($0.rawValue) }),
        "levels": JSONValue(design.levels), "replicates": JSONValue(design.cells),
        "results": .array(results),
      ],
      csv: csv, table: { text(width: $0) })
  }

  private func text(width: Int?) -> String {
    let names = design.factors.map(\.rawValue) + ["residual"]
    var table = TextTable(
      columns: [.init("METRIC"), .init("TREATMENT"), .number("difference"), .number("sd")]
        + names.map { .number("\($0) %") })
    for row in rows {
      table.append(
        [
          row.metric.name, row.treatment, significant(row.mean),
          significant(row.parts.total.squareRoot(), 3),
        ] + row.parts.components.map { significant(100 * $0.share, 3) + stars($0.pValue) })
    }
    return """
      Where the spread of the difference comes from: \(design.levels) levels of each factor, \
      \(design.cells) replicates

      \(table.text(width: width))
      Shares of the variance of one replicate; interactions are in the residual\(assumption). \
      * p < 0.05, ** p < 0.001 (F test that the factor causes none).

      """
  }

  /// What three or more factors take for granted.
  private var assumption: String {
    design.factors.count < 3
      ? "" : ", and taken to be none: where factors interact, their shares and stars are too large"
  }

  private func stars(_ p: Double?) -> String {
    guard let p, p < 0.05 else { return "" }
    return p < 0.001 ? " **" : " *"
  }
}
