import TestSupport
import Testing

@testable import Sim

@Suite("An experiment compares like with like, and repeats to the byte")
struct ExperimentTests {
  private static func compare(
    _ scenario: Scenario, jobs: Int
  ) async throws -> (comparison: Comparison, bytes: [UInt8]) {
    let comparison = Comparison(try await Experiment.run(scenario, jobs: jobs))
    return (comparison, CompareReport.document(comparison).json.prettyBytes)
  }

  @Test("same seed, same bytes: again, and on two threads; another seed, other bytes")
  func repeatable() async throws {
    var scenario = try SmallScenario.read()
    let first = try await Self.compare(scenario, jobs: 1).bytes
    #expect(try await Self.compare(scenario, jobs: 1).bytes == first)
    #expect(try await Self.compare(scenario, jobs: 2).bytes == first)
    scenario.seed = Seed(8)
    #expect(try await Self.compare(scenario, jobs: 2).bytes != first)
  }

  @Test("the contributions of the causes sum to the difference of the arms, metric by metric")
  func ladder() async throws {
    let comparison = try await Self.compare(try SmallScenario.read(), jobs: 2).comparison
    #expect(comparison.ladder.count % Cause.allCases.count == 0)
    #expect(!comparison.ladder.isEmpty)
    for difference in comparison.differences {
      let steps = comparison.ladder.filter { $0.metric.name == difference.metric.name }
      #expect(steps.map(\.cause) == Cause.allCases, "\(difference.metric.name)")
      let sum = steps.reduce(0) { $0 + $1.pair.difference }
      let scale = steps.reduce(1) { max($0, abs($1.pair.difference)) }
      #expect(
        abs(sum - difference.pair.difference) < 1e-9 * scale, "\(difference.metric.name)")
    }
  }

  @Test("a difference is treatment minus baseline, and arms count the same references")
  func differences() async throws {
    let scenario = try SmallScenario.read()
    let result = try await Experiment.run(scenario, jobs: 2)
    #expect(result.replicates.count == scenario.replicates)
    for replicate in result.replicates {
      #expect(replicate.rungs.count == Cause.allCases.count + 1)
      let counts = (replicate.arms + replicate.rungs).map {
        [$0.counters.fetches, $0.counters.loads, $0.counters.stores]
      }
      #expect(Set(counts).count == 1)
      // 20,000 less a warm-up of 4,000, give or take a run and the last operation.
      let counted = counts[0].reduce(0, +)
      #expect(counted >= 15_800 && counted < 24_000, "\(counted)")
      #expect(replicate.arms[0].counters == replicate.rungs[0].counters)
      #expect(replicate.arms[1].counters == replicate.rungs[Cause.allCases.count].counters)
    }
    let comparison = Comparison(result)
    for difference in comparison.differences {
      let means = comparison.arms.map { arm in
        arm.metrics.first { $0.metric.name == difference.metric.name }?.summary.mean ?? .nan
      }
      let expected = means[1] - means[0]
      #expect(abs(difference.pair.difference - expected) < 1e-9 * max(1, abs(expected)))
      #expect(difference.pair.low <= difference.pair.difference)
      #expect(difference.pair.difference <= difference.pair.high)
    }
  }

  @Test("a fixed factor is drawn once: with none varying, every replicate is the same")
  func fixed() async throws {
    var scenario = try SmallScenario.read()
    scenario.varying = []
    let result = try await Experiment.run(scenario, jobs: 2)
    let first = result.replicates[0].arms.map(\.counters)
    #expect(result.replicates.allSatisfy { $0.arms.map(\.counters) == first })
    scenario.varying = [.workload]
    let varied = try await Experiment.run(scenario, jobs: 2)
    #expect(Set(varied.replicates.map { $0.arms[0].counters }).count == scenario.replicates)
    let facts = varied.replicates.map { $0.arms[1].facts }
    #expect(Set(facts).count == 1, "the layout does not vary with the workload")
  }

  @Test("only the arm that unloads and loads flushes, as often as its loads do")
  func flushes() async throws {
    let scenario = try SmallScenario.read()
    let result = try await Experiment.run(scenario, jobs: 1)
    for replicate in result.replicates {
      #expect(replicate.arms[0].counters.flushes == 0)
      let flushes = replicate.arms[1].counters.flushes
      // Two reloads; each flushes the same whole number of times, at least twice.
      #expect(flushes >= 4 && flushes % 2 == 0, "\(flushes)")
    }
  }
}

@Suite("The main scenario's layouts are those of the real host")
struct MainScenarioTests {
  private static func world() throws -> World {
    var scenario = try Debian12.scenario()
    scenario.memory.bytes = 256 << 20
    scenario.memory.age = .fresh
    let model = WorkloadModel(
      image: scenario.image, modules: scenario.modules, memoryBytes: scenario.memory.bytes,
      parameters: WorkloadParameters(), seed: Seed(1))
    return World(scenario, replicate: 0, sections: model.table.sections)
  }

  @Test("the modular arm has 3572 base pages, give or take 15")
  func modular() throws {
    let world = try Self.world()
    let facts = try world.layout(world.scenario.arms[1], placingRegions: true).facts
    #expect((3557...3587).contains(facts.modulePages), "\(facts.modulePages)")
    #expect(facts.moduleBytes == facts.modulePages * 4096)
  }

  @Test("monolithic text takes the large pages of base and module text together, the tail apart")
  func monolithic() throws {
    let world = try Self.world()
    let scenario = world.scenario
    let facts = try world.layout(scenario.arms[0], placingRegions: true).facts
    // Linked one behind the other, each aligned to 32 bytes.
    var text = scenario.image.size(of: .text)
    for module in world.order where module.sections.text > 0 {
      text = (text + 31) / 32 * 32 + module.sections.text
    }
    let large = text / (2 << 20)
    let tail = (text % (2 << 20) + 4095) / 4096
    let entries = facts.textEntries
    #expect(entries.first { $0.size == .large2M }?.count == large)
    #expect(entries.first { $0.size == .base4K }?.count == tail)
    #expect(large >= 7 + 2, "modules add several MiB to the base kernel's 7 large pages")
    #expect(facts.modulePages == 0)
    let modular = try world.layout(scenario.arms[1], placingRegions: true).facts
    #expect(modular.textEntries.first { $0.size == .large2M }?.count == 7)
  }
}
