/// Runs replicates until an interval is narrow enough.
///
/// The interval that stopped the run is not nominal: of many looks the one that happened to be
/// narrow is kept, so it covers somewhat less often than its confidence says (Chow and Robbins,
/// 1965: the shortfall vanishes as the precision asked for goes to zero).
public enum SequentialStopping {
  public struct Outcome: Sendable {
    public let result: ExperimentResult
    /// Half-width of the metric's widest interval, over all treatments, over the baseline's mean;
    /// nil where that mean is 0.
    public let reached: Double?
    /// Why the precision was not reached; nil when it was.
    public let shortfall: String?
  }

  /// The metric precision is asked of.
  public static let metric = "translationCycles.pki"

  /// Starts with the scenario's replicates, then runs as many more as the spread seen so far asks
  /// for, at most doubling each time, so the count depends on the data alone.
  ///
  /// - Parameters:
  ///   - inference: which intervals are to be that narrow.
  ///   - precision: half-width of every difference's interval over the baseline's mean.
  ///   - limit: most replicates.
  public static func run(
    _ scenario: Scenario, _ inference: Inference = Inference(), precision: Double, limit: Int,
    jobs: Int,
    options: ExperimentOptions = ExperimentOptions(),
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws -> Outcome {
    var plan = scenario
    plan.replicates = max(2, min(scenario.replicates, limit))
    var replicates: [ReplicateResult] = []
    while true {
      replicates += try await Experiment.replicates(
        plan, replicates.count..<plan.replicates, jobs: jobs, options: options, progress: progress)
      let result = ExperimentResult(scenario: plan, replicates: replicates)
      let comparison = try Comparison(result, inference)
      let pairs = comparison.differences.filter { $0.metric.name == metric }.map(\.pair)
      let baseline = comparison.arms[0].metrics.first { $0.metric.name == metric }
      guard let baseline, let confidence = pairs.first?.confidence else {
        return Outcome(
          result: result, reached: nil, shortfall: "\(metric) has no value in this scenario")
      }
      let mean = abs(baseline.summary.mean)
      // The widest interval of all treatments decides.
      let half = pairs.reduce(0) { max($0, ($1.high - $1.low) / 2) }
      guard mean > 0 || half == 0 else {
        return Outcome(result: result, reached: nil, shortfall: "the baseline's \(metric) is 0")
      }
      let reached = mean > 0 ? half / mean : 0
      if reached <= precision {
        return Outcome(result: result, reached: reached, shortfall: nil)
      }
      let spread = pairs.reduce(0) { max($0, $1.standardDeviation) }
      let needed = Power.pairsForPrecision(
        halfWidth: precision * mean, spread: spread, confidence: confidence)
      guard plan.replicates < limit else {
        let estimate = needed.map { "about \($0)" } ?? "more than ten million"
        return Outcome(
          result: result, reached: reached,
          shortfall: "\(limit) replicates are the limit; it would take \(estimate)")
      }
      plan.replicates = min(
        limit, max(plan.replicates + 1, min(needed ?? limit, plan.replicates * 2)))
    }
  }
}
