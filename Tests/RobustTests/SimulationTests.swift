import Simulation
import Testing

@Suite("The whole machine keeps its promises")
struct SimulationTests {
  /// Seeds that once broke one; see each.
  static let regressions: [(seed: UInt64, length: Int)] = [
    // A second boot loaded what was loaded already.
    (6, 250),
    // A restart left blocks of base pages in the text cache, at addresses given out again.
    (43, 250), (55, 250),
    // Modules that came back after a restart were placed where the boot loader puts them.
    (52, 250),
    // A module that left by itself just before a restart was counted out of the new boot.
    (788, 250),
  ]

  @Test("worlds that once broke a promise keep it", arguments: regressions)
  func onceBroken(seed: UInt64, length: Int) {
    let failure = Simulation(SimulationPlan(seed: seed, length: length)).run()
    #expect(failure == nil, "seed \(seed) event \(failure?.event ?? 0): \(failure?.reason ?? "")")
  }

  @Test("random worlds do, after every event", arguments: 1000...1030)
  func worlds(seed: Int) {
    let failure = Simulation(SimulationPlan(seed: UInt64(seed), length: 60)).run()
    #expect(failure == nil, "seed \(seed) event \(failure?.event ?? 0): \(failure?.reason ?? "")")
  }

  @Test("an event list that fails shrinks to the events that matter")
  func shrinks() {
    var plan = SimulationPlan(seed: 3, length: 40)
    plan.breaksAfter = [7, 21]
    let simulation = Simulation(plan)
    #expect(simulation.run()?.event == 21)
    #expect(simulation.shrunk().events.map(\.number) == [7, 21])
  }
}
