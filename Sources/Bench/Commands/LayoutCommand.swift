import ArgumentParser
import Sim

/// `kfrag layout SCENARIO`: the address space and the frames of every arm.
struct LayoutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layout",
    abstract: "Shows who lies where in each arm: address, size, page size, frames.")

  @Argument(help: "The scenario, a YAML file.", completion: .file(extensions: ["yaml"]))
  var scenario: String

  @Option(help: "Only this arm.")
  var arm: String?

  @Option(help: "Which replicate's layout, from 0.")
  var replicate = 0

  @OptionGroup var settings: ScenarioOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (0..<Scenario.replicateLimit).contains(replicate) else {
      throw ValidationError("--replicate wants 0…\(Scenario.replicateLimit - 1)")
    }
  }

  func run() throws {
    let record = RunRecord()
    var plan = try settings.read(scenario)
    if let arm {
      let names = plan.arms.map(\.name)
      plan.arms.removeAll { $0.name != arm }
      if plan.arms.isEmpty {
        throw ValidationError("there is no arm '\(arm)'" + suggestion(for: arm, in: names))
      }
    }
    let maps = try LayoutMap.all(plan, replicate: replicate)
    var manifest = Manifest.ofThisCommand
    try manifest.describe(plan)
    try output.emit(LayoutReport.document(plan, maps).with(manifest, record))
  }
}
