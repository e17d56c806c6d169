import ArgumentParser
import Foundation
import Sim

/// `kfrag regress SWEEP`: how a penalty grows with pages, entries and reach.
struct RegressCommand: ParsableCommand {
  // Safe: `isFolder` is lent for the length of the call.
  static let configuration = CommandConfiguration(
    commandName: "regress",
    abstract: "Regresses a sweep's penalty on module pages, entries and reach.",
    discussion: """
      SWEEP is the folder 'kfrag sweep' wrote, or its comparisons.csv. Response and predictors are \
      differences between treatment and baseline at each point.
      """)

  @Argument(help: "A sweep's folder, or its comparisons.csv.", completion: .directory)
  var sweep: String

  @Option(help: "The penalty.", completion: .metrics)
  var metric = "translationCycles.pki"

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "A predictor; repeat for more. Without: those of "
        + RegressionReport.predictors.joined(separator: ", ") + " that vary.",
      valueName: "metric"), completion: .metrics)
  var on: [String] = []

  @Option(help: "Coverage of the intervals: 95% or 0.95.")
  var confidence = "95%"

  @OptionGroup var output: OutputOptions

  func validate() throws {
    try checkMetrics([metric] + on)
    guard let share = Share(confidence), (0.5...0.9999).contains(share.value) else {
      throw ValidationError("--confidence wants a share of 50% to 99.99%, not '\(confidence)'")
    }
  }

  func run() throws {
    let record = RunRecord()
    var isFolder: ObjCBool = false
    let exists = unsafe FileManager.default.fileExists(atPath: sweep, isDirectory: &isFolder)
    let file = exists && isFolder.boolValue ? "\(sweep)/comparisons.csv" : sweep
    let report = try RegressionReport(
      file, metric: metric, on: on, confidence: Share(confidence)?.value ?? 0.95)
    var manifest = Manifest.ofThisCommand
    try manifest.read([file])
    try output.emit(report.document.with(manifest, record))
  }
}
