import Testing

@testable import Sim

@Suite("Statistics")
struct StatisticsTests {
  @Test("intervals cover a known difference in 95 % ± 2 % of 1,000 trials, paired and Welch")
  func coverage() throws {
    let generator = try GSLGenerator(seed: Seed(20_260_706))
    var covered = (paired: 0, welch: 0)
    for _ in 0..<1_000 {
      // A shared part per pair, as common random numbers give, and a true difference of 0.02.
      let shared = (0..<10).map { _ in 4 + generator.normal(sd: 1) }
      let a = shared.map { $0 + generator.normal(sd: 0.1) }
      let b = shared.map { $0 + 0.02 + generator.normal(sd: 0.1) }
      let paired = PairedComparison(baseline: a, treatment: b)
      if paired.low <= 0.02, 0.02 <= paired.high { covered.paired += 1 }
      let c = (0..<14).map { _ in 4.02 + generator.normal(sd: 0.3) }
      let welch = PairedComparison.welch(baseline: a, treatment: c)
      if welch.low <= 0.02, 0.02 <= welch.high { covered.welch += 1 }
    }
    #expect((930...970).contains(covered.paired), "\(covered)")
    #expect((930...970).contains(covered.welch), "\(covered)")
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
    #expect(throws: StatisticsError.self) { try VarianceComponents(factor: "f", groups: [[1, 2]]) }
    #expect(throws: StatisticsError.self) {
      try VarianceComponents(first: "a", second: "b", cells: [[[1], [2]], [[1], [2, 3]]])
    }
    let flat = try VarianceComponents(factor: "f", groups: [[1, 1], [1, 1]])
    #expect(flat.total == 0 && flat.components.allSatisfy { $0.share == 0 })
  }

  @Test("the ladder's rungs sum to the total, in order and order-averaged")
  func ladder() {
    let steps: [[Double]] = [[1, 3, 4, 9], [2, 3, 3, 8], [1, 2, 5, 9]]
    let ladder = CauseLadder(causes: ["rounding", "basePages", "holes"], steps: steps)
    let total = Descriptive.mean(steps.map { $0[3] - $0[0] })
    #expect(abs(ladder.rungs.reduce(0) { $0 + $1.contribution } - total) < 1e-12)
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
