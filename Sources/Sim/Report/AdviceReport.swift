/// The answer of `advise`: what to link in, what that promises, and what the replay measured.
public struct AdviceReport: Sendable {
  private static let metric = "walks.pki"
  private let advice: Advice
  private let instructions: Double
  private let trial: Comparison

  /// - Parameter trial: the comparison of `Advice.trial`.
  public init(_ advice: Advice, _ table: AttributionTable, trial: Comparison) {
    self.advice = advice
    instructions = table.instructions
    self.trial = trial
  }

  /// Walks a thousand instructions the attribution promises to save.
  public var promised: Double {
    1000 * advice.picks.reduce(0) { $0 + $1.walks } / max(1, instructions)
  }

  private func difference(_ metric: String, _ arm: String) -> PairedComparison? {
    trial.differences.first { $0.metric.name == metric && $0.treatment == arm }?.pair
  }

  /// Share of the whole penalty the advice saves, as measured; nil without a penalty.
  public var shareOfPenalty: Double? {
    guard let own = difference(Self.metric, "advised"),
      let all = difference(Self.metric, "all linked in"), all.difference < 0
    else { return nil }
    return own.difference / all.difference
  }

  public var document: ReportDocument {
    let picks = advice.picks.map { pick -> JSONValue in
      [
        "module": .string(pick.module), "bytes": JSONValue(pick.bytes),
        "savedWalks": JSONValue(pick.walks),
      ]
    }
    var csv = CSVTable(header: ["module", "bytes", "savedWalks"])
    for pick in advice.picks {
      csv.append(values: [
        .string(pick.module), JSONValue(pick.bytes), JSONValue(pick.walks),
      ])
    }
    let verified = [Self.metric, "walkCycles.pki", "translationCycles.pki"].map { name in
      JSONValue(difference(name, "advised")) { pair in
        [
          "metric": .string(name), "difference": JSONValue(pair.difference),
          "low": JSONValue(pair.low), "high": JSONValue(pair.high),
          "relative": JSONValue(pair.relative), "pValue": JSONValue(pair.pValue),
          "replicates": JSONValue(pair.replicates),
        ]
      }
    }
    return ReportDocument(
      kind: "advise",
      members: [
        "budget": JSONValue(advice.budget), "bytes": JSONValue(advice.bytes),
        "modules": .array(picks), "promised": ["walks.pki": JSONValue(-promised)],
        "verified": .array(verified),
        "shareOfPenalty": JSONValue(shareOfPenalty) { JSONValue($0) },
      ],
      csv: csv, table: { text(width: $0) })
  }

  private func text(width: Int?) -> String {
    guard !advice.picks.isEmpty else {
      return "No module is worth linking in within \(ByteCount(advice.budget)).\n"
    }
    var table = TextTable(columns: [.init("LINK IN"), .number("bytes"), .number("saves walks")])
    for pick in advice.picks {
      table.append([pick.module, String(pick.bytes), significant(pick.walks)])
    }
    let used = "\(advice.bytes) of \(advice.budget) bytes"
    var lines = [table.text(width: width), "\(used); walks a replicate.", ""]
    lines.append("Promised: \(significant(promised)) walks fewer per 1000 instructions.")
    if let pair = difference(Self.metric, "advised") {
      lines.append(
        "Replayed: \(significant(-pair.difference)) fewer (\(significant(-pair.high)) to "
          + "\(significant(-pair.low)), \(pair.replicates) replicates).")
    }
    if let shareOfPenalty {
      lines.append("That is \(significant(100 * shareOfPenalty, 3)) % of what linking all saves.")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
