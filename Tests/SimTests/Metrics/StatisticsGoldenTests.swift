import Foundation
import Testing

@testable import Sim

/// Every number SciPy or NumPy gives for the same data (Tests/Golden/make_statistics.py).
@Suite("Statistics against SciPy")
struct StatisticsGoldenTests {
  let golden: JSONValue

  init() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Golden/statistics.json").standardizedFileURL.path
    let bytes = try #require(FileManager.default.contents(atPath: path))
    golden = try JSONValue(parsing: bytes, file: path)
  }

  private func number(_ path: String...) throws -> Double {
    var value = golden
    for key in path { value = try #require(value[key], "\(key)") }
    return try #require(value.double)
  }

  private func rows(_ value: JSONValue?) throws -> [[Double]] {
    try #require(value?.array).map { try list($0) }
  }

  private func list(_ value: JSONValue?) throws -> [Double] {
    try #require(value?.array).map { try #require($0.double) }
  }

  private func near(_ a: Double, _ b: Double, _ tolerance: Double = 1e-10) -> Bool {
    abs(a - b) <= tolerance * max(1e-3, abs(a), abs(b))
  }

  @Test("normal and t quantiles, t and F tails")
  func distributions() throws {
    for row in try rows(golden["normal_quantiles"]) {
      #expect(near(GSL.normalQuantile(row[0]), row[1]))
    }
    for row in try rows(golden["t_quantiles"]) {
      #expect(near(GSL.studentUpperQuantile(row[0], row[1]), row[2]), "\(row)")
    }
    for row in try rows(golden["t_tails"]) {
      #expect(near(GSL.studentUpperTail(row[0], row[1]), row[2]), "\(row)")
    }
    for row in try rows(golden["f_tails"]) {
      #expect(near(GSL.fisherUpperTail(row[0], row[1], row[2]), row[3]), "\(row)")
    }
  }

  @Test("the non-central t distribution")
  func noncentral() throws {
    for row in try rows(golden["nct"]) {
      let value = try Power.noncentralT(row[0], degrees: row[1], delta: row[2])
      #expect(abs(value - row[3]) < 1e-9, "\(row) gave \(value)")
    }
  }

  @Test("paired difference, interval, p and d_z")
  func paired() throws {
    let (a, b) = (try list(golden["baseline"]), try list(golden["treatment"]))
    let result = PairedComparison(baseline: a, treatment: b)
    #expect(near(result.difference, try number("paired", "difference")))
    #expect(near(result.low, try number("paired", "low")))
    #expect(near(result.high, try number("paired", "high")))
    #expect(near(result.pValue, try number("paired", "p")))
    #expect(near(result.effectSize, try number("paired", "dz")))
    #expect(near(result.relative, try number("paired", "relative")))
    let wide = PairedComparison(baseline: a, treatment: b, confidence: 0.99)
    #expect(near(wide.low, try number("paired", "low99")))
    #expect(near(wide.high, try number("paired", "high99")))
  }

  @Test("Welch difference, interval, p, degrees of freedom and d")
  func welch() throws {
    let result = PairedComparison.welch(
      baseline: try list(golden["baseline"]), treatment: try list(golden["other"]))
    #expect(near(result.difference, try number("welch", "difference")))
    #expect(near(result.low, try number("welch", "low")))
    #expect(near(result.high, try number("welch", "high")))
    #expect(near(result.pValue, try number("welch", "p")))
    #expect(near(result.degreesOfFreedom, try number("welch", "df")))
    #expect(near(result.effectSize, try number("welch", "d")))
  }

  @Test("the BCa interval of a given bootstrap distribution, and of our own resamples within 2 %")
  func bootstrap() throws {
    let sample = try list(golden["other"])
    let given = Bootstrap.bca(
      observed: GSL.mean(sample), estimates: try list(golden["bootstrap"]?["estimates"]),
      leaveOneOut: try list(golden["bootstrap"]?["jackknife"]), confidence: 0.95)
    #expect(near(given.low, try number("bootstrap", "low")))
    #expect(near(given.high, try number("bootstrap", "high")))
    let (low, high) = (try number("bootstrap", "low_many"), try number("bootstrap", "high_many"))
    let own = try Bootstrap.interval(sample, resamples: 100_000, seed: Seed(3)) { GSL.mean($0) }
    #expect(abs(own.low - low) < 0.02 * (high - low))
    #expect(abs(own.high - high) < 0.02 * (high - low))
  }

  @Test("permutation tests over all arrangements, and random ones close to them")
  func permutation() throws {
    let differences = zip(try list(golden["treatment"]), try list(golden["baseline"])).map(-)
    let exact = try Permutation.paired(differences, seed: Seed(1))
    #expect(exact.isExact && exact.arrangements == 4096)
    #expect(near(exact.pValue, try number("permutation", "paired")))
    let (a, b) = (try list(golden["baseline"]), try list(golden["other"]))
    let labels = try Permutation.independent(
      baseline: Array(a.prefix(7)), treatment: Array(b.prefix(6)), seed: Seed(1))
    #expect(labels.isExact && labels.arrangements == 1716)
    #expect(near(labels.pValue, try number("permutation", "independent")))
    let many = try Permutation.independent(
      baseline: a, treatment: b, resamples: 40_000, seed: Seed(2))
    #expect(!many.isExact)
    // 40,000 draws put the p-value within 0.015 of the exact one (six standard errors).
    #expect(abs(many.pValue - (try number("permutation", "full"))) < 0.015)
  }

  @Test("Holm's adjustment")
  func holm() throws {
    let adjusted = MultipleTesting.holm(try list(golden["holm"]?["p"]))
    for (a, b) in zip(adjusted, try list(golden["holm"]?["adjusted"])) { #expect(near(a, b)) }
  }

  @Test("regression coefficients, errors, intervals and fit")
  func regression() throws {
    let data = try #require(golden["regression"])
    let (pages, response) = (try list(data["pages"]), try list(data["response"]))
    let fit = try Regression(
      response: response,
      predictors: [("pages", pages), ("entries", try list(data["entries"]))])
    for (i, c) in fit.coefficients.enumerated() {
      #expect(near(c.value, try list(data["beta"])[i], 1e-9), "\(c)")
      #expect(near(c.standardError, try list(data["se"])[i], 1e-9))
      #expect(near(c.low, try list(data["low"])[i], 1e-9))
      #expect(near(c.high, try list(data["high"])[i], 1e-9))
      #expect(near(c.pValue, try list(data["p"])[i], 1e-8))
    }
    #expect(near(fit.rSquared, try number("regression", "r2")))
    let line = try Regression(response: response, predictors: [("pages", pages)])
    #expect(near(line.coefficients[1].value, try number("simple_regression", "slope")))
    #expect(near(line.coefficients[1].standardError, try number("simple_regression", "se")))
    #expect(near(line.coefficients[0].value, try number("simple_regression", "intercept")))
    #expect(
      near(line.coefficients[0].standardError, try number("simple_regression", "intercept_se")))
  }

  @Test("variance components agree with restricted maximum likelihood")
  func components() throws {
    let three = try VarianceComponents(
      factors: ["ageing", "order", "workload"], levels: Int(try number("threeway", "levels")),
      values: try list(golden["threeway"]?["values"]))
    for (c, v) in zip(three.components, try list(golden["threeway"]?["components"])) {
      #expect(near(c.variance, v, 1e-5), "\(c) against \(v)")
    }
    for (c, p) in zip(three.components, try list(golden["threeway"]?["p"])) {
      #expect(near(try #require(c.pValue), p, 1e-8), "\(c) against \(p)")
    }
  }

  @Test("warm-up found by MSER-5, and the interval of batch means behind it")
  func warmUp() throws {
    let series = try list(golden["warmup"]?["series"])
    let cut = WarmUp.mser(series)
    #expect(Double(cut.discard) == (try number("warmup", "discard")))
    #expect(cut.isReliable)
    let means = try BatchMeans(Array(series.dropFirst(cut.discard)))
    #expect(near(means.summary.mean, try number("warmup", "mean")))
    #expect(near(means.summary.low, try number("warmup", "low")))
    #expect(near(means.summary.high, try number("warmup", "high")))
  }

  @Test("power of both t tests and the fewest observations for 80 %")
  func power() throws {
    for row in try rows(golden["power"]?["paired"]) {
      let value = try Power.paired(n: Int(row[0]), effect: row[1], spread: 1)
      #expect(abs(value - row[2]) < 1e-9)
    }
    for row in try rows(golden["power"]?["two"]) {
      let value = try Power.independent(n: Int(row[0]), effect: row[1], spread: 1)
      #expect(abs(value - row[2]) < 1e-9)
    }
    for row in try rows(golden["power"]?["paired_n"]) {
      let n = try Power.fewest(target: 0.8) { n throws(StatisticsError) in
        try Power.paired(n: n, effect: row[0], spread: 1)
      }
      #expect(n == Int(row[1]))
    }
    for row in try rows(golden["power"]?["two_n"]) {
      let n = try Power.fewest(target: 0.8) { n throws(StatisticsError) in
        try Power.independent(n: n, effect: row[0], spread: 1)
      }
      #expect(n == Int(row[1]))
    }
  }

  @Test("Shapley contributions equal the average over all orders walked one by one")
  func shapley() throws {
    let values = try list(golden["shapley"]?["values"])
    let parts = Shapley.contributions(causes: 4, value: values)
    for (a, b) in zip(parts, try list(golden["shapley"]?["contributions"])) {
      #expect(near(a, b))
    }
    #expect(near(parts.reduce(0, +), values[15] - values[0]))
  }
}
