import Sim
import TestSupport
import Testing

@Suite("Sweep plans")
struct SweepPlanTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ text: String) throws -> SweepPlan {
    let scenario = dataPath("sweep/tiny.yaml")
    return try SweepPlanReader.read(
      folder.write("plan.yaml", "scenario: \(scenario)\n" + text))
  }

  @Test("axes multiply, zipped axes step together, excluded points go, included ones come last")
  func product() throws {
    let plan = try read(
      """
      axes:
        machine: [teach-tiny, intel-skylake]
        memory.age: [fresh, day]
      zip:
        - {seed: [1, 2, 3], replicates: [2, 3, 4]}
      exclude:
        - {machine: intel-skylake, memory.age: day}
      include:
        - {machine: teach-tiny, confidence: 0.9}
      """)
    #expect(plan.axes == ["machine", "memory.age", "seed", "replicates", "confidence"])
    #expect(plan.points.count == 2 * 2 * 3 - 3 + 1)
    #expect(plan.points.map(\.index) == Array(1...10))
    #expect(plan.points[1].label == "machine=teach-tiny memory.age=fresh seed=2 replicates=3")
    #expect(plan.points[9].label == "machine=teach-tiny confidence=0.9")
  }

  @Test("a setting reaches the scenario, nested or not, and leaves the rest alone")
  func overrides() throws {
    let path = dataPath("sweep/tiny.yaml")
    let changed = try ScenarioOverrides.read(
      path,
      [
        .init(path: "workload.synthetic.references", text: "5000"),
        .init(path: "modules.names", text: "[beta]"), .init(path: "seed", text: "9"),
      ])
    let base = try ScenarioReader.read(path)
    #expect(changed.modules.map(\.name) == ["beta"])
    #expect(changed.seed == Seed(9))
    #expect(changed.replicates == base.replicates)
    guard case .synthetic(let workload) = changed.workload else {
      Issue.record("no synthetic workload")
      return
    }
    #expect(workload.references == 5000)
    #expect(workload.directPages == 200)
  }

  @Test(
    "what is wrong with a plan is said with its place",
    arguments: [
      (
        "axes: {machne: [teach-tiny]}",
        ":2:8: error: unknown axis 'machne'; did you mean 'machine'?"
      ),
      ("axes: {memory.agee: [fresh]}", "unknown axis 'memory.agee'; did you mean 'age'?"),
      ("axes: {machine: []}", ":2:17: error: axis 'machine' has no values"),
      ("axis: {machine: [teach-tiny]}", "unknown key 'axis'; did you mean 'axes'?"),
      ("axes: {}", "the plan has no points"),
      ("zip: [{seed: [1, 2], replicates: [2]}]", "equally many values, here 2, 1"),
      ("axes: {seed: [1]}\nzip: [{seed: [1]}]", "axis 'seed' is given twice"),
      ("axes: {seed: [1]}\nexclude: [{sed: 1}]", "unknown axis 'sed'; did you mean 'seed'?"),
      ("axes: {seed: [1]}\nexclude: [{seed: 2}]", "excludes no point"),
    ])
  func refuses(text: String, message: String) throws {
    let error = try #require(throws: InputError.self) { try read(text) }
    #expect(error.description.contains(message), "\(error)")
    #expect(error.kind == .badData)
  }

  @Test("a value the scenario refuses is its point's fault, not the plan's")
  func badValue() throws {
    #expect(try read("axes: {machine: [teach-tiny, bogus]}").points.count == 2)
  }

  @Test("shards are disjoint and together everything")
  func shards() throws {
    let plan = try read("axes: {seed: [1, 2, 3, 4, 5, 6, 7]}")
    for count in 1...8 {
      let parts = try (1...count).map { part in
        let shard = try #require(SweepShard("\(part)/\(count)"))
        return plan.points.filter(shard.contains)
      }
      #expect(parts.flatMap { $0 }.map(\.index).sorted() == Array(1...7))
    }
    for wrong in ["0/2", "3/2", "1", "1/0", "-1/2", "a/b", "1/2/3", "1/"] {
      #expect(SweepShard(wrong) == nil)
    }
  }
}
