/// The answer of `compare` for people: the sentence, the arms, the differences, the causes.
struct CompareTable {
  let comparison: Comparison
  private let showsSuccessive: Bool

  init(_ comparison: Comparison, showsSuccessive: Bool = true) {
    self.comparison = comparison
    self.showsSuccessive = showsSuccessive || comparison.averagedLadder.isEmpty
  }

  /// Metrics of the main table, in order.
  static let shown = [
    "l1i.mpki", "l1d.mpki", "l2i.mpki", "l2d.mpki", "walks.pki", "firstWalks.pki",
    "repeatedWalks.pki", "walkCycles.pki",
    "translationCycles.pki", "entries.text", "entries.data", "reach.bytes", "pages.modules",
    "memory.modules", "pages.table",
  ]

  /// The metric the ladder is printed for.
  static let ladderMetric = "walks.pki"

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

  /// What is compared, then a line on misses and one on what they cost: the two need not agree.
  private var headline: String {
    let scenario = comparison.scenario
    let count =
      comparison.differences.first.map {
        ", \($0.pair.replicates) replicate" + ($0.pair.replicates == 1 ? "" : "s")
      } ?? ""
    let machines = Set(scenario.arms.map { ($0.machine ?? scenario.machine).id })
    let machine =
      machines.count > 1
      ? "\(machines.count) machines" : (scenario.arms.first?.machine ?? scenario.machine).name
    var lines = ["\(scenario.name): \(scenario.modules.count) modules, \(machine)\(count)"]
    for metric in CompareTable.headlineMetrics {
      guard let d = comparison.difference(metric.name) else { continue }
      lines.append(
        CompareTable.sentence(
          what: metric.what, treatment: d.treatment, baseline: d.baseline,
          difference: d.pair.difference, relative: d.pair.relative, low: d.pair.low,
          high: d.pair.high, confidence: d.pair.confidence))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What the headline speaks of, in plain words.
  static let headlineMetrics = [
    (name: "walks.pki", what: "page walks (misses no TLB level held)"),
    (name: "repeatedWalks.pki", what: "page walks but for the first of each page"),
    (name: "translationCycles.pki", what: "address-translation cycles"),
  ]

  /// "'modular' instead of 'monolithic' raises page walks by 12 % (95 % interval 11 % to 13 %)".
  static func sentence(
    what: String, treatment: String, baseline: String, difference: Double, relative: Double,
    low: Double, high: Double, confidence: Double
  ) -> String {
    let who = "'\(treatment)' instead of '\(baseline)'"
    let base = relative != 0 && relative.isFinite ? abs(difference / relative) : nil
    func amount(_ value: Double) -> String {
      base.map { "\(significant(value / $0 * 100, 3)) %" } ?? "\(significant(value, 3))/1000"
    }
    let verb = difference > 0 ? "raises" : "lowers"
    guard low.isFinite, high.isFinite else {
      let size = amount(abs(difference))
      return "\(who) \(verb) \(what) by \(size) (one replicate gives no interval)"
    }
    let percent = percentage(confidence)
    func interval(_ from: Double, _ to: Double) -> String {
      "(\(percent) % interval \(amount(from)) to \(amount(to)))"
    }
    guard low > 0 || high < 0 else {
      if difference == 0, low == 0, high == 0 {
        return "\(who) shows no difference in \(what): the same in every replicate"
      }
      return "\(who) shows no difference in \(what) \(interval(low, high))"
    }
    // In the direction of the verb: "lowers by 21 % (9 % to 33 %)".
    let interval = difference > 0 ? interval(low, high) : interval(-high, -low)
    return "\(who) \(verb) \(what) by \(amount(abs(difference))) \(interval)"
  }

  private func differences(against treatment: String, width: Int?) -> String {
    guard let base = comparison.arms.first,
      let other = comparison.arms.first(where: { $0.name == treatment })
    else { return "" }
    let isNarrow = width.map { $0 < 110 } ?? false
    let holm = MultipleTesting.holm(comparison.differences.map(\.pair.pValue))
    var columns: [TextTable.Column] = [
      .init("METRIC"), .number(base.name), .number(other.name), .number("difference"),
      .number("interval"), .number("%"), .number("p"),
    ]
    if !isNarrow { columns += [.number("p, Holm"), .number("d")] }
    var table = TextTable(columns: columns)
    for name in CompareTable.shown {
      guard let a = base.metrics.first(where: { $0.metric.name == name }),
        let b = other.metrics.first(where: { $0.metric.name == name }),
        let place = comparison.differences.firstIndex(where: {
          $0.metric.name == name && $0.treatment == treatment
        })
      else { continue }
      let pair = comparison.differences[place].pair
      var row = [
        name, significant(a.summary.mean), significant(b.summary.mean),
        significant(pair.difference), "\(significant(pair.low)) … \(significant(pair.high))",
        pair.relative.isFinite ? significant(pair.relative * 100, 3) : "–", pText(pair.pValue),
      ]
      if !isNarrow {
        row += [
          pText(holm[place]), abs(pair.effectSize) < 1e6 ? significant(pair.effectSize, 3) : "–",
        ]
      }
      table.append(row)
    }
    return table.text(width: width)
  }

  private func pText(_ p: Double) -> String {
    p < 1e-4 ? "<0.0001" : significant(p, 2)
  }

  private func ladder(width: Int?) -> String {
    let steps = comparison.ladder.filter { $0.metric.name == CompareTable.ladderMetric }
    let averaged = comparison.averagedLadder.filter {
      $0.metric.name == CompareTable.ladderMetric
    }
    let total = steps.reduce(0) { $0 + $1.pair.difference }
    var columns: [TextTable.Column] = [.init("CAUSE")]
    if showsSuccessive { columns += [.number("one by one"), .number("interval")] }
    if !averaged.isEmpty { columns += [.number("over all orders"), .number("interval")] }
    var table = TextTable(
      title: "Where the difference in \(CompareTable.ladderMetric) comes from",
      columns: columns + [.number("share %")])
    func share(_ part: Double) -> String {
      total == 0 ? "–" : significant(part / total * 100, 3)
    }
    for (index, step) in steps.enumerated() {
      var row = [step.cause.summary]
      if showsSuccessive {
        row += [
          significant(step.pair.difference),
          "\(significant(step.pair.low)) … \(significant(step.pair.high))",
        ]
      }
      if index < averaged.count {
        let rung = averaged[index].rung
        row += [
          significant(rung.contribution), "\(significant(rung.low)) … \(significant(rung.high))",
        ]
      }
      let part =
        showsSuccessive || index >= averaged.count
        ? step.pair.difference : averaged[index].rung.contribution
      table.append(row + [share(part)])
    }
    var all = ["in all"]
    if showsSuccessive { all += [significant(total), ""] }
    if !averaged.isEmpty {
      all += [significant(averaged.reduce(0) { $0 + $1.rung.contribution }), ""]
    }
    table.append(all + [total == 0 ? "–" : "100"])
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
    let counted =
      if case .recorded = comparison.scenario.workload {
        "from the first reference on: first touches count, see firstWalks.pki"
      } else {
        "after warm-up"
      }
    return """
      Rates are per 1000 instructions (fetches, collapsed repeats included), \(counted). \
      Interval: \(comparison.inference.description), \
      \(percentage(comparison.scenario.confidence)) %.\(rests)

      """
  }
}
