import CGSL

/// Ordinary least squares: how a penalty grows with pages, entries and reach.
public struct Regression: Hashable, Sendable {
  // Safe: every GSL object is checked for null, freed once by `defer`, and indexed below the n and
  // p it was made with.
  /// One fitted coefficient.
  public struct Coefficient: Hashable, Sendable {
    public let name: String
    public let value: Double
    public let standardError: Double
    public let low: Double
    public let high: Double
    /// Two-sided, of the coefficient being zero.
    public let pValue: Double
  }

  /// `intercept` first, then the predictors in the order given.
  public let coefficients: [Coefficient]
  /// Share of the variance explained; 1 when the response does not vary.
  public let rSquared: Double
  /// Residual standard deviation.
  public let residual: Double
  public let observations: Int
  public let degreesOfFreedom: Int

  /// Fits `response ≈ intercept + Σ coefficient × predictor`.
  ///
  /// - Throws: when there are no more observations than coefficients, when a predictor is
  ///   constant or a sum of others (naming it), or when GSL fails.
  public init(
    response: [Double], predictors: [(name: String, values: [Double])], confidence: Double = 0.95
  ) throws(StatisticsError) {
    let (n, p) = (response.count, predictors.count + 1)
    guard n > p else {
      throw StatisticsError(
        "\(n) observations cannot fit \(p) coefficients; need at least \(p + 1)")
    }
    guard predictors.allSatisfy({ $0.values.count == n }) else {
      throw StatisticsError("a predictor has not one value an observation")
    }
    // Centred and scaled, the rank decision does not depend on units.
    let centres = predictors.map { GSL.mean($0.values) }
    let scales = predictors.map { GSL.standardDeviation($0.values) }
    for (predictor, scale) in zip(predictors, scales) where scale == 0 {
      throw StatisticsError("predictor '\(predictor.name)' is constant")
    }
    let fit = try Regression.fit(response, n, p) { row, column in
      column == 0
        ? 1 : (predictors[column - 1].values[row] - centres[column - 1]) / scales[column - 1]
    }
    let degrees = n - p
    let t = GSL.studentUpperQuantile((1 - confidence) / 2, Double(degrees))
    // intercept = c0 − Σ c_j centre_j / scale_j; its variance follows from the covariances.
    var transform = [[Double]](repeating: [Double](repeating: 0, count: p), count: p)
    transform[0][0] = 1
    for j in 1..<max(1, p) {
      transform[0][j] = -centres[j - 1] / scales[j - 1]
      transform[j][j] = 1 / scales[j - 1]
    }
    coefficients = (0..<p).map { j in
      var (value, variance) = (0.0, 0.0)
      for a in 0..<p {
        value += transform[j][a] * fit.values[a]
        for b in 0..<p { variance += transform[j][a] * transform[j][b] * fit.covariance[a][b] }
      }
      let error = max(0, variance).squareRoot()
      let tail = error > 0 ? GSL.studentUpperTail(abs(value) / error, Double(degrees)) : 0
      return Coefficient(
        name: j == 0 ? "intercept" : predictors[j - 1].name, value: value, standardError: error,
        low: value - t * error, high: value + t * error,
        pValue: error > 0 ? min(1, 2 * tail) : (value == 0 ? 1 : 0))
    }
    let total = GSL.variance(response) * Double(n - 1)
    rSquared = total > 0 ? 1 - fit.sumOfSquares / total : 1
    residual = (fit.sumOfSquares / Double(degrees)).squareRoot()
    observations = n
    degreesOfFreedom = degrees
  }

  private struct Fit {
    var values: [Double]
    var covariance: [[Double]]
    var sumOfSquares: Double
  }

  private static func fit(
    _ response: [Double], _ n: Int, _ p: Int, _ entry: (Int, Int) -> Double
  ) throws(StatisticsError) -> Fit {
    guard GSL.isReady, let x = unsafe gsl_matrix_alloc(n, p), let y = unsafe gsl_vector_alloc(n),
      let c = unsafe gsl_vector_alloc(p), let cov = unsafe gsl_matrix_alloc(p, p),
      let workspace = unsafe gsl_multifit_linear_alloc(n, p)
    else { throw StatisticsError("gsl_multifit_linear_alloc: no memory") }
    defer {
      unsafe gsl_matrix_free(x)
      unsafe gsl_vector_free(y)
      unsafe gsl_vector_free(c)
      unsafe gsl_matrix_free(cov)
      unsafe gsl_multifit_linear_free(workspace)
    }
    for i in 0..<n {
      unsafe gsl_vector_set(y, i, response[i])
      for j in 0..<p { unsafe gsl_matrix_set(x, i, j, entry(i, j)) }
    }
    var (rank, squares) = (0, 0.0)
    let status = unsafe gsl_multifit_linear_tsvd(x, y, 1e-12, c, cov, &squares, &rank, workspace)
    try GSL.check(status, "gsl_multifit_linear_tsvd")
    guard rank == p else {
      throw StatisticsError("the predictors are not independent: rank \(rank) of \(p)")
    }
    return Fit(
      values: (0..<p).map { unsafe gsl_vector_get(c, $0) },
      covariance: (0..<p).map { a in (0..<p).map { unsafe gsl_matrix_get(cov, a, $0) } },
      sumOfSquares: squares)
  }
}
