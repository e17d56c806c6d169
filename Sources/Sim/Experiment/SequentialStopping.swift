/// Runs replicates until an interval is narrow enough.
public enum SequentialStopping {
  public struct Outcome: Sendable {
    public let result: ExperimentResult
    /// Half-width of the metric's interval over the baseline's mean; nil where that mean is 0.
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
  ///   - precision: half-width of the difference's interval over the baseline's mean.
  ///   - limit: most replicates.
  public static func run(
    _ scenario: Scenario, precision: Double, limit: Int, jobs: Int,
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
      guard let difference = Comparison(result).difference(metric) else {
        return Outcome(
          result: result, reached: nil, shortfall: "\(metric) has no value in this scenario")
      }
      let pair = difference.pair
      let mean = pair.relative == 0 ? 0 : abs(pair.difference / pair.relative)
      let half = (pair.high - pair.low) / 2
      guard mean > 0 || half == 0 else {
        return Outcome(result: result, reached: nil, shortfall: "the baseline's \(metric) is 0")
      }
      let reached = mean > 0 ? half / mean : 0
      if reached <= precision {
        return Outcome(result: result, reached: reached, shortfall: nil)
      }
      let spread = pair.standardError * Double(pair.replicates).squareRoot()
      let needed = Power.pairsForPrecision(
        halfWidth: precision * mean, spread: spread, confidence: pair.confidence)
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
