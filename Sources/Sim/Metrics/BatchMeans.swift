/// Inference inside one run, whose successive observations are not independent.
public enum WarmUp {
  /// Observations to discard by the Marginal Standard Error Rule over batches of five (MSER-5;
  /// White, Cobb and Spratt, 2000): the cut that leaves the mean of the rest best known. At most
  /// half the series is given up; `isReliable` is false when the best cut lies at that limit.
  public static func mser(
    _ series: [Double], batch: Int = 5
  ) -> (discard: Int, isReliable: Bool) {
    precondition(batch > 0, "a batch holds something")
    let means = BatchMeans.means(series, size: batch)
    guard means.count >= 2 else { return (0, false) }
    // Sums from the end give the error of every cut in one pass.
    var best = (cut: 0, error: Double.infinity)
    let centre = GSL.mean(means)
    var (sum, squares, count) = (0.0, 0.0, 0.0)
    for cut in stride(from: means.count - 1, through: 0, by: -1) {
      let x = means[cut] - centre
      sum += x
      squares += x * x
      count += 1
      guard cut <= means.count / 2 else { continue }
      let error = max(0, squares - sum * sum / count) / (count * count)
      if error <= best.error { best = (cut, error) }
    }
    return (best.cut * batch, best.cut < means.count / 2)
  }
}

/// The mean of a correlated series with an interval from means of long batches.
public struct BatchMeans: Hashable, Sendable {
  public let summary: SampleSummary
  public let batchSize: Int
  /// Lag-one correlation of the batch means; near 0 when batches are long enough.
  public let correlation: Double

  /// Cuts `series` into `batches` equal batches, dropping the remainder at the front, where what
  /// is left of the warm-up would be.
  ///
  /// - Throws: when a batch would be empty or there are fewer than two.
  public init(
    _ series: [Double], batches: Int = 20, confidence: Double = 0.95
  ) throws(StatisticsError) {
    guard batches >= 2, series.count >= batches else {
      throw StatisticsError("\(series.count) observations do not fill \(batches) batches")
    }
    let size = series.count / batches
    let kept = Array(series.suffix(size * batches))
    let means = BatchMeans.means(kept, size: size)
    let mean = GSL.mean(means)
    summary = SampleSummary(means, confidence: confidence)
    batchSize = size
    let deviations = means.map { $0 - mean }
    let power = deviations.reduce(0) { $0 + $1 * $1 }
    let lagged = zip(deviations, deviations.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    correlation = power > 0 ? lagged / power : 0
  }

  /// Means of successive whole batches.
  static func means(_ series: [Double], size: Int) -> [Double] {
    (0..<(series.count / size)).map { i in GSL.mean(Array(series[i * size..<(i + 1) * size])) }
  }
}
