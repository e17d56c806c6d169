/// Splits a total into causes whose effects overlap.
public enum Shapley {
  /// Most causes split exactly: their subsets are enumerated.
  public static let causeLimit = 16

  /// Each cause's contribution averaged over all orders in which causes can be added (Shapley,
  /// 1953). `value[mask]` is the metric with exactly the causes in `mask`'s set bits; the
  /// contributions sum to `value[all] − value[none]`.
  ///
  /// - Precondition: `value` has 2^causes entries, causes at most `causeLimit`.
  public static func contributions(causes: Int, value: [Double]) -> [Double] {
    precondition(causes <= causeLimit && value.count == 1 << causes, "one value a subset")
    guard causes > 0 else { return [] }
    // weight[s] = s! (causes − 1 − s)! / causes!
    var weight = [1 / Double(causes)]
    for s in 1..<causes { weight.append(weight[s - 1] * Double(s) / Double(causes - s)) }
    return (0..<causes).map { cause in
      var sum = 0.0
      for mask in value.indices where mask >> cause & 1 == 0 {
        sum += weight[mask.nonzeroBitCount] * (value[mask | 1 << cause] - value[mask])
      }
      return sum
    }
  }
}

/// The causes averaged over all orders, over replicates: each cause's part of the penalty, with its
/// interval.
public struct CauseLadder: Hashable, Sendable {
  public struct Rung: Hashable, Sendable {
    public let cause: String
    /// Mean over replicates of what adding the cause adds, averaged over all orders.
    public let contribution: Double
    public let low: Double
    public let high: Double
  }

  public let rungs: [Rung]

  /// Averaged over all orders; `values[r]` holds replicate r's metric of every subset.
  public static func orderAveraged(
    causes: [String], values: [[Double]], confidence: Double = 0.95
  ) -> CauseLadder {
    let parts = values.map { Shapley.contributions(causes: causes.count, value: $0) }
    return CauseLadder(causes: causes, parts: parts, confidence: confidence)
  }

  private init(causes: [String], parts: [[Double]], confidence: Double) {
    rungs = causes.indices.map { i in
      let summary = SampleSummary(parts.map { $0[i] }, confidence: confidence)
      return Rung(
        cause: causes[i], contribution: summary.mean, low: summary.low, high: summary.high)
    }
  }
}
