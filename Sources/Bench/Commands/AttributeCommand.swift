import ArgumentParser
import Sim

/// `kfrag attribute SCENARIO`: whose misses they are, and what each module costs.
struct AttributeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attribute",
    abstract: "Charges misses to causes, objects and sections; ranks modules by their cost.")

  @Argument(help: "The scenario, a YAML file.", completion: .file(extensions: ["yaml"]))
  var scenario: String?

  @Flag(help: "Instead, what changed between two results of attribute --json: --diff A B.")
  var diff = false

  @Argument(help: "With --diff: the second result.")
  var other: String?

  @Option(help: "Objects to print; --json and --csv have all.")
  var top = 25

  @Option(
    help: ArgumentHelp(
      "Name places by kallsyms, System.map or nm output of the recorded kernel.",
      valueName: "file"),
    completion: .file())
  var symbols: String?

  @OptionGroup var settings: ScenarioOptions
  @OptionGroup var runs: ReplicateOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if scenario == nil { throw ValidationError("Missing expected argument '<scenario>'") }
    if diff != (other != nil) {
      throw ValidationError("--diff wants two results, and two results want --diff")
    }
    guard top >= 1 else { throw ValidationError("--top wants at least 1") }
  }

  func run() async throws {
    let record = RunRecord()
    var manifest = Manifest.ofThisCommand
    let scenario = scenario ?? ""
    if let other {
      try manifest.read([scenario, other])
      let (old, new) = (
        try JSONValue(parsing: InputFile.contents(scenario), file: scenario),
        try JSONValue(parsing: InputFile.contents(other), file: other)
      )
      let document = try AttributionDiff.document(old, scenario, new, other, top: top)
      return try output.emit(document.with(manifest, record))
    }
    var plan = try settings.read(scenario)
    runs.apply(to: &plan)
    var options = ExperimentOptions.attribution
    if let symbols {
      guard case .recorded = plan.workload else {
        throw InputError(
          file: scenario,
          "--symbols names places of a recorded kernel; this workload is synthetic")
      }
      options.symbols = try SymbolTable(symbols)
    }
    let progress = Progress(
      "replaying", total: Double(plan.replicates), unit: "replicates",
      isShown: output.showsProgress)
    defer { progress.finish() }
    let result = try await Experiment.run(plan, jobs: runs.parallel.jobs, options: options) { _ in
      progress.advance()
    }
    progress.finish()
    try manifest.describe(plan)
    if let symbols { try manifest.read([symbols]) }
    let document = AttributionReport.document(AttributionTable(result), top: top)
    try output.emit(document.with(manifest, record))
  }
}
