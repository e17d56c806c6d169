import ArgumentParser
import Foundation
import Sim

/// `kfrag compare SCENARIO`: the main job.
struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compares layouts of one reference stream: arms × replicates, paired differences.")

  @Argument(help: "The scenario, a YAML file.", completion: .file(extensions: ["yaml"]))
  var scenario: String

  @OptionGroup var output: OutputOptions

  @Option(help: "Replicates under way at once; the result does not depend on it.")
  var jobs: Int = max(1, ProcessInfo.processInfo.activeProcessorCount)

  @Option(help: "Seed, instead of the scenario's.")
  var seed: UInt64?

  @Option(help: "Replicates, instead of the scenario's.")
  var replicates: Int?

  @Option(help: "Machine, instead of the scenario's.", completion: .machines)
  var machine: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Set a value of the scenario; repeat for more.", valueName: "path=value"))
  var settings: [String] = []

  @Option(
    help: ArgumentHelp(
      "Run replicates until the interval of translation cycles is that narrow.",
      valueName: "share"))
  var precision: String?

  @Option(
    name: .customLong("max-replicates"), help: "Most replicates --precision may take.")
  var maxReplicates = 1000

  enum LadderChoice: String, ExpressibleByArgument, CaseIterable {
    case none, successive, shapley, both
  }

  @Option(
    help: ArgumentHelp(
      "Causes added one by one, averaged over all orders, both, or none.",
      discussion: "All orders take about four times as long: every set of causes is replayed."))
  var ladder: LadderChoice = .successive

  @OptionGroup var judged: InferenceOptions

  @Option(
    name: .customLong("fail-on"),
    help: "Exit with 2 when this metric is significantly worse in the treatment.",
    completion: .metrics)
  var failOn: String?

  private var options: ExperimentOptions {
    var options = ExperimentOptions()
    switch ladder {
    case .none: options.ladder = .none
    case .successive: options.ladder = .successive
    case .shapley, .both: options.ladder = .allSubsets
    }
    return options
  }

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs wants at least 1") }
    if let replicates, !(1...Scenario.replicateLimit).contains(replicates) {
      throw ValidationError("--replicates wants 1…\(Scenario.replicateLimit)")
    }
    if let precision, !(1e-6...1).contains(Share(precision)?.value ?? 0) {
      throw ValidationError("--precision wants a share such as 1% or 0.01, not '\(precision)'")
    }
    if !(2...Scenario.replicateLimit).contains(maxReplicates) {
      throw ValidationError("--max-replicates wants 2…\(Scenario.replicateLimit)")
    }
    if let wrong = settings.first(where: { ScenarioOverrides.Setting($0) == nil }) {
      throw ValidationError("--set wants path=value, not '\(wrong)'")
    }
    if let failOn, MetricCatalog.named(failOn) == nil {
      throw ValidationError(
        "unknown metric '\(failOn)'"
          + suggestion(for: failOn, in: MetricCatalog.all.map(\.name)))
    }
  }

  func run() async throws {
    let record = RunRecord()
    var plan = try ScenarioOverrides.read(
      scenario, settings.compactMap { ScenarioOverrides.Setting($0) })
    if let seed { plan.seed = Seed(seed) }
    if let replicates { plan.replicates = replicates }
    if let machine { plan.machine = try MachineCatalog.machine(machine) }
    let progress = Progress(
      "replaying", total: Double(plan.replicates), unit: "replicates",
      isShown: output.showsProgress)
    defer { progress.finish() }
    let result: ExperimentResult
    var stopping: JSONValue?
    if let share = precision.flatMap({ Share($0) }) {
      let outcome = try await SequentialStopping.run(
        plan, precision: share.value, limit: maxReplicates, jobs: jobs, options: options
      ) { _ in progress.advance() }
      result = outcome.result
      stopping = CompareReport.stopping(outcome, target: share.value)
      if let shortfall = outcome.shortfall {
        output.narrate("precision \(precision ?? "") was not reached: \(shortfall)")
      }
    } else {
      result = try await Experiment.run(plan, jobs: jobs, options: options) { _ in
        progress.advance()
      }
    }
    progress.finish()
    let comparison = try Comparison(result, judged.inference)
    var manifest = Manifest.ofThisCommand
    try manifest.describe(result.scenario)
    var document = CompareReport.document(comparison, showsSuccessive: ladder != .shapley)
    document.members["precision"] = stopping
    try output.emit(document.with(manifest, record))
    if let failOn, let difference = comparison.difference(failOn) {
      let worse =
        difference.metric.polarity == .higherIsBetter
        ? difference.pair.high < 0 : difference.pair.low > 0
      if worse { throw ExitCode(ExitMapping.regression) }
    }
  }
}
