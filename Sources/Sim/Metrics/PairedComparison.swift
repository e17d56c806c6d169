/// Treatment minus baseline for one metric, with everything needed to judge it.
///
/// Edge cases are defined, never NaN. A difference below the rounding error of the values is 0.
/// No spread: the interval is the point; p is 1 when nothing differs, 0 when something does. One
/// replicate: the interval is infinite and p is 1.
public struct PairedComparison: Hashable, Sendable {
  /// Mean of treatment − baseline, in the metric's unit.
  public let difference: Double
  public private(set) var low: Double
  public private(set) var high: Double
  public let confidence: Double
  /// `difference` over the baseline's mean; 0 when both are 0, infinite when only the baseline is.
  public let relative: Double
  /// Two-sided.
  public private(set) var pValue: Double
  /// Cohen's d: for pairs d_z, the mean over the standard deviation of the differences; for
  /// independent samples over the pooled standard deviation. A spread below the rounding error of
  /// the values counts as that rounding error, so the figure stays finite.
  public let effectSize: Double
  /// Pairs; for independent samples the smaller of the two counts.
  public let replicates: Int
  /// Standard error of `difference`.
  public let standardError: Double
  public let degreesOfFreedom: Double

  /// Replicates share their seed between arms: element i of both arms is one pair.
  /// - Precondition: equally many values, at least one.
  public init(baseline: [Double], treatment: [Double], confidence: Double = 0.95) {
    precondition(baseline.count == treatment.count && !baseline.isEmpty, "unpaired samples")
    let n = Double(baseline.count)
    let differences = zip(treatment, baseline).map { $0 - $1 }
    let rounding = PairedComparison.rounding(baseline, treatment)
    var spread = GSL.standardDeviation(differences)
    // Differences that vary only in their last bits are one value computed along several paths.
    if spread <= rounding { spread = 0 }
    self.init(
      difference: GSL.mean(differences), standardError: spread / n.squareRoot(),
      degrees: n - 1, confidence: confidence, baselineMean: GSL.mean(baseline),
      scale: spread, rounding: rounding, replicates: baseline.count)
  }

  /// Arms whose replicates are unrelated: Welch's interval and test, variances not assumed equal.
  /// - Precondition: both samples hold something.
  public static func welch(
    baseline: [Double], treatment: [Double], confidence: Double = 0.95
  ) -> PairedComparison {
    precondition(!baseline.isEmpty && !treatment.isEmpty, "empty sample")
    let (n, m) = (Double(baseline.count), Double(treatment.count))
    let rounding = rounding(baseline, treatment)
    let (a, b) = (GSL.variance(baseline) / n, GSL.variance(treatment) / m)
    var degrees = 0.0
    if n > 1, m > 1 {
      let share = a * a / (n - 1) + b * b / (m - 1)
      degrees = share > 0 ? (a + b) * (a + b) / share : n + m - 2
    }
    let pooled = n + m > 2 ? ((n - 1) * n * a + (m - 1) * m * b) / (n + m - 2) : 0
    return PairedComparison(
      difference: GSL.mean(treatment) - GSL.mean(baseline),
      standardError: (a + b).squareRoot() <= rounding ? 0 : (a + b).squareRoot(),
      degrees: degrees, confidence: confidence, baselineMean: GSL.mean(baseline),
      scale: pooled.squareRoot(), rounding: rounding,
      replicates: min(baseline.count, treatment.count))
  }

  private init(
    difference: Double, standardError: Double, degrees: Double, confidence: Double,
    baselineMean: Double, scale: Double, rounding: Double, replicates: Int
  ) {
    let difference = abs(difference) <= rounding ? 0 : difference
    self.difference = difference
    self.standardError = standardError
    self.confidence = confidence
    self.replicates = replicates
    degreesOfFreedom = degrees
    relative = difference == 0 ? 0 : difference / abs(baselineMean)
    effectSize = difference == 0 ? 0 : difference / max(scale, rounding)
    if degrees <= 0 {
      (low, high, pValue) = (-.infinity, .infinity, 1)
    } else if standardError == 0 {
      (low, high, pValue) = (difference, difference, difference == 0 ? 1 : 0)
    } else {
      let half = GSL.studentUpperQuantile((1 - confidence) / 2, degrees) * standardError
      (low, high) = (difference - half, difference + half)
      pValue = min(1, 2 * GSL.studentUpperTail(abs(difference) / standardError, degrees))
    }
  }

  /// The rounding error of values as large as these.
  private static func rounding(_ a: [Double], _ b: [Double]) -> Double {
    let largest = (a + b).reduce(0) { max($0, abs($1)) }
    return max(largest * 0x1p-50, .leastNormalMagnitude)
  }

  /// Standard deviation of one pair's difference; for independent samples the spread that would
  /// give that standard error to so many pairs.
  public var standardDeviation: Double { standardError * Double(replicates).squareRoot() }

  /// Takes an interval or p-value from elsewhere, such as resampling.
  mutating func replace(low: Double, high: Double) { (self.low, self.high) = (low, high) }
  mutating func replace(pValue: Double) { self.pValue = pValue }
}

/// Corrections for looking at many metrics at once.
public enum MultipleTesting {
  /// Holm's step-down adjusted p-values, in the order given. Control of the family-wise error
  /// without any assumption on dependence (Holm, 1979).
  public static func holm(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
    var adjusted = pValues
    var running = 0.0
    for (rank, index) in order.enumerated() {
      running = max(running, min(1, Double(pValues.count - rank) * pValues[index]))
      adjusted[index] = running
    }
    return adjusted
  }
}
