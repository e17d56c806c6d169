/// The answer of `compare` for people: the sentence, the arms, the differences, the causes.
struct CompareTable {
  let comparison: Comparison

  init(_ comparison: Comparison) { self.comparison = comparison }

  /// Metrics of the main table, in order.
  static let shown = [
    "l1i.mpki", "l1d.mpki", "l2i.mpki", "l2d.mpki", "walks.pki", "walkCycles.pki",
    "translationCycles.pki", "entries.text", "entries.data", "reach.bytes", "pages.modules",
    "pages.table",
  ]

  /// The metric the ladder is printed for.
  static let ladderMetric = "translationCycles.pki"

  func text(width: Int?) -> String {
    var parts = [headline]
    for treatment in comparison.arms.dropFirst() {
      parts.append(differences(against: treatment.name, width: width))
    }
    if !comparison.steps.isEmpty { parts.append(steps(width: width)) }
    if !comparison.ladder.isEmpty { parts.append(ladder(width: width)) }
    parts.append(footing)
    return parts.joined(separator: "\n")
  }

  private var headline: String {
    let scenario = comparison.scenario
    let set = "\(scenario.modules.count) modules, \(scenario.machine.name)"
    guard let d = comparison.difference("translationCycles.pki") else { return set + "\n" }
    let verb = d.pair.difference >= 0 ? "raises" : "lowers"
    let percent = significant(abs(d.pair.relative) * 100, 3)
    let base = d.pair.relative == 0 ? 1 : d.pair.difference / d.pair.relative
    let low = significant(d.pair.low / abs(base) * 100, 3)
    let high = significant(d.pair.high / abs(base) * 100, 3)
    return """
      \(scenario.name): \(set), \(d.pair.replicates) replicates
      '\(d.treatment)' instead of '\(d.baseline)' \(verb) address-translation cycles by \
      \(percent) % (\(Int(d.pair.confidence * 100)) % interval \(low) % to \(high) %)

      """
  }

  private func differences(against treatment: String, width: Int?) -> String {
    guard let base = comparison.arms.first,
      let other = comparison.arms.first(where: { $0.name == treatment })
    else { return "" }
    var table = TextTable(columns: [
      .init("METRIC"), .number(base.name), .number(other.name), .number("difference"),
      .number("interval"), .number("%"), .number("p"), .number("d"),
    ])
    for name in CompareTable.shown {
      guard let a = base.metrics.first(where: { $0.metric.name == name }),
        let b = other.metrics.first(where: { $0.metric.name == name }),
        let d = comparison.differences.first(where: {
          $0.metric.name == name && $0.treatment == treatment
        })
      else { continue }
      table.append([
        name, significant(a.summary.mean), significant(b.summary.mean),
        significant(d.pair.difference),
        "\(significant(d.pair.low)) … \(significant(d.pair.high))",
        d.pair.relative.isFinite ? significant(d.pair.relative * 100, 3) : "–",
        pText(d.pair.pValue),
        abs(d.pair.effectSize) < 1e6 ? significant(d.pair.effectSize, 3) : "–",
      ])
    }
    return table.text(width: width)
  }

  private func pText(_ p: Double) -> String {
    p < 1e-4 ? "<0.0001" : significant(p, 2)
  }

  private func ladder(width: Int?) -> String {
    let steps = comparison.ladder.filter { $0.metric.name == CompareTable.ladderMetric }
    let total = steps.reduce(0) { $0 + $1.pair.difference }
    var table = TextTable(
      title: "Where the difference in \(CompareTable.ladderMetric) comes from",
      columns: [
        .init("CAUSE"), .number("contribution"), .number("interval"), .number("share %"),
      ])
    for step in steps {
      table.append([
        step.cause.summary, significant(step.pair.difference),
        "\(significant(step.pair.low)) … \(significant(step.pair.high))",
        total == 0 ? "–" : significant(step.pair.difference / total * 100, 3),
      ])
    }
    table.append(["in all", significant(total), "", total == 0 ? "–" : "100"])
    return table.text(width: width)
  }

  /// The difference step by step, in the unit of the ladder.
  private func steps(width: Int?) -> String {
    var table = TextTable(
      title: "Difference in \(CompareTable.ladderMetric) by step of the recording",
      columns: [
        .number("STEP"), .init("NAME"), .number("difference"), .number("interval"), .number("%"),
      ])
    for step in comparison.steps {
      guard
        let d = step.differences.first(where: { $0.metric.name == CompareTable.ladderMetric })
      else { continue }
      table.append([
        "\(step.step.number)", step.step.name, significant(d.pair.difference),
        "\(significant(d.pair.low)) … \(significant(d.pair.high))",
        d.pair.relative.isFinite ? significant(d.pair.relative * 100, 3) : "–",
      ])
    }
    return table.text(width: width)
  }

  private var footing: String {
    let machine = comparison.scenario.machine
    let assumed = machine.arrays.filter { $0.evidence.isAssumption }.map(\.name)
    let rests =
      assumed.isEmpty
      ? "" : " Arrays that rest on assumptions: \(assumed.joined(separator: ", "))."
    return """
      Rates are per 1000 instructions (fetches, collapsed repeats included), after warm-up. \
      Interval: paired t, \(Int(comparison.scenario.confidence * 100)) %.\(rests)

      """
  }
}
