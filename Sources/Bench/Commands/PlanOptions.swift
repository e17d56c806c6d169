import ArgumentParser
import Foundation
import Sim

/// A scenario with what the command line sets otherwise.
struct PlanOptions: ParsableArguments {
  @Argument(help: "The scenario, a YAML file.", completion: .file(extensions: ["yaml"]))
  var scenario: String

  @Option(help: "Seed, instead of the scenario's.")
  var seed: UInt64?

  @Option(help: "Machine, instead of the scenario's.", completion: .machines)
  var machine: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Set a value of the scenario; repeat for more.", valueName: "path=value"))
  var settings: [String] = []

  @Option(help: "Replicates under way at once; the result does not depend on it.")
  var jobs: Int = max(1, ProcessInfo.processInfo.activeProcessorCount)

  init() {}

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs wants at least 1") }
    if let wrong = settings.first(where: { ScenarioOverrides.Setting($0) == nil }) {
      throw ValidationError("--set wants path=value, not '\(wrong)'")
    }
  }

  /// The scenario, everything resolved.
  func read() throws -> Scenario {
    var plan = try ScenarioOverrides.read(
      scenario, settings.compactMap { ScenarioOverrides.Setting($0) })
    if let seed { plan.seed = Seed(seed) }
    if let machine { plan.machine = try MachineCatalog.machine(machine) }
    return plan
  }
}

/// Refuses names that are no metrics.
func checkMetrics(_ names: [String]) throws {
  for name in names where MetricCatalog.named(name) == nil {
    throw ValidationError(
      "unknown metric '\(name)'" + suggestion(for: name, in: MetricCatalog.all.map(\.name)))
  }
}
