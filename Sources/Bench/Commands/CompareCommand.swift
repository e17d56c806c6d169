import ArgumentParser
import Sim

/// `kfrag compare SCENARIO`: the main job.
struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compares layouts of one reference stream: arms × replicates, paired differences.")

  @Argument(help: "The scenario, a YAML file.", completion: .file(extensions: ["yaml"]))
  var scenario: String

  @OptionGroup var output: OutputOptions

  @OptionGroup var settings: ScenarioOptions
  @OptionGroup var runs: ReplicateOptions

  @Option(
    help: ArgumentHelp(
      "Run replicates until the interval of translation cycles is that narrow, for every arm.",
      discussion: "An interval that stopped the run covers somewhat less often than it says.",
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
    help: "Exit with 2 when this metric is significantly worse in any arm than in the first.",
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
    if let precision, !(1e-6...1).contains(Share(precision)?.value ?? 0) {
      throw ValidationError("--precision wants a share such as 1% or 0.01, not '\(precision)'")
    }
    if !(2...Scenario.replicateLimit).contains(maxReplicates) {
      throw ValidationError("--max-replicates wants 2…\(Scenario.replicateLimit)")
    }
    try checkMetrics(failOn.map { [$0] } ?? [])
    if let failOn, MetricCatalog.named(failOn)?.polarity == .neither {
      throw ValidationError("--fail-on: neither more nor less of '\(failOn)' is worse")
    }
  }

  func run() async throws {
    let record = RunRecord()
    var plan = try settings.read(scenario)
    runs.apply(to: &plan)
    let progress = Progress(
      "replaying", total: Double(plan.replicates), unit: "replicates",
      isShown: output.showsProgress)
    defer { progress.finish() }
    let result: ExperimentResult
    var stopping: JSONValue?
    if let share = precision.flatMap({ Share($0) }) {
      let outcome = try await SequentialStopping.run(
        plan, judged.inference, precision: share.value, limit: maxReplicates,
        jobs: runs.parallel.jobs,
        options: options
      ) { _ in progress.advance() }
      result = outcome.result
      stopping = CompareReport.stopping(outcome, target: share.value)
      if let shortfall = outcome.shortfall {
        output.narrate("precision \(precision ?? "") was not reached: \(shortfall)")
      }
    } else {
      result = try await Experiment.run(plan, jobs: runs.parallel.jobs, options: options) { _ in
        progress.advance()
      }
    }
    progress.finish()
    let comparison = try Comparison(result, judged.inference)
    var manifest = Manifest.ofThisCommand
    try manifest.describe(result.scenario)
    let document = CompareReport.document(
      comparison, showsSuccessive: ladder != .shapley, stopping: stopping)
    let isWorse = try failOn.map { try regressed(comparison, $0) } ?? false
    try output.emit(document.with(manifest, record))
    if isWorse { throw ExitCode(ExitMapping.regression) }
  }

  /// Whether a metric is significantly worse in any arm. What cannot be told is no pass.
  private func regressed(_ comparison: Comparison, _ metric: String) throws -> Bool {
    let found = comparison.differences.filter { $0.metric.name == metric }
    guard !found.isEmpty else {
      throw InputError(file: scenario, "--fail-on: \(metric) has no value in this scenario")
    }
    guard found.allSatisfy({ $0.pair.low.isFinite && $0.pair.high.isFinite }) else {
      throw InputError(
        file: scenario, "--fail-on: one replicate gives no interval to judge by; run more")
    }
    return found.contains {
      $0.metric.polarity == .higherIsBetter ? $0.pair.high < 0 : $0.pair.low > 0
    }
  }
}
