import ArgumentParser
import Foundation
import Sim

/// What the command line sets otherwise in a scenario.
struct ScenarioOptions: ParsableArguments {
  @Option(help: "Seed, instead of the scenario's.")
  var seed: UInt64?

  @Option(help: "Machine, instead of the scenario's.", completion: .machines)
  var machine: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Set a value of the scenario; repeat for more.", valueName: "path=value"))
  var settings: [String] = []

  init() {}

  func validate() throws {
    if let wrong = settings.first(where: { ScenarioOverrides.Setting($0) == nil }) {
      throw ValidationError("--set wants path=value, not '\(wrong)'")
    }
  }

  /// The scenario at `path`, everything resolved.
  func read(_ path: String) throws -> Scenario {
    var plan = try reading(path, as: .scenario) {
      try ScenarioOverrides.read(
        path, settings.compactMap { ScenarioOverrides.Setting($0) })
    }
    if let seed { plan.seed = Seed(seed) }
    if let machine { plan.machine = try MachineCatalog.machine(machine) }
    return plan
  }
}

/// How often a scenario is replayed.
struct ReplicateOptions: ParsableArguments {
  @Option(help: "Replicates, instead of the scenario's.")
  var replicates: Int?

  @OptionGroup var parallel: JobOptions

  init() {}

  func validate() throws {
    if let replicates, !(1...Scenario.replicateLimit).contains(replicates) {
      throw ValidationError("--replicates wants 1…\(Scenario.replicateLimit)")
    }
  }

  func apply(to plan: inout Scenario) {
    if let replicates { plan.replicates = replicates }
  }
}

/// How many replicates are under way at once.
struct JobOptions: ParsableArguments {
  @Option(help: "Replicates under way at once; the result does not depend on it.")
  var jobs: Int = max(1, ProcessInfo.processInfo.activeProcessorCount)

  init() {}

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs wants at least 1") }
  }
}

/// Refuses names that are no metrics.
func checkMetrics(_ names: [String]) throws {
  for name in names where MetricCatalog.named(name) == nil {
    throw ValidationError(
      "unknown metric '\(name)'" + suggestion(for: name, in: MetricCatalog.all.map(\.name)))
  }
}
