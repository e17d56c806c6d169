/// Mean of a sample with its interval: what is said about one metric of one arm.
public struct SampleSummary: Hashable, Sendable {
  /// Replicates.
  public let n: Int
  public let mean: Double
  /// Standard deviation, n − 1 in the denominator; 0 for fewer than two values.
  public let standardDeviation: Double
  /// Ends of the t interval of the mean; infinite for a single value, which says nothing of spread.
  public let low: Double
  public let high: Double
  public let confidence: Double

  public init(_ values: [Double], confidence: Double = 0.95) {
    n = values.count
    mean = GSL.mean(values)
    let spread = GSL.standardDeviation(values)
    standardDeviation = spread
    self.confidence = confidence
    let half = SampleSummary.halfWidth(standardDeviation: spread, n: n, confidence: confidence)
    low = mean - half
    high = mean + half
  }

  /// Half the width of the t interval of a mean of `n` values; 0 without spread, infinite below 2.
  public static func halfWidth(standardDeviation: Double, n: Int, confidence: Double) -> Double {
    guard n > 1 else { return .infinity }
    guard standardDeviation > 0 else { return 0 }
    let t = GSL.studentUpperQuantile((1 - confidence) / 2, Double(n - 1))
    return t * standardDeviation / Double(n).squareRoot()
  }
}

/// Order statistics and moments of a sample.
public enum Descriptive {
  public static func mean(_ x: [Double]) -> Double { GSL.mean(x) }

  /// n − 1 in the denominator; 0 for fewer than two values.
  public static func standardDeviation(_ x: [Double]) -> Double { GSL.standardDeviation(x) }
}
