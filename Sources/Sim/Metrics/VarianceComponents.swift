/// How much of a metric's spread each random factor causes, by analysis of variance.
public struct VarianceComponents: Hashable, Sendable {
  /// One source of spread.
  public struct Component: Hashable, Sendable {
    public let name: String
    /// Estimate by the method of moments, clipped at 0.
    public let variance: Double
    /// Share of the sum of all components; 0 when nothing varies.
    public let share: Double
    /// Upper-tail p-value of the F test that the component is 0; nil for the residual.
    public let pValue: Double?
  }

  public let components: [Component]
  public var total: Double { components.reduce(0) { $0 + $1.variance } }

  private init(_ parts: [(name: String, variance: Double, pValue: Double?)]) {
    let clipped = parts.map { max(0, $0.variance) }
    let total = clipped.reduce(0, +)
    components = zip(parts, clipped).map { part, variance in
      Component(
        name: part.name, variance: variance, share: total > 0 ? variance / total : 0,
        pValue: part.pValue)
    }
  }

  /// Any number of crossed random factors with `levels` each, one value a cell, the last factor
  /// changing fastest. Main effects are told apart; all interactions are in the residual. With two
  /// factors the estimates are unbiased and F is exact. With more they assume that factors do not
  /// interact: where some do, components of the factors involved come out too large, and their p
  /// too small.
  ///
  /// - Throws: with fewer than two factors or levels, or not one value a cell.
  public init(factors: [String], levels: Int, values: [Double]) throws(StatisticsError) {
    let cells = factors.reduce(1) { count, _ in count.multipliedReportingOverflow(by: levels).0 }
    guard factors.count >= 2, levels >= 2, values.count == cells else {
      throw StatisticsError(
        "crossing \(factors.count) factors of \(levels) levels wants one value in each cell")
    }
    let (n, l) = (Double(values.count), Double(levels))
    let grand = GSL.mean(values)
    var rest = GSL.variance(values) * (n - 1)
    var effects: [Double] = []
    for place in factors.indices {
      let stride = factors[(place + 1)...].reduce(1) { count, _ in count * levels }
      var groups = [[Double]](repeating: [], count: levels)
      for (cell, value) in values.enumerated() { groups[cell / stride % levels].append(value) }
      let squares = groups.reduce(0.0) {
        let deviation = GSL.mean($1) - grand
        return $0 + deviation * deviation * n / l
      }
      effects.append(squares / (l - 1))
      rest -= squares
    }
    let degrees = n - 1 - Double(factors.count) * (l - 1)
    // Values that are sums of main effects leave only rounding behind.
    let scale = values.reduce(0) { max($0, abs($1)) }
    let residual = rest <= n * scale * scale * 0x1p-46 ? 0 : rest / degrees
    self.init(
      zip(factors, effects).map { name, square in
        let exact = square <= scale * scale * 0x1p-46 ? 0 : square
        return (
          name, (exact - residual) / (n / l),
          VarianceComponents.test(exact, l - 1, residual, degrees)
        )
      } + [("residual", residual, nil)])
  }

  private static func test(
    _ effect: Double, _ effectDegrees: Double, _ error: Double, _ errorDegrees: Double
  ) -> Double {
    guard error > 0 else { return effect > 0 ? 0 : 1 }
    return GSL.fisherUpperTail(effect / error, effectDegrees, errorDegrees)
  }
}
