/// The answer of `compare` as table, CSV and JSON.
public enum CompareReport {
  /// - Parameters:
  ///   - showsSuccessive: false to print the averaged ladder alone, where there is one.
  ///   - stopping: what sequential stopping came to, see `stopping`.
  public static func document(
    _ comparison: Comparison, showsSuccessive: Bool = true, stopping: JSONValue? = nil
  ) -> ReportDocument {
    var members: [String: JSONValue] = [
      "arms": .array(comparison.arms.map(arm)),
      "comparisons": differences(comparison.differences),
      "ladder": .array(comparison.ladder.map(step)),
      "steps": .array(comparison.steps.map(recordedStep)),
      "scenario": .string(comparison.scenario.name),
    ]
    if comparison.inference != Inference() {
      members["inference"] = [
        "interval": .string(comparison.inference.interval.rawValue),
        "test": .string(comparison.inference.test.rawValue),
        "paired": .bool(comparison.inference.isPaired),
      ]
    }
    if !comparison.ladder.isEmpty, let ladder = comparison.scenario.ladder {
      members["ladderArms"] = [
        "baseline": .string(comparison.scenario.arms[ladder.baseline].name),
        "treatment": .string(comparison.scenario.arms[ladder.treatment].name),
      ]
    }
    if !comparison.averagedLadder.isEmpty {
      members["ladderAveraged"] = .array(comparison.averagedLadder.map(averagedStep))
    }
    members["precision"] = stopping
    let notes = comparison.differences.isEmpty ? "" : notes(isStopped: stopping != nil)
    return ReportDocument(
      kind: "compare", members: members, csv: csv(comparison),
      table: {
        CompareTable(comparison, showsSuccessive: showsSuccessive).text(width: $0) + notes
      })
  }

  /// What the figures of a comparison are not.
  private static func notes(isStopped: Bool) -> String {
    "Percentages are of the baseline's mean, taken as exact: intervals are of the difference.\n"
      + (isStopped
        ? "Replicates were added until the interval was that narrow; it covers somewhat less often "
          + "than it says.\n" : "")
  }

  private static func averagedStep(_ step: Comparison.AveragedStep) -> JSONValue {
    [
      "cause": .string(step.cause.rawValue), "metric": .string(step.metric.name),
      "contribution": JSONValue(step.rung.contribution), "low": JSONValue(step.rung.low),
      "high": JSONValue(step.rung.high),
    ]
  }

  private static func arm(_ arm: Comparison.Arm) -> JSONValue {
    var metrics: [String: JSONValue] = [:]
    for (metric, summary) in arm.metrics {
      metrics[metric.name] = [
        "mean": JSONValue(summary.mean), "low": JSONValue(summary.low),
        "high": JSONValue(summary.high), "n": JSONValue(summary.n),
      ]
    }
    return [
      "name": .string(arm.name), "metrics": .object(metrics),
      "entries": ["text": sizes(arm.facts.textEntries), "data": sizes(arm.facts.dataEntries)],
      "modulePages": JSONValue(arm.facts.modulePages),
      "moduleBytes": JSONValue(arm.facts.moduleBytes),
    ]
  }

  private static func sizes(_ entries: [LayoutFacts.SizeCount]) -> JSONValue {
    var members: [String: JSONValue] = [:]
    for entry in entries { members[String(entry.size.bytes)] = JSONValue(entry.count) }
    return .object(members)
  }

  /// What sequential stopping came to.
  public static func stopping(
    _ outcome: SequentialStopping.Outcome, target: Double
  ) -> JSONValue {
    [
      "metric": .string(SequentialStopping.metric), "target": JSONValue(target),
      "reached": JSONValue(outcome.reached) { JSONValue($0) },
      "replicates": JSONValue(outcome.result.replicates.count),
      "shortfall": JSONValue(outcome.shortfall) { .string($0) },
      "nominal": false,
    ]
  }

  /// Every comparison with its p-value adjusted for how many there are (Holm).
  private static func differences(_ list: [Comparison.Difference]) -> JSONValue {
    let adjusted = MultipleTesting.holm(list.map(\.pair.pValue))
    return .array(
      zip(list, adjusted).map { difference, p in
        var json = self.difference(difference)
        guard case .object(var members) = json else { return json }
        members["pValueHolm"] = JSONValue(p)
        json = .object(members)
        return json
      })
  }

  private static func difference(_ difference: Comparison.Difference) -> JSONValue {
    let pair = difference.pair
    return [
      "metric": .string(difference.metric.name), "baseline": .string(difference.baseline),
      "treatment": .string(difference.treatment), "difference": JSONValue(pair.difference),
      "low": JSONValue(pair.low), "high": JSONValue(pair.high),
      "confidence": JSONValue(pair.confidence), "relative": JSONValue(pair.relative),
      "pValue": JSONValue(pair.pValue), "effectSize": JSONValue(pair.effectSize),
      "standardDeviation": JSONValue(pair.standardDeviation),
      "replicates": JSONValue(pair.replicates),
    ]
  }

  private static func step(_ step: Comparison.Step) -> JSONValue {
    [
      "cause": .string(step.cause.rawValue), "metric": .string(step.metric.name),
      "contribution": JSONValue(step.pair.difference), "low": JSONValue(step.pair.low),
      "high": JSONValue(step.pair.high),
    ]
  }

  private static func recordedStep(_ step: Comparison.RecordedStep) -> JSONValue {
    [
      "step": JSONValue(step.step.number), "name": .string(step.step.name),
      "comparisons": .array(step.differences.map(difference)),
    ]
  }

  private static func csv(_ comparison: Comparison) -> CSVTable {
    var table = CSVTable(header: [
      "metric", "baseline", "treatment", "difference", "low", "high", "confidence", "relative",
      "pValue", "effectSize", "replicates",
    ])
    for difference in comparison.differences {
      let pair = difference.pair
      table.append(values: [
        .string(difference.metric.name), .string(difference.baseline),
        .string(difference.treatment), JSONValue(pair.difference), JSONValue(pair.low),
        JSONValue(pair.high), JSONValue(pair.confidence), JSONValue(pair.relative),
        JSONValue(pair.pValue), JSONValue(pair.effectSize), JSONValue(pair.replicates),
      ])
    }
    return table
  }
}
