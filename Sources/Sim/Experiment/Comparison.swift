/// What an experiment says: each arm's metrics, each arm against the baseline in pairs, and the
/// ladder of causes between them. Every statistic is computed by GSL.
public struct Comparison: Sendable {
  public struct Arm: Sendable {
    public let name: String
    public let metrics: [(metric: Metric, summary: SampleSummary)]
    public let facts: LayoutFacts
  }

  public struct Difference: Sendable {
    public let metric: Metric
    public let baseline: String
    public let treatment: String
    public let pair: PairedComparison
  }

  public struct Step: Sendable {
    public let cause: Cause
    public let metric: Metric
    public let pair: PairedComparison
  }

  /// One step of a recorded stream: the first treatment against the baseline, metric by metric.
  public struct RecordedStep: Sendable {
    public let step: StreamStep
    public let differences: [Difference]
  }

  public let scenario: Scenario
  public let arms: [Arm]
  /// Every arm but the first against the first, metric by metric.
  public let differences: [Difference]
  /// Every cause's successive contribution, metric by metric. Contributions of a metric sum to the
  /// whole difference.
  public let ladder: [Step]
  /// Empty for generated streams.
  public let steps: [RecordedStep]

  public init(_ result: ExperimentResult) {
    scenario = result.scenario
    let confidence = scenario.confidence
    let machine = scenario.machine
    func values(
      _ metric: Metric, on machine: Machine = machine, _ pick: (ReplicateResult) -> ArmResult
    ) -> [Double]? {
      var list: [Double] = []
      for replicate in result.replicates {
        let arm = pick(replicate)
        let inputs = MetricInputs(counters: arm.counters, machine: machine, layout: arm.facts)
        guard let value = metric.value(inputs) else { return nil }
        list.append(value)
      }
      return list.isEmpty ? nil : list
    }
    var arms: [Arm] = []
    var differences: [Difference] = []
    for (index, plan) in scenario.arms.enumerated() {
      var metrics: [(metric: Metric, summary: SampleSummary)] = []
      for metric in MetricCatalog.all {
        guard let own = values(metric, on: plan.machine ?? machine, { $0.arms[index] }) else {
          continue
        }
        metrics.append((metric, SampleSummary(own, confidence: confidence)))
        let first = scenario.arms[0].machine ?? machine
        guard index > 0, let base = values(metric, on: first, { $0.arms[0] }) else { continue }
        differences.append(
          Difference(
            metric: metric, baseline: scenario.arms[0].name, treatment: plan.name,
            pair: PairedComparison(baseline: base, treatment: own, confidence: confidence)))
      }
      let facts = result.replicates[0].arms[index].facts
      arms.append(Arm(name: plan.name, metrics: metrics, facts: facts))
    }
    self.arms = arms
    self.differences = differences
    var ladder: [Step] = []
    if scenario.ladder != nil {
      for metric in MetricCatalog.all {
        for (rung, cause) in Cause.allCases.enumerated() {
          guard let below = values(metric, { $0.rungs[rung] }),
            let above = values(metric, { $0.rungs[rung + 1] })
          else { continue }
          ladder.append(
            Step(
              cause: cause, metric: metric,
              pair: PairedComparison(
                baseline: below, treatment: above, confidence: confidence)))
        }
      }
    }
    self.ladder = ladder
    steps = Comparison.steps(result)
  }

  private static func steps(_ result: ExperimentResult) -> [RecordedStep] {
    let scenario = result.scenario
    guard scenario.arms.count > 1, let first = result.replicates.first else { return [] }
    return first.steps.indices.map { number in
      func values(_ metric: Metric, arm: Int) -> [Double] {
        result.replicates.compactMap { replicate in
          let own = replicate.arms[arm]
          return metric.value(
            MetricInputs(
              counters: own.steps[number], machine: scenario.machine, layout: own.facts))
        }
      }
      let differences = MetricCatalog.all.filter(\.needsReplay).compactMap { metric in
        let (base, own) = (values(metric, arm: 0), values(metric, arm: 1))
        return base.isEmpty || base.count != own.count
          ? nil
          : Difference(
            metric: metric, baseline: scenario.arms[0].name, treatment: scenario.arms[1].name,
            pair: PairedComparison(
              baseline: base, treatment: own, confidence: scenario.confidence))
      }
      return RecordedStep(step: first.steps[number], differences: differences)
    }
  }

  /// The difference of one metric, treatment the first arm that is not the baseline.
  public func difference(_ metric: String) -> Difference? {
    differences.first { $0.metric.name == metric }
  }
}
