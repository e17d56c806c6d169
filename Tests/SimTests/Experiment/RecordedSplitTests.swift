import Sim
import TestSupport
import Testing

@Suite("Whose modules split the recorded direct map")
struct RecordedSplitTests {
  /// One replicate of one step of the shipped recording.
  private func run(
    _ settings: [String], ladder: ExperimentOptions.Ladder = .none
  ) async throws -> ExperimentResult {
    let all = ["workload.steps=15", "replicates=1"] + settings
    let scenario = try ScenarioOverrides.read(
      Debian12.path("Scenarios/recorded-debian-6.1.yaml"),
      all.map { try #require(ScenarioOverrides.Setting($0)) })
    var options = ExperimentOptions()
    options.ladder = ladder
    return try await Experiment.run(scenario, jobs: 1, options: options) { _ in }
  }

  @Test("linking every module in joins every leaf modules split: it counts what monolithic counts")
  func linkingAll() async throws {
    let path = Debian12.path("Scenarios/recorded-debian-6.1.yaml")
    let names = try ScenarioReader.read(path).modules.map(\.name).joined(separator: ", ")
    let arms = "{name: linked, layout: modular, linked: [\(names)]}"
    let result = try await run(["arms=[monolithic, \(arms), modular]", "vary=[bootRandom]"])
    let counters = result.replicates[0].arms.map(\.counters)
    #expect(counters[0].walks == counters[1].walks)
    #expect(counters[0].firstLevelDataMisses == counters[1].firstLevelDataMisses)
    #expect(counters[2].walks > 2 * counters[0].walks, "loading them does split")
  }

  @Test("a system that splits nothing pays nothing for splits on recorded references")
  func noSplits() async throws {
    for (system, splits) in [("linux-2.6", false), ("linux-6.1", true)] {
      let comparison = Comparison(try await run(["system=\(system)"], ladder: .successive))
      let rung = try #require(
        comparison.ladder.first { $0.cause == .directMapSplits && $0.metric.name == "walks.pki" })
      #expect((rung.pair.difference > 0) == splits, "\(system): \(rung.pair.difference)")
    }
  }
}
