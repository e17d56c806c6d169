import Foundation
import Testing

@testable import Sim

@Suite("Statistics")
struct StatisticsTests {
  /// A normal deviate (Box and Muller, 1958).
  private static func normal(_ random: inout Xoshiro, sd: Double) -> Double {
    sd * (-2 * log(1 - random.unit())).squareRoot() * cos(2 * .pi * random.unit())
  }

  @Test("intervals cover a known difference in 95 % ± 2 % of 1,000 trials, paired and Welch")
  func coverage() throws {
    var random = Seed(20_260_706).generator()
    func normal(sd: Double) -> Double { Self.normal(&random, sd: sd) }
    var covered = (paired: 0, welch: 0)
    for _ in 0..<1_000 {
      // A shared part per pair, as common random numbers give, and a true difference of 0.02.
      let shared = (0..<10).map { _ in 4 + normal(sd: 1) }
      let a = shared.map { $0 + normal(sd: 0.1) }
      let b = shared.map { $0 + 0.02 + normal(sd: 0.1) }
      let paired = PairedComparison(baseline: a, treatment: b)
      if paired.low <= 0.02, 0.02 <= paired.high { covered.paired += 1 }
      let c = (0..<14).map { _ in 4.02 + normal(sd: 0.3) }
      let welch = PairedComparison.welch(baseline: a, treatment: c)
      if welch.low <= 0.02, 0.02 <= welch.high { covered.welch += 1 }
    }
    #expect((930...970).contains(covered.paired), "\(covered)")
    #expect((930...970).contains(covered.welch), "\(covered)")
  }

  @Test("BCa intervals cover the mean of a skewed difference in 92 % to 97 % of 600 trials")
  func coverageBCa() throws {
    var random = Seed(20_260_707).generator()
    var covered = 0
    for trial in 0..<600 {
      // Exponential with mean 1: t intervals of 40 values miss it on one side.
      let sample = (0..<40).map { _ in -log(1 - random.unit()) }
      let interval = try Bootstrap.interval(
        sample, resamples: 999, seed: Seed(5).stream(trial), statistic: Descriptive.mean)
      if interval.low <= 1, 1 <= interval.high { covered += 1 }
    }
    #expect((552...582).contains(covered), "\(covered)")
  }

  @Test("no spread: the interval is the point; p is 1 without and 0 with a difference")
  func noSpread() {
    let same = PairedComparison(baseline: [2, 2, 2], treatment: [2, 2, 2])
    #expect(same.difference == 0 && same.low == 0 && same.high == 0 && same.pValue == 1)
    #expect(same.effectSize == 0 && same.relative == 0)
    let moved = PairedComparison(baseline: [2, 3, 4], treatment: [3, 4, 5])
    #expect(moved.difference == 1 && moved.low == 1 && moved.high == 1 && moved.pValue == 0)
    #expect(moved.effectSize.isFinite && moved.effectSize > 1e9)
    let welch = PairedComparison.welch(baseline: [1, 1], treatment: [2, 2])
    #expect(welch.low == 1 && welch.high == 1 && welch.pValue == 0 && welch.effectSize.isFinite)
  }

  @Test("differences that vary only by rounding have no spread")
  func rounding() {
    let a = [0.1, 0.2, 0.3, 0.7]
    let b = a.map { $0 + 0.1 }
    let result = PairedComparison(baseline: a, treatment: b)
    #expect(result.low == result.high && result.pValue == 0)
  }

  @Test("a difference below the rounding of the values is none: 0.1 + 0.2 against 0.3")
  func roundedAway() {
    let (a, b) = ([Double](repeating: 0.1 + 0.2, count: 4), [Double](repeating: 0.3, count: 4))
    #expect(a != b)
    for result in [
      PairedComparison(baseline: a, treatment: b), .welch(baseline: a, treatment: b),
    ] {
      #expect(result.difference == 0 && result.pValue == 1 && result.low == 0 && result.high == 0)
    }
  }

  @Test("one replicate says nothing of spread: infinite interval, p 1")
  func single() {
    let one = PairedComparison(baseline: [2], treatment: [3])
    #expect(one.difference == 1 && one.low == -.infinity && one.high == .infinity)
    #expect(one.pValue == 1 && one.effectSize.isFinite)
    #expect(JSONValue(one.low) == .null)
    let summary = SampleSummary([5])
    #expect(summary.mean == 5 && summary.low == -.infinity && summary.n == 1)
  }

  @Test("a zero baseline makes the relative difference infinite, not NaN")
  func zeroBaseline() {
    #expect(PairedComparison(baseline: [0, 0], treatment: [1, 2]).relative == .infinity)
    #expect(PairedComparison(baseline: [0, 0], treatment: [0, 0]).relative == 0)
  }

  @Test("regression names what cannot be fitted")
  func degenerateRegression() {
    let x = [1.0, 2, 3, 4, 5]
    #expect(throws: StatisticsError("predictor 'c' is constant")) {
      try Regression(response: x, predictors: [("c", [1, 1, 1, 1, 1])])
    }
    #expect(throws: StatisticsError.self) {
      try Regression(response: x, predictors: [("a", x), ("b", x.map { 2 * $0 })])
    }
    #expect(throws: StatisticsError.self) {
      try Regression(response: [1, 2], predictors: [("a", [1, 2])])
    }
  }

  @Test("variance components refuse designs that cannot tell sources apart")
  func degenerateComponents() throws {
    #expect(throws: StatisticsError.self) {
      try VarianceComponents(factors: ["f"], levels: 2, values: [1, 2])
    }
    #expect(throws: StatisticsError.self) {
      try VarianceComponents(factors: ["a", "b"], levels: 2, values: [1, 2, 1])
    }
    let flat = try VarianceComponents(factors: ["a", "b"], levels: 2, values: [1, 1, 1, 1])
    #expect(flat.total == 0 && flat.components.allSatisfy { $0.share == 0 })
  }

  @Test("the rungs averaged over all orders sum to the total")
  func ladder() {
    let subsets: [[Double]] = [[0, 1, 2, 4], [1, 2, 4, 7]]
    let averaged = CauseLadder.orderAveraged(causes: ["a", "b"], values: subsets)
    #expect(abs(averaged.rungs.reduce(0) { $0 + $1.contribution } - 5) < 1e-12)
    #expect(averaged.rungs[0].contribution == 1.75)
  }

  @Test("precision asks for as many pairs as make the interval that narrow, and not one more")
  func precision() throws {
    let n = try #require(Power.pairsForPrecision(halfWidth: 0.1, spread: 1))
    func half(_ n: Int) -> Double {
      SampleSummary.halfWidth(standardDeviation: 1, n: n, confidence: 0.95)
    }
    #expect(half(n) <= 0.1 && half(n - 1) > 0.1)
    #expect(Power.pairsForPrecision(halfWidth: 0, spread: 1) == nil)
  }

  @Test("resampling repeats for a seed and differs between seeds")
  func seeds() throws {
    let sample = [1.0, 5, 2, 8, 3, 9]
    func low(_ seed: UInt64) throws -> Double {
      try Bootstrap.interval(sample, resamples: 500, seed: Seed(seed)) { GSL.mean($0) }.low
    }
    #expect(try low(1) == low(1))
    #expect(try Set((1...8).map { try low($0) }).count > 1)
  }
}
