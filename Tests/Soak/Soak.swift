import Glibc
import Simulation

/// `Soak [EVENTS] [SEED]`: simulates worlds of 250 events until so many events went by clean, from
/// a seed upwards. A failure prints its seed and the events it shrinks to, and ends with 1.
/// `Soak seconds SECONDS [SEED]` goes on for so long.
/// `Soak replay SEED [LENGTH]` runs one seed again.
@main
struct Soak {
  static let length = 250

  static func main() {
    let words = Array(CommandLine.arguments.dropFirst())
    if words.first == "replay" {
      let seed = words.dropFirst().first.flatMap { UInt64($0) } ?? 1
      let length = words.dropFirst(2).first.flatMap { Int($0) } ?? length
      if report(SimulationPlan(seed: seed, length: length)) { exit(1) }
      return print("seed \(seed): \(length) events clean")
    }
    var wanted = words.first.flatMap { Int($0) } ?? 1_000_000
    var first = words.dropFirst().first.flatMap { UInt64($0) } ?? 1
    var end = ContinuousClock.now + .seconds(1 << 30)
    if words.first == "seconds" {
      end = ContinuousClock.now + .seconds(words.dropFirst().first.flatMap { Int($0) } ?? 60)
      wanted = .max
      first = words.dropFirst(2).first.flatMap { UInt64($0) } ?? 1
    }
    var seed = first
    var events = 0
    while events < wanted, ContinuousClock.now < end {
      let plan = SimulationPlan(seed: seed, length: length)
      if report(plan) { exit(1) }
      events += plan.events.count
      seed += 1
    }
    print("\(events) events in \(seed - first) worlds (seeds \(first) to \(seed - 1)), all clean")
  }

  /// True when the plan fails; prints how, and the shortest way found to make it.
  static func report(_ plan: SimulationPlan) -> Bool {
    let simulation = Simulation(plan)
    guard let failure = simulation.run() else { return false }
    print("seed \(plan.seed) event \(failure.event): \(failure.reason)")
    let shrunk = simulation.shrunk()
    let reason = Simulation(shrunk).run()?.reason ?? failure.reason
    print("shrinks to: \(reason)\n\(Simulation.describe(shrunk))")
    return true
  }
}
