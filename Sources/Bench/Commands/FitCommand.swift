import ArgumentParser
import Sim

/// `kfrag fit`: parameters of the synthetic workload from a recording.
struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fits the synthetic workload to a recording, and says how close it comes.",
    discussion: """
      Counts where the references of a .kft go next: classes of memory, depths in stacks of recent \
      use, lengths of runs. Draws a stream from that and compares miss curves of fully associative \
      LRU. A scenario takes the file under workload: {synthetic: {model: fitted, fit: FILE}}.
      """)

  @Argument(help: "The recording, .kft.")
  var recording: String

  @Option(name: .long, help: "Keep these steps only: 3,5-9.")
  var steps: String?

  @Option(name: .long, help: "References to draw for the comparison.")
  var references = "100_000_000"

  @Option(name: .long, help: "Seed of everything random.")
  var seed: UInt64 = 1

  @OptionGroup var output: OutputOptions

  func run() throws {
    let record = RunRecord()
    var run = LocalityFitRun()
    run.seed = Seed(seed)
    guard let count = parseUnsigned(references), (1000...1_000_000_000_000).contains(count) else {
      throw ValidationError("--references wants a count from 1000, not '\(references)'")
    }
    run.references = count
    if let steps {
      guard let selection = StepSelection(steps) else {
        throw ValidationError("'\(steps)' is no list of steps; write 3,5-9")
      }
      run.steps = selection
    }
    let progress = Progress(
      "fit", total: Double(run.passes), unit: "passes", isShown: output.showsProgress)
    defer { progress.finish() }
    let fit = try run.run(recording) { progress.advance() }
    progress.finish()
    // The parameters go to the file, how close they come to the terminal.
    var report = output
    if let path = output.output, path != "-" {
      try AtomicFile.write(Array(fit.yaml.utf8), to: path)
      report.common.output = nil
    }
    try report.emit(
      LocalityFitReport.document(fit), of: Sources(files: [recording], seed: seed), record)
  }
}
