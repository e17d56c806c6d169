import Sim
import Testing

@Suite("Power of a result")
struct PowerReportTests {
  /// A comparison of n pairs whose differences have this spread around `difference`.
  static func result(n: Int, mean: Double, difference: Double, spread: Double) -> JSONValue {
    let half = SampleSummary.halfWidth(standardDeviation: spread, n: n, confidence: 0.95)
    return [
      "kind": "compare",
      "arms": [["name": "monolithic", "metrics": ["l1i.mpki": ["mean": JSONValue(mean)]]]],
      "comparisons": [
        [
          "metric": "l1i.mpki", "baseline": "monolithic", "treatment": "modular",
          "difference": JSONValue(difference), "low": JSONValue(difference - half),
          "high": JSONValue(difference + half), "confidence": 0.95,
          "replicates": JSONValue(n),
        ]
      ],
    ]
  }

  @Test("the published sample sizes: 34 pairs for half a standard deviation, 64 hosts a group")
  func published() throws {
    // Cohen (1988): d = 0.5, power 0.8, two-sided 5 %: 34 pairs, 64 a group.
    let result = Self.result(n: 34, mean: 100, difference: 0, spread: 1)
    let report = try PowerReport(
      result: result, file: "r", effect: 0.005, target: 0.8, hostSpread: 0.01)
    #expect(report.rows[0].needed == 34)
    #expect(report.hosts == 64)
    #expect(report.rows[0].power > 0.8 && report.rows[0].power < 0.82)
    let visible = try #require(report.rows[0].detectable)
    #expect(visible < 0.005 && visible > 0.0049)
  }

  @Test("a result without spread needs two replicates; one replicate says nothing")
  func edges() throws {
    let still = Self.result(n: 5, mean: 10, difference: 1, spread: 0)
    let report = try PowerReport(
      result: still, file: "r", effect: 0.01, target: 0.8, hostSpread: 0.01)
    #expect(report.rows[0].needed == 2 && report.rows[0].detectable == 0)
    #expect(report.document.json["metrics"]?[0]?["power"]?.double == 1)
    let one = Self.result(n: 1, mean: 10, difference: 1, spread: 1)
    #expect(throws: InputError.self) {
      try PowerReport(result: one, file: "r", effect: 0.01, target: 0.8, hostSpread: 0.01)
    }
    #expect(throws: InputError.self) {
      try PowerReport(result: ["kind": "tlb"], file: "r", effect: 0.01, target: 0.8, hostSpread: 1)
    }
  }

  @Test("40 hosts against 40 resolve about half a percent at the default spread of 0.8 %")
  func hosts() throws {
    let result = Self.result(n: 10, mean: 100, difference: 1, spread: 1)
    let report = try PowerReport(
      result: result, file: "r", effect: 0.005, target: 0.8, hostSpread: 0.008)
    #expect((40...42).contains(try #require(report.hosts)))
  }

  @Test("a BCa interval implies no spread: the stated one counts, and without it nothing is said")
  func bootstrap() throws {
    var result = Self.result(n: 34, mean: 100, difference: 0, spread: 5)
    result["inference"] = ["interval": "bca", "paired": true]
    func report() throws -> PowerReport {
      try PowerReport(result: result, file: "r", effect: 0.005, target: 0.8, hostSpread: 0.01)
    }
    #expect(throws: InputError.self) { try report() }
    guard var entry = result["comparisons"]?[0]?.object else { return }
    entry["standardDeviation"] = 1
    result["comparisons"] = [.object(entry)]
    #expect(try report().rows[0].spread == 1 && report().rows[0].needed == 34)
    result["inference"] = ["interval": "t", "paired": false]
    let error = try #require(throws: InputError.self) { try report() }
    #expect(error.description.contains("--unpaired"))
  }
}
