import ArgumentParser
import Sim

/// `kfrag timeline SCENARIO`: misses over time in one replicate.
struct TimelineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timeline",
    abstract: "Misses over time in one replicate: windows, events, warm-up, batch means.")

  @Argument(help: "The scenario, a YAML file.", completion: .file(extensions: ["yaml"]))
  var scenario: String

  @OptionGroup var settings: ScenarioOptions

  @Option(help: "Windows to cut the run into.")
  var windows = 200

  @Option(help: "Which replicate, from 0.")
  var replicate = 0

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (20...4000).contains(windows) else { throw ValidationError("--windows wants 20…4000") }
    guard (0..<Scenario.replicateLimit).contains(replicate) else {
      throw ValidationError("--replicate wants 0…\(Scenario.replicateLimit - 1)")
    }
  }

  func run() throws {
    let record = RunRecord()
    let plan = try settings.read(scenario)
    let timeline = try Timeline(plan, replicate: replicate, windows: windows)
    var manifest = Manifest.ofThisCommand
    try manifest.describe(plan)
    try output.emit(timeline.document.with(manifest, record))
  }
}
