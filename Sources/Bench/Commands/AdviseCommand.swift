import ArgumentParser
import Sim

/// `kfrag advise SCENARIO --budget 2MiB`: what to link in.
struct AdviseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "advise",
    abstract: "Picks what to link in or pack in large pages, and replays to verify it.")

  @Argument(help: "The scenario, a YAML file.", completion: .file(extensions: ["yaml"]))
  var scenario: String

  @Option(help: "Bytes the image, or large pages of text, may grow by: 2MiB.")
  var budget: String = "2MiB"

  @OptionGroup var settings: ScenarioOptions
  @OptionGroup var runs: ReplicateOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard ByteCount(budget) != nil else {
      throw ValidationError("--budget wants a size such as 2MiB, not '\(budget)'")
    }
  }

  func run() async throws {
    let record = RunRecord()
    var plan = try settings.read(scenario)
    runs.apply(to: &plan)
    guard let ladder = plan.ladder else {
      throw InputError(
        file: scenario, "advice needs a monolithic and a modular arm of the same system")
    }
    guard plan.arms[ladder.treatment].profile.image.mapping == .splitAtBoundaries else {
      throw InputError(
        file: scenario,
        "\(plan.arms[ladder.treatment].profile.id) maps image and modules by shared large pages; "
          + "advice is for systems that keep them apart")
    }
    plan.arms = [plan.arms[ladder.baseline], plan.arms[ladder.treatment]]
    let progress = Progress(
      "replaying", total: Double(2 * plan.replicates), unit: "replicates",
      isShown: output.showsProgress)
    defer { progress.finish() }
    let measured = try await Experiment.run(plan, jobs: runs.parallel.jobs, options: .attribution) {
      _ in
      progress.advance()
    }
    let table = AttributionTable(measured)
    var plain = ExperimentOptions()
    plain.ladder = .none
    let advice = Advice(table, budget: ByteCount(budget)?.bytes ?? 0)
    let trial = try await Experiment.run(
      advice.trial(plan), jobs: runs.parallel.jobs, options: plain
    ) { _ in
      progress.advance()
    }
    progress.finish()
    var manifest = Manifest.ofThisCommand
    try manifest.describe(plan)
    let report = AdviceReport(advice, table, trial: Comparison(trial))
    try output.emit(report.document.with(manifest, record))
  }
}
