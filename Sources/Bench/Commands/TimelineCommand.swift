import ArgumentParser
import Sim

/// `kfrag timeline SCENARIO`: misses over time in one replicate.
struct TimelineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timeline",
    abstract: "Misses over time in one replicate: windows, events, warm-up, batch means.")

  @OptionGroup var plan: PlanOptions

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
    let scenario = try plan.read()
    let timeline = try Timeline(scenario, replicate: replicate, windows: windows)
    var manifest = Manifest.ofThisCommand
    try manifest.describe(scenario)
    try output.emit(timeline.document.with(manifest, record))
  }
}
