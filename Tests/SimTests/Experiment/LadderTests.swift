import TestSupport
import Testing

@testable import Sim

@Suite("The ladder stands between like and like")
struct LadderTests {
  private func arms(_ list: String, machine: String = "intel-skylake") throws -> Scenario {
    try SmallScenario.read([
      ("arms: [monolithic, modular]", "arms: [\(list)]"), ("intel-skylake", machine),
    ])
  }

  @Test("arms that link in or pack some modules are no end of the ladder: they lack its causes")
  func picked() throws {
    for key in ["linked: [alpha]", "packed: [alpha]", "linked: [alpha, beta, gamma, delta]"] {
      let own = "{name: own, layout: modular, \(key)}"
      #expect(try arms("monolithic, \(own)").ladder == nil, "\(key)")
      #expect(try arms("monolithic, \(own), modular").ladder?.treatment == 2, "\(key)")
    }
  }

  @Test("the ladder runs on its arms' machine, and not at all between machines")
  func machines() async throws {
    func on(_ first: String, _ second: String) throws -> Scenario {
      try arms(
        "{name: a, layout: monolithic, machine: \(first)}, "
          + "{name: b, layout: modular, machine: \(second)}", machine: "teach-tiny")
    }
    #expect(try on("intel-p5", "intel-skylake").ladder == nil)
    let scenario = try on("intel-p5", "intel-p5")
    #expect(scenario.ladder?.machine.id == "intel-p5")
    let comparison = Comparison(try await Experiment.run(scenario, jobs: 2))
    for name in ["walks.pki", "walkCycles.pki"] {
      let steps = comparison.ladder.filter { $0.metric.name == name }
      let sum = steps.reduce(0) { $0 + $1.pair.difference }
      let whole = try #require(comparison.difference(name)).pair.difference
      #expect(abs(sum - whole) <= 1e-9 * max(1, abs(whole)), "\(name): \(sum), not \(whole)")
    }
  }

  @Test("steps of a recording are priced on the machine of each arm")
  func recordedSteps() async throws {
    let path = dataPath("../../Scenarios/recorded/debian-6.1-access.kft")
    let number: UInt32 = 15
    var scenario = try ScenarioReader.read(Debian12.path("Scenarios/recorded-debian-6.1.yaml"))
    scenario.workload = .recorded(path: path, steps: StepSelection("\(number)"))
    scenario.replicates = 2
    let p5 = try MachineCatalog.machine("intel-p5")
    scenario.arms = scenario.arms.prefix(2).map { arm in
      var arm = arm
      arm.machine = p5
      return arm
    }
    var options = ExperimentOptions()
    options.ladder = .none
    let comparison = Comparison(try await Experiment.run(scenario, jobs: 2, options: options))
    let step = try #require(comparison.steps.first { $0.step.number == number })
    for difference in step.differences {
      let whole = try #require(comparison.difference(difference.metric.name)).pair.difference
      #expect(
        abs(difference.pair.difference - whole) <= 1e-9 * max(1, abs(whole)),
        "\(difference.metric.name)")
    }
  }

  @Test("a recording and a user's own machine are among the inputs")
  func inputs() throws {
    let folder = try TemporaryFolder()
    let path = dataPath("../../Scenarios/recorded/debian-6.1-access.kft")
    #expect(WorkloadPlan.recorded(path: path, steps: nil).inputs == [path])
    let own = try folder.write("own.yaml", try MachineCatalog.text(of: "intel-p5"))
    var manifest = Manifest(command: ["probe", own])
    try manifest.describe(MachineCatalog.machine(own))
    #expect(manifest.inputs.map(\.path) == [own] && manifest.presets[0].sha256 == nil)
    try manifest.read([folder.path(".")])
    #expect(manifest.inputs.count == 2 && manifest.inputs[1].bytes == manifest.inputs[0].bytes)
  }

  @Test("two systems of one name in one scenario are refused")
  func names() throws {
    let folder = try TemporaryFolder()
    try folder.write("s.yaml", try #require(ProfileCatalog.text("linux-6.1")))
    let path = try SmallScenario.write(
      to: folder,
      [
        (
          "arms: [monolithic, modular]",
          "arms: [monolithic, {name: own, layout: modular, system: s.yaml}]"
        )
      ])
    let error = try #require(throws: InputError.self) { try ScenarioReader.read(path) }
    #expect(error.description.contains("two different systems are called 'linux-6.1'"))
  }

  @Test("what an arm links in splits no leaf of the direct map")
  func splits() throws {
    let maps = try LayoutMap.all(
      arms("modular, {name: in, layout: modular, linked: [alpha, beta, gamma, delta]}"))
    #expect(maps[0].splitLeaves > 0 && maps[1].splitLeaves == 0)
  }

  @Test("a catalog too large to link in is refused where an arm links in all of it")
  func room() throws {
    // As many as can be behind a kernel 2 GiB below the end of the address space, and more.
    let huge = (0...(2 << 30) / CatalogReader.sectionLimit).map { number in
      "huge\(number),\(CatalogReader.sectionLimit),0,0,0,0,0,0,0,\n"
    }.joined()
    func read(_ arms: String) throws -> Scenario {
      let folder = try TemporaryFolder()
      return try ScenarioReader.read(
        SmallScenario.write(
          to: folder, [("arms: [monolithic, modular]", "arms: [\(arms)]")],
          catalog: SmallScenario.catalog + huge))
    }
    #expect(try read("monolithic, modular").arms.count == 2)
    let error = try #require(throws: InputError.self) { try read("monolithic, everything") }
    #expect(error.description.contains("do not fit behind"))
  }

  @Test("argmax without a label column is an error, not a trap")
  func label() throws {
    let folder = try TemporaryFolder()
    try folder.write("t.csv", "a,b\n1,2\n")
    let data = StudyData(folder: folder.path("."), file: "claims.yaml")
    for name in ["argmax", "argmin"] {
      let error = try #require(throws: InputError.self) {
        try data.call(name, [.text("t.csv"), .text("a")])
      }
      #expect(error.description.contains("label"))
    }
  }
}
