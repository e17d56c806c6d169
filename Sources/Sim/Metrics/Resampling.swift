/// Bootstrap intervals: bias-corrected and accelerated (Efron, 1987).
public enum Bootstrap {
  public struct Interval: Hashable, Sendable {
    public let estimate: Double
    public let low: Double
    public let high: Double
  }

  /// BCa interval of `statistic` over one sample (for pairs: over their differences).
  ///
  /// Fewer than two values give an infinite interval, a sample without spread the point.
  /// - Throws: when GSL has no memory.
  public static func interval(
    _ sample: [Double], confidence: Double = 0.95, resamples: Int = 9_999, seed: Seed,
    statistic: ([Double]) -> Double
  ) throws(StatisticsError) -> Interval {
    let observed = sample.isEmpty ? 0 : statistic(sample)
    guard sample.count > 1 else {
      return Interval(estimate: observed, low: -.infinity, high: .infinity)
    }
    let generator = try GSLGenerator(seed: seed)
    var draw = sample
    var estimates: [Double] = []
    estimates.reserveCapacity(resamples)
    for _ in 0..<resamples {
      generator.resample(sample, into: &draw)
      estimates.append(statistic(draw))
    }
    var leaveOneOut: [Double] = []
    for i in sample.indices {
      var rest = sample
      rest.remove(at: i)
      leaveOneOut.append(statistic(rest))
    }
    return bca(
      observed: observed, estimates: estimates, leaveOneOut: leaveOneOut, confidence: confidence)
  }

  /// The interval from a bootstrap distribution and the jackknife's values.
  public static func bca(
    observed: Double, estimates: [Double], leaveOneOut: [Double], confidence: Double
  ) -> Interval {
    let ordered = GSL.sorted(estimates)
    guard let first = ordered.first, let last = ordered.last, first < last else {
      return Interval(estimate: observed, low: observed, high: observed)
    }
    let below = ordered.reduce(0.0) { $0 + ($1 < observed ? 1 : $1 == observed ? 0.5 : 0) }
    let bias = GSL.normalQuantile(below / Double(ordered.count))
    let centre = GSL.mean(leaveOneOut)
    let squares = leaveOneOut.reduce(0.0) { $0 + ($1 - centre) * ($1 - centre) }
    let cubes = leaveOneOut.reduce(0.0) {
      $0 + (centre - $1) * (centre - $1) * (centre - $1)
    }
    let acceleration = squares > 0 ? cubes / (6 * squares * squares.squareRoot()) : 0
    func end(_ fraction: Double) -> Double {
      guard bias.isFinite else { return bias < 0 ? first : last }
      let z = bias + GSL.normalQuantile(fraction)
      let moved = GSL.normalCDF(bias + z / (1 - acceleration * z))
      return GSL.quantile(sorted: ordered, moved)
    }
    let tail = (1 - confidence) / 2
    return Interval(estimate: observed, low: end(tail), high: end(1 - tail))
  }
}

/// Permutation tests: p-values that assume exchangeability and nothing else.
public enum Permutation {
  public struct Result: Hashable, Sendable {
    /// Two-sided: twice the smaller tail, at most 1.
    public let pValue: Double
    /// Every arrangement was counted; otherwise they were drawn at random.
    public let isExact: Bool
    public let arrangements: Int
  }

  /// Arrangements up to which all are counted.
  public static let exactLimit = 1 << 16

  /// Signs of paired differences flipped; the statistic is their mean.
  public static func paired(
    _ differences: [Double], resamples: Int = 9_999, seed: Seed
  ) throws(StatisticsError) -> Result {
    let n = differences.count
    guard n > 0 else { return Result(pValue: 1, isExact: true, arrangements: 1) }
    var tally = Tally(
      observed: differences.reduce(0, +), scale: differences.reduce(0) { $0 + abs($1) })
    if n <= 16 {
      for mask in 0..<(1 << n) {
        var sum = 0.0
        for i in 0..<n { sum += mask >> i & 1 == 0 ? differences[i] : -differences[i] }
        tally.count(sum)
      }
      return tally.result(exact: true)
    }
    let generator = try GSLGenerator(seed: seed)
    for _ in 0..<resamples {
      var sum = 0.0
      for difference in differences { sum += generator.below(2) == 0 ? difference : -difference }
      tally.count(sum)
    }
    return tally.result(exact: false)
  }

  /// Labels of two independent samples exchanged; the statistic is the difference of means.
  public static func independent(
    baseline: [Double], treatment: [Double], resamples: Int = 9_999, seed: Seed
  ) throws(StatisticsError) -> Result {
    let (n, m) = (Double(treatment.count), Double(baseline.count))
    guard n > 0, m > 0 else { return Result(pValue: 1, isExact: true, arrangements: 1) }
    var pool = treatment + baseline
    let total = pool.reduce(0, +)
    func difference(_ sum: Double) -> Double { sum / n - (total - sum) / m }
    var tally = Tally(
      observed: difference(treatment.reduce(0, +)), scale: pool.reduce(0) { $0 + abs($1) })
    if let count = choose(pool.count, treatment.count), count <= exactLimit {
      forEachSum(pool, choosing: treatment.count) { tally.count(difference($0)) }
      return tally.result(exact: true)
    }
    let generator = try GSLGenerator(seed: seed)
    for _ in 0..<resamples {
      generator.shuffle(&pool)
      tally.count(difference(pool.prefix(treatment.count).reduce(0, +)))
    }
    return tally.result(exact: false)
  }

  /// Arrangements at least as extreme as the observed one, with a hair's tolerance for ties that
  /// rounding splits.
  private struct Tally {
    let observed: Double
    let slack: Double
    var total = 0
    var above = 0
    var below = 0

    init(observed: Double, scale: Double) {
      self.observed = observed
      slack = scale * 1e-14
    }

    mutating func count(_ value: Double) {
      total += 1
      if value >= observed - slack { above += 1 }
      if value <= observed + slack { below += 1 }
    }

    /// Random draws count the observed arrangement as one of them (Phipson and Smyth, 2010).
    func result(exact: Bool) -> Result {
      let extra = exact ? 0 : 1
      let tail = Double(min(above, below) + extra) / Double(total + extra)
      return Result(pValue: min(1, 2 * tail), isExact: exact, arrangements: total)
    }
  }

  /// n over k; nil beyond `exactLimit`.
  private static func choose(_ n: Int, _ k: Int) -> Int? {
    var result = 1
    for i in 0..<min(k, n - k) {
      result = result * (n - i) / (i + 1)
      if result > exactLimit { return nil }
    }
    return result
  }

  private static func forEachSum(_ x: [Double], choosing k: Int, _ body: (Double) -> Void) {
    var picked = Array(0..<k)
    while true {
      body(picked.reduce(0.0) { $0 + x[$1] })
      guard let at = picked.indices.last(where: { picked[$0] < x.count - k + $0 }) else { return }
      picked[at] += 1
      for i in (at + 1)..<max(at + 1, k) { picked[i] = picked[i - 1] + 1 }
    }
  }
}
