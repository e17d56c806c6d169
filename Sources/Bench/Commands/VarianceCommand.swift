import ArgumentParser
import Sim

/// `kfrag variance SCENARIO`: what the spread between replicates comes from.
struct VarianceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "variance",
    abstract: "Takes the spread of the difference apart: ageing, load order, boot, workload.",
    discussion: """
      Runs a crossed design, every level of every factor with every level of the others, and \
      estimates variance components by analysis of variance. LEVELS to the power of the factors \
      replicates are run.
      """)

  @Argument(help: "The scenario, a YAML file.", completion: .file(extensions: ["yaml"]))
  var scenario: String

  @OptionGroup var settings: ScenarioOptions
  @OptionGroup var parallel: JobOptions

  @Option(help: "Levels of each factor.")
  var levels = 3

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "What varies, instead of the scenario's 'vary': "
        + VaryingFactor.allCases.map(\.rawValue).joined(separator: " ") + ".",
      valueName: "factor"),
    completion: .list(VaryingFactor.allCases.map(\.rawValue)))
  var factors: [String] = []

  @Option(parsing: .singleValue, help: "Only this metric; repeat for more.", completion: .metrics)
  var metric: [String] = ["translationCycles.pki", "walks.pki", "l1i.mpki", "l1d.mpki"]

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (2...64).contains(levels) else { throw ValidationError("--levels wants 2…64") }
    for name in factors where VaryingFactor(rawValue: name) == nil {
      throw ValidationError(
        "unknown factor '\(name)'"
          + suggestion(for: name, in: VaryingFactor.allCases.map(\.rawValue)))
    }
    try checkMetrics(metric)
  }

  func run() async throws {
    let record = RunRecord()
    let plan = try VarianceStudy.plan(
      settings.read(scenario), factors: factors.compactMap { VaryingFactor(rawValue: $0) },
      levels: levels)
    var options = ExperimentOptions()
    options.ladder = .none
    let progress = Progress(
      "replaying", total: Double(plan.replicates), unit: "replicates",
      isShown: output.showsProgress)
    defer { progress.finish() }
    let result = try await Experiment.run(plan, jobs: parallel.jobs, options: options) { _ in
      progress.advance()
    }
    progress.finish()
    let study = try VarianceStudy(result, metrics: metric)
    var manifest = Manifest.ofThisCommand
    try manifest.describe(plan)
    try output.emit(study.document.with(manifest, record))
  }
}
