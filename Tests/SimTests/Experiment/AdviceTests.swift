import Sim
import TestSupport
import Testing

@Suite("Advice and precision")
struct AdviceTests {
  private func scenario(_ settings: [ScenarioOverrides.Setting] = []) throws -> Scenario {
    try ScenarioOverrides.read(
      dataPath("sweep/tiny.yaml"), [.init(path: "machine", text: "intel-skylake")] + settings)
  }

  @Test("picks stay within the budget, save something each, and nothing fits a budget of 0")
  func budget() async throws {
    let plan = try scenario()
    let table = AttributionTable(try await Experiment.run(plan, jobs: 2, options: .attribution))
    let costs = Dictionary(
      uniqueKeysWithValues: table.objects.map { ($0.object, $0.addedWalks) })
    let all = Advice(table, budget: 1 << 20)
    #expect(all.picks.map(\.module).allSatisfy { (costs[$0] ?? 0) > 0 })
    let worth = plan.modules.filter { (costs[$0.name] ?? 0) > 0 }
    #expect(Set(all.picks.map(\.module)) == Set(worth.map(\.name)))
    #expect(Advice(table, budget: 0).picks.isEmpty)
    for budget: UInt64 in [5_000, 13_000, 20_000, 30_000] {
      #expect(Advice(table, budget: budget).bytes <= budget)
    }
  }

  @Test("linking everything in as advised lays text and data out as the monolithic arm does")
  func allLinked() async throws {
    var plan = try scenario()
    let names = Set(plan.modules.map(\.name))
    let modular = try #require(plan.arms.first { $0.kind == .modular })
    plan.arms.append(
      ArmPlan(name: "advised", kind: .modular, profile: modular.profile, linked: names))
    let result = try await Experiment.run(plan, jobs: 2)
    for replicate in result.replicates {
      let (linked, advised) = (replicate.arms[0], replicate.arms[2])
      #expect(advised.facts.textEntries == linked.facts.textEntries)
      #expect(advised.facts.dataEntries == linked.facts.dataEntries)
      #expect(advised.counters.instructionWalks == linked.counters.instructionWalks)
    }
  }

  @Test("precision runs until the interval is that narrow, for any number of jobs, or says why not")
  func precision() async throws {
    let plan = try scenario([.init(path: "replicates", text: "3")])
    let loose = try await SequentialStopping.run(plan, precision: 1, limit: 50, jobs: 2)
    #expect(loose.shortfall == nil && loose.result.replicates.count == 3)
    let one = try await SequentialStopping.run(plan, precision: 0.004, limit: 10, jobs: 1)
    let two = try await SequentialStopping.run(plan, precision: 0.004, limit: 10, jobs: 2)
    #expect(one.reached == two.reached)
    #expect(one.result.replicates.count == two.result.replicates.count)
    if one.shortfall == nil { #expect(try #require(one.reached) <= 0.004) }
    let never = try await SequentialStopping.run(plan, precision: 1e-6, limit: 5, jobs: 2)
    #expect(never.result.replicates.count == 5)
    #expect(never.shortfall?.contains("5 replicates are the limit") == true)
  }

  @Test("precision is judged by the intervals asked for, of the arm that is least precise")
  func precisionOfAll() async throws {
    var plan = try scenario([.init(path: "replicates", text: "4")])
    let modular = try #require(plan.arms.first { $0.kind == .modular })
    plan.arms.insert(ArmPlan(name: "same", kind: .monolithic, profile: modular.profile), at: 1)
    var inference = Inference()
    inference.isPaired = false
    let outcome = try await SequentialStopping.run(
      plan, inference, precision: 1, limit: 4, jobs: 2)
    let comparison = try Comparison(outcome.result, inference)
    let own = comparison.differences.filter { $0.metric.name == SequentialStopping.metric }
    let mean = try #require(
      comparison.arms[0].metrics.first { $0.metric.name == SequentialStopping.metric }
    ).summary.mean
    let halves = own.map { ($0.pair.high - $0.pair.low) / 2 / mean }
    #expect(halves.count == 2 && outcome.reached == halves.max())
    // Welch's intervals of arms that share their streams are wider than those of pairs.
    let paired = try await SequentialStopping.run(plan, precision: 1, limit: 4, jobs: 2)
    #expect(try #require(paired.reached) < #require(outcome.reached))
    #expect(paired.shortfall == nil, "a first arm equal to the baseline has a mean all the same")
  }

  @Test("advice keeps what the loaded arm links in or packs already")
  func keepsLinked() async throws {
    let plan = try scenario()
    let table = AttributionTable(try await Experiment.run(plan, jobs: 2, options: .attribution))
    let advice = Advice(table, budget: 1 << 20)
    let trial = advice.trial(plan)
    #expect(trial.arms[1].linked == Set(advice.picks.map(\.module)))
    #expect(trial.arms[2].packed == Set(advice.packs.map(\.module)))
  }

  @Test("a difference of attributions is their subtraction, object by object")
  func difference() throws {
    func result(_ walks: Double, _ instructions: Double) -> JSONValue {
      [
        "kind": "attribute", "instructions": JSONValue(instructions),
        "objects": [
          [
            "object": "ext4",
            "arms": ["modular": ["walks": JSONValue(walks), "firstLevelMisses": 8]],
          ]
        ],
      ]
    }
    let document = try AttributionDiff.document(
      result(10, 1000), "a", result(30, 2000), "b", top: 5)
    let row = try #require(document.json["objects"]?[0])
    #expect(row["walksBefore"]?.double == 10 && row["walksAfter"]?.double == 15)
    #expect(row["walksDifference"]?.double == 5 && row["firstLevelDifference"]?.double == -4)
    #expect(throws: InputError.self) {
      try AttributionDiff.document(["kind": "tlb"], "a", result(1, 1), "b", top: 5)
    }
  }
}
