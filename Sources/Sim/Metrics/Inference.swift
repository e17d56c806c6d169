/// How differences are judged: which interval, which test, and whether replicates are pairs.
public struct Inference: Hashable, Sendable {
  public enum IntervalKind: String, CaseIterable, Sendable {
    /// Student's t.
    case t
    /// Bias-corrected and accelerated bootstrap (Efron, 1987).
    case bca
  }

  public enum TestKind: String, CaseIterable, Sendable {
    case t
    /// Signs of paired differences flipped, or labels exchanged.
    case permutation
  }

  public var interval = IntervalKind.t
  public var test = TestKind.t
  /// False: replicates of two arms are unrelated samples (Welch).
  public var isPaired = true
  /// Draws of the bootstrap, and of a permutation test too large to count out.
  public var resamples = 9_999

  public init() {}

  /// The comparison of two arms' values.
  ///
  /// - Parameter seed: of the resampling.
  /// - Precondition: at least one value each; as many of both when paired.
  /// - Throws: when GSL has no memory, or a bootstrap is asked of unpaired samples.
  public func compare(
    baseline: [Double], treatment: [Double], confidence: Double, seed: Seed
  ) throws(StatisticsError) -> PairedComparison {
    guard isPaired || interval == .t else {
      throw StatisticsError("the BCa interval is of paired differences")
    }
    var result =
      isPaired
      ? PairedComparison(baseline: baseline, treatment: treatment, confidence: confidence)
      : PairedComparison.welch(baseline: baseline, treatment: treatment, confidence: confidence)
    // Without spread, or with one replicate, resampling can say no more.
    guard result.standardError > 0, result.low.isFinite else { return result }
    let differences = isPaired ? zip(treatment, baseline).map { $0 - $1 } : []
    if interval == .bca {
      let interval = try Bootstrap.interval(
        differences, confidence: confidence, resamples: resamples, seed: seed.stream("bca"),
        statistic: Descriptive.mean)
      result.replace(low: interval.low, high: interval.high)
    }
    if test == .permutation {
      let own = seed.stream("permutation")
      let outcome =
        isPaired
        ? try Permutation.paired(differences, resamples: resamples, seed: own)
        : try Permutation.independent(
          baseline: baseline, treatment: treatment, resamples: resamples, seed: own)
      result.replace(pValue: outcome.pValue)
    }
    return result
  }

  /// What a table says of its intervals and p-values.
  public var description: String {
    let pairs = isPaired ? "paired" : "unpaired (Welch)"
    let kind = interval == .bca ? "BCa bootstrap" : "\(pairs) t"
    return test == .t ? kind : "\(kind), p by permutation"
  }
}
