import CGSL

/// What GSL could not do, in its own words.
public struct StatisticsError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// The one place that touches GSL's elementary functions. Its default error handler aborts the
/// process, so it is turned off before the first call and every status is checked instead.
enum GSL {
  // Safe: arrays are lent to GSL with their own counts and never empty; its strings are constants.
  /// Touch before any call. Swift runs the initialiser once, whatever the thread.
  static let isReady: Bool = {
    _ = unsafe gsl_set_error_handler_off()
    return true
  }()

  /// The version of the library in use, for manifests.
  static var version: String { unsafe String(cString: kfrag_gsl_version()) }

  static func check(_ status: Int32, _ what: String) throws(StatisticsError) {
    guard status == 0 else {
      throw StatisticsError(unsafe "\(what): \(String(cString: gsl_strerror(status)))")
    }
  }

  /// Arithmetic mean; 0 of nothing.
  static func mean(_ x: [Double]) -> Double {
    guard isReady, !x.isEmpty else { return 0 }
    return unsafe gsl_stats_mean(x, 1, x.count)
  }

  /// Variance with n − 1 in the denominator; 0 for fewer than two values.
  static func variance(_ x: [Double]) -> Double {
    guard isReady, x.count > 1 else { return 0 }
    return unsafe gsl_stats_variance(x, 1, x.count)
  }

  static func standardDeviation(_ x: [Double]) -> Double { variance(x).squareRoot() }

  static func sorted(_ x: [Double]) -> [Double] {
    guard isReady, !x.isEmpty else { return x }
    var copy = x
    unsafe gsl_sort(&copy, 1, copy.count)
    return copy
  }

  /// Linear interpolation between order statistics (Hyndman and Fan type 7, NumPy's default).
  static func quantile(sorted x: [Double], _ fraction: Double) -> Double {
    guard isReady, !x.isEmpty else { return 0 }
    return unsafe gsl_stats_quantile_from_sorted_data(x, 1, x.count, min(1, max(0, fraction)))
  }

  static func normalCDF(_ z: Double) -> Double { isReady ? gsl_cdf_ugaussian_P(z) : 0 }

  static func normalQuantile(_ p: Double) -> Double { isReady ? gsl_cdf_ugaussian_Pinv(p) : 0 }

  /// P(T > t), upper tail.
  static func studentUpperTail(_ t: Double, _ degrees: Double) -> Double {
    isReady ? gsl_cdf_tdist_Q(t, degrees) : 0
  }

  /// The t with P(T > t) = p, polished by Newton steps to full precision.
  static func studentUpperQuantile(_ p: Double, _ degrees: Double) -> Double {
    guard isReady else { return 0 }
    var t = gsl_cdf_tdist_Qinv(p, degrees)
    for _ in 0..<3 {
      let density = gsl_ran_tdist_pdf(t, degrees)
      guard density > 0, t.isFinite else { break }
      t += (gsl_cdf_tdist_Q(t, degrees) - p) / density
    }
    return t
  }

  /// P(F > f), upper tail.
  static func fisherUpperTail(_ f: Double, _ numerator: Double, _ denominator: Double) -> Double {
    isReady ? gsl_cdf_fdist_Q(f, numerator, denominator) : 0
  }
}

/// GSL's Mersenne Twister, for resampling: one seed, one sequence, on every machine.
@safe struct GSLGenerator: ~Copyable {
  // Safe: the generator is made in `init`, freed in `deinit` and cannot be copied; bounds are
  // positive.
  private let state: UnsafeMutablePointer<gsl_rng>

  /// - Throws: when GSL has no memory for the state.
  init(seed: Seed) throws(StatisticsError) {
    guard GSL.isReady, let state = unsafe gsl_rng_alloc(kfrag_gsl_mt19937()) else {
      throw StatisticsError("gsl_rng_alloc: no memory")
    }
    // The generator reads 32 bits of its seed.
    unsafe gsl_rng_set(
      state, UInt(truncatingIfNeeded: (seed.value ^ (seed.value >> 32)) & 0xffff_ffff))
    unsafe self.state = state
  }

  deinit { unsafe gsl_rng_free(state) }

  /// Uniform in `0 ..< bound`. - Precondition: `0 < bound < 2^32`.
  func below(_ bound: Int) -> Int { unsafe Int(gsl_rng_uniform_int(state, UInt(bound))) }

  /// Fills `out` with draws from `x`, with replacement.
  func resample(_ x: [Double], into out: inout [Double]) {
    for i in out.indices { out[i] = x[below(x.count)] }
  }

  func shuffle(_ x: inout [Double]) {
    unsafe gsl_ran_shuffle(state, &x, x.count, MemoryLayout<Double>.size)
  }
}
