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

  /// One random factor: `groups[i]` holds the values of its level i. Unbalanced groups are fine.
  ///
  /// - Throws: with fewer than two groups, or no group of two values.
  public init(factor: String, groups: [[Double]]) throws(StatisticsError) {
    let groups = groups.filter { !$0.isEmpty }
    let n = Double(groups.reduce(0) { $0 + $1.count })
    let k = Double(groups.count)
    guard k >= 2, n > k else {
      throw StatisticsError("'\(factor)' needs two levels, one of them with two values")
    }
    let grand = GSL.mean(groups.flatMap { $0 })
    var (between, within, squares) = (0.0, 0.0, 0.0)
    for group in groups {
      let (count, mean) = (Double(group.count), GSL.mean(group))
      between += count * (mean - grand) * (mean - grand)
      within += GSL.variance(group) * (count - 1)
      squares += count * count
    }
    let (meanBetween, meanWithin) = (between / (k - 1), within / (n - k))
    let size = (n - squares / n) / (k - 1)
    self.init([
      (
        factor, (meanBetween - meanWithin) / size,
        VarianceComponents.test(meanBetween, k - 1, meanWithin, n - k)
      ),
      ("residual", meanWithin, nil),
    ])
  }

  /// Two crossed random factors: `cells[i][j]` holds the values at level i of `first` and level j
  /// of `second`, equally many everywhere. With one value a cell the interaction cannot be told
  /// from the residual and is reported with it.
  ///
  /// - Throws: with fewer than two levels of either factor, or unequal cells.
  public init(
    first: String, second: String, cells: [[[Double]]]
  ) throws(StatisticsError) {
    let (a, b, r) = (cells.count, cells.first?.count ?? 0, cells.first?.first?.count ?? 0)
    guard a >= 2, b >= 2, r >= 1, cells.allSatisfy({ $0.count == b }),
      cells.allSatisfy({ $0.allSatisfy { $0.count == r } })
    else {
      throw StatisticsError(
        "'\(first)' × '\(second)' needs two levels of each and equally many values in every cell")
    }
    let (A, B, R) = (Double(a), Double(b), Double(r))
    let means = cells.map { $0.map(GSL.mean) }
    let grand = GSL.mean(means.flatMap { $0 })
    let rows = means.map(GSL.mean)
    let columns = (0..<b).map { j in GSL.mean(means.map { $0[j] }) }
    let squared = { (x: Double) in x * x }
    let meanFirst = rows.reduce(0) { $0 + squared($1 - grand) } * B * R / (A - 1)
    let meanSecond = columns.reduce(0) { $0 + squared($1 - grand) } * A * R / (B - 1)
    var crossed = 0.0
    var within = 0.0
    for i in 0..<a {
      for j in 0..<b {
        crossed += squared(means[i][j] - rows[i] - columns[j] + grand)
        within += GSL.variance(cells[i][j]) * (R - 1)
      }
    }
    let degrees = (A - 1) * (B - 1)
    let meanCrossed = crossed * R / degrees
    let test = VarianceComponents.test
    var parts: [(name: String, variance: Double, pValue: Double?)] = [
      (first, (meanFirst - meanCrossed) / (B * R), test(meanFirst, A - 1, meanCrossed, degrees)),
      (second, (meanSecond - meanCrossed) / (A * R), test(meanSecond, B - 1, meanCrossed, degrees)),
    ]
    if r == 1 {
      parts.append(("residual", meanCrossed, nil))
    } else {
      let error = within / (A * B * (R - 1))
      let p = test(meanCrossed, degrees, error, A * B * (R - 1))
      parts.append(("\(first) × \(second)", (meanCrossed - error) / R, p))
      parts.append(("residual", error, nil))
    }
    self.init(parts)
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
