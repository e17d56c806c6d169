import CGSL

/// How many replicates or hosts it takes to see an effect.
public enum Power {
  // Safe: the workspace is checked for null and freed by `defer`; the parameters the integrand
  // points to outlive the integration.
  /// P(T ≤ t) for Student's t with non-centrality `delta`: the normal probability averaged over
  /// the chi distribution of the estimated spread, integrated by GSL.
  ///
  /// - Throws: when the integration does not converge.
  public static func noncentralT(
    _ t: Double, degrees: Double, delta: Double
  ) throws(StatisticsError) -> Double {
    guard GSL.isReady, degrees > 0 else { throw StatisticsError("t needs degrees of freedom") }
    var parameters = Parameters(
      t: t / degrees.squareRoot(), delta: delta, degrees: degrees,
      logConstant: (degrees / 2 - 1) * M_LN2 + gsl_sf_lngamma(degrees / 2))
    guard let workspace = unsafe gsl_integration_workspace_alloc(400) else {
      throw StatisticsError("gsl_integration_workspace_alloc: no memory")
    }
    defer { unsafe gsl_integration_workspace_free(workspace) }
    // Chi has a standard deviation below 0.71 around about √degrees.
    let centre = max(degrees - 1, 0).squareRoot()
    var (result, error) = (0.0, 0.0)
    let status = unsafe withUnsafeMutablePointer(to: &parameters) { pointer in
      var function = unsafe gsl_function(
        function: { s, raw in
          guard let raw = unsafe raw else { return .nan }
          return unsafe raw.assumingMemoryBound(to: Parameters.self).pointee.integrand(s)
        }, params: UnsafeMutableRawPointer(pointer))
      return unsafe gsl_integration_qag(
        &function, max(0, centre - 9), centre + 9, 1e-13, 1e-12, 400, Int32(GSL_INTEG_GAUSS61),
        workspace, &result, &error)
    }
    // Round-off means the tolerance was below what doubles hold; the result stands.
    if status != Int32(GSL_EROUND) { try GSL.check(status, "gsl_integration_qag") }
    return min(1, max(0, result))
  }

  private struct Parameters {
    let t: Double
    let delta: Double
    let degrees: Double
    let logConstant: Double

    func integrand(_ s: Double) -> Double {
      guard s > 0 else { return degrees == 1 ? gsl_cdf_ugaussian_P(-delta) * exp(-logConstant) : 0 }
      let density = exp((degrees - 1) * log(s) - s * s / 2 - logConstant)
      return density * gsl_cdf_ugaussian_P(t * s - delta)
    }
  }

  /// Power of the two-sided t test at `n` pairs for a mean difference of `effect` when differences
  /// have standard deviation `spread`.
  public static func paired(
    n: Int, effect: Double, spread: Double, confidence: Double = 0.95
  ) throws(StatisticsError) -> Double {
    guard n >= 2 else { return 0 }
    guard spread > 0 else { return effect == 0 ? 1 - confidence : 1 }
    return try twoSided(
      degrees: Double(n - 1), delta: abs(effect) / spread * Double(n).squareRoot(),
      confidence: confidence)
  }

  /// Power of the two-sided t test with `n` in each of two independent groups of that spread.
  public static func independent(
    n: Int, effect: Double, spread: Double, confidence: Double = 0.95
  ) throws(StatisticsError) -> Double {
    guard n >= 2 else { return 0 }
    guard spread > 0 else { return effect == 0 ? 1 - confidence : 1 }
    return try twoSided(
      degrees: Double(2 * n - 2), delta: abs(effect) / spread * (Double(n) / 2).squareRoot(),
      confidence: confidence)
  }

  private static func twoSided(
    degrees: Double, delta: Double, confidence: Double
  ) throws(StatisticsError) -> Double {
    let critical = GSL.studentUpperQuantile((1 - confidence) / 2, degrees)
    let upper = try 1 - noncentralT(critical, degrees: degrees, delta: delta)
    return try upper + noncentralT(-critical, degrees: degrees, delta: delta)
  }

  /// Fewest observations (at least two, at most `limit`) that reach `target` by `power`, which must
  /// grow with its argument; nil when even `limit` does not.
  public static func fewest(
    target: Double, limit: Int = 10_000_000,
    power: (Int) throws(StatisticsError) -> Double
  ) throws(StatisticsError) -> Int? {
    var (low, high) = (1, 2)
    while try power(high) < target {
      guard high < limit else { return nil }
      (low, high) = (high, min(limit, high * 2))
    }
    while high - low > 1 {
      let middle = (low + high) / 2
      if try power(middle) < target { low = middle } else { high = middle }
    }
    return high
  }

  /// The smallest mean difference `n` pairs of that spread show with `target` power, to one part in
  /// a million; 0 without spread, nil below two pairs.
  public static func detectable(
    n: Int, spread: Double, target: Double, confidence: Double = 0.95
  ) throws(StatisticsError) -> Double? {
    guard n >= 2 else { return nil }
    guard spread > 0 else { return 0 }
    var (low, high) = (0.0, spread)
    while try paired(n: n, effect: high, spread: spread, confidence: confidence) < target {
      (low, high) = (high, high * 2)
      guard high < spread * 1e6 else { return nil }
    }
    while high - low > 1e-6 * high {
      let middle = (low + high) / 2
      let power = try paired(n: n, effect: middle, spread: spread, confidence: confidence)
      if power < target { low = middle } else { high = middle }
    }
    return high
  }

  /// Fewest pairs for the interval of a mean difference to be at most `halfWidth` on either side;
  /// nil beyond `limit`.
  public static func pairsForPrecision(
    halfWidth: Double, spread: Double, confidence: Double = 0.95, limit: Int = 10_000_000
  ) -> Int? {
    guard spread > 0 else { return 2 }
    guard halfWidth > 0 else { return nil }
    func isEnough(_ n: Int) -> Bool {
      SampleSummary.halfWidth(standardDeviation: spread, n: n, confidence: confidence) <= halfWidth
    }
    var (low, high) = (1, 2)
    while !isEnough(high) {
      guard high < limit else { return nil }
      (low, high) = (high, min(limit, high * 2))
    }
    while high - low > 1 {
      let middle = (low + high) / 2
      if isEnough(middle) { high = middle } else { low = middle }
    }
    return high
  }
}
