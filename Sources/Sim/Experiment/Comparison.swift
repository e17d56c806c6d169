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

  /// One cause's contribution averaged over all orders.
  public struct AveragedStep: Sendable {
    public let cause: Cause
    public let metric: Metric
    public let rung: CauseLadder.Rung
  }

  public let scenario: Scenario
  public let inference: Inference
  public let arms: [Arm]
  /// Every arm but the first against the first, metric by metric.
  public let differences: [Difference]
  /// Every cause's successive contribution, metric by metric. Contributions of a metric sum to the
  /// whole difference.
  public let ladder: [Step]
  /// The same averaged over all orders of causes (Shapley); empty unless every set of causes was
  /// replayed.
  public let averagedLadder: [AveragedStep]
  /// Empty for generated streams.
  public let steps: [RecordedStep]

  /// Paired t intervals and tests.
  public init(_ result: ExperimentResult) {
    let judged = Judge(result.scenario, Inference())
    self.init(result, judged)
  }

  /// - Throws: `InputError` when `inference` asks for what cannot be computed.
  public init(_ result: ExperimentResult, _ inference: Inference) throws(InputError) {
    let judged = Judge(result.scenario, inference)
    self.init(result, judged)
    if let problem = judged.problem {
      throw InputError(file: result.scenario.file, problem.description)
    }
  }

  /// Compares values as asked, each under a seed of its own.
  private final class Judge {
    let inference: Inference
    private let confidence: Double
    private let seed: Seed
    private(set) var problem: StatisticsError?

    init(_ scenario: Scenario, _ inference: Inference) {
      self.inference = inference
      confidence = scenario.confidence
      seed = scenario.seed.stream("inference")
    }

    func compare(_ name: String, _ baseline: [Double], _ treatment: [Double]) -> PairedComparison {
      do {
        return try inference.compare(
          baseline: baseline, treatment: treatment, confidence: confidence,
          seed: seed.stream(name))
      } catch {
        problem = problem ?? error
        return PairedComparison(baseline: baseline, treatment: treatment, confidence: confidence)
      }
    }
  }

  private init(_ result: ExperimentResult, _ judge: Judge) {
    scenario = result.scenario
    inference = judge.inference
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
            pair: judge.compare("\(plan.name) \(metric.name)", base, own)))
      }
      let facts = result.replicates[0].arms[index].facts
      arms.append(Arm(name: plan.name, metrics: metrics, facts: facts))
    }
    self.arms = arms
    self.differences = differences
    var ladder: [Step] = []
    if result.replicates.allSatisfy({ !$0.rungs.isEmpty }) {
      let machine = scenario.ladder?.machine ?? machine
      for metric in MetricCatalog.all {
        for (rung, cause) in Cause.allCases.enumerated() {
          guard let below = values(metric, on: machine, { $0.rungs[rung] }),
            let above = values(metric, on: machine, { $0.rungs[rung + 1] })
          else { continue }
          ladder.append(
            Step(
              cause: cause, metric: metric,
              pair: judge.compare("\(cause) \(metric.name)", below, above)))
        }
      }
    }
    self.ladder = ladder
    averagedLadder = Comparison.averaged(result)
    steps = Comparison.steps(result, judge)
  }

  private static func averaged(_ result: ExperimentResult) -> [AveragedStep] {
    guard result.replicates.allSatisfy({ !$0.subsets.isEmpty }) else { return [] }
    let machine = result.scenario.ladder?.machine ?? result.scenario.machine
    return MetricCatalog.all.flatMap { metric -> [AveragedStep] in
      let values = result.replicates.map { replicate in
        replicate.subsets.compactMap { arm in
          metric.value(MetricInputs(counters: arm.counters, machine: machine, layout: arm.facts))
        }
      }
      guard values.allSatisfy({ $0.count == 1 << Cause.allCases.count }) else { return [] }
      let ladder = CauseLadder.orderAveraged(
        causes: Cause.allCases.map(\.rawValue), values: values,
        confidence: result.scenario.confidence)
      return zip(Cause.allCases, ladder.rungs).map {
        AveragedStep(cause: $0, metric: metric, rung: $1)
      }
    }
  }

  private static func steps(_ result: ExperimentResult, _ judge: Judge) -> [RecordedStep] {
    let scenario = result.scenario
    guard scenario.arms.count > 1, let first = result.replicates.first else { return [] }
    return first.steps.indices.map { number in
      func values(_ metric: Metric, arm: Int) -> [Double] {
        result.replicates.compactMap { replicate in
          let own = replicate.arms[arm]
          return metric.value(
            MetricInputs(
              counters: own.steps[number], machine: scenario.arms[arm].machine ?? scenario.machine,
              layout: own.facts))
        }
      }
      let differences = MetricCatalog.all.filter(\.needsReplay).compactMap { metric in
        let (base, own) = (values(metric, arm: 0), values(metric, arm: 1))
        return base.isEmpty || base.count != own.count
          ? nil
          : Difference(
            metric: metric, baseline: scenario.arms[0].name, treatment: scenario.arms[1].name,
            pair: judge.compare("step \(number) \(metric.name)", base, own))
      }
      return RecordedStep(step: first.steps[number], differences: differences)
    }
  }

  /// The difference of one metric, treatment the first arm that is not the baseline.
  public func difference(_ metric: String) -> Difference? {
    differences.first { $0.metric.name == metric }
  }
}
