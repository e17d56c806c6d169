import ArgumentParser
import Foundation
import Sim
import Synchronization

/// `kfrag sweep PLAN --into DIR`: many scenarios, resumable.
struct SweepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Runs a scenario at every point of a plan; resumes where it was interrupted.",
    discussion: """
      Each point is written whole or not at all into DIR/points, so a sweep killed at any moment \
      and started again ends with the same files. When all points are there, DIR holds \
      points.csv, results.csv, comparisons.csv, ladder.csv and results.sqlite.
      """)

  enum Engine: String, ExpressibleByArgument, CaseIterable { case local, slurm }

  @Argument(help: "The plan, a YAML file.", completion: .file(extensions: ["yaml"]))
  var plan: String

  @Option(help: "Folder for the results.", completion: .directory)
  var into: String?

  @Option(help: "Points under way at once.")
  var jobs: Int = max(1, ProcessInfo.processInfo.activeProcessorCount)

  @Option(help: "Run only the i-th of n equal parts: i/n.")
  var shard: String?

  @Option(help: "Run only these points: 3,5-9.")
  var point: String?

  @Option(help: "Where points run: here, or as a Slurm job array over a shared folder.")
  var engine: Engine = .local

  @Flag(help: "Print one command a point, for GNU parallel, and run nothing.")
  var list = false

  @Option(help: "Slurm: times a lost point is submitted again.")
  var retries: Int = 3

  @Option(help: "Slurm: points one task runs.")
  var chunk: Int = 1

  @Option(
    name: .customLong("sbatch"), parsing: .singleValue,
    help: ArgumentHelp("Slurm: a further argument of sbatch; repeat for more.", valueName: "arg"))
  var sbatch: [String] = []

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs wants at least 1") }
    guard (0...1000).contains(retries) else { throw ValidationError("--retries wants 0…1000") }
    guard (1...1_000_000).contains(chunk) else {
      throw ValidationError("--chunk wants 1…1000000")
    }
    if let shard, SweepShard(shard) == nil {
      throw ValidationError("--shard wants i/n with 1 ≤ i ≤ n, not '\(shard)'")
    }
    if let point, StepSelection(point) == nil {
      throw ValidationError("--point wants numbers and ranges such as 3,5-9, not '\(point)'")
    }
    if into == nil { throw ValidationError("--into DIR says where the results go") }
  }

  func run() async throws {
    let record = RunRecord()
    let folder = into ?? "."
    let sweep = try reading(plan, as: .sweepPlan) { try SweepPlanReader.read(plan) }
    let chosen = try points(of: sweep)
    if list {
      let lines = chosen.map { repeatCommand(sweep, $0, folder) }
      return try output.write(Array((lines.joined(separator: "\n") + "\n").utf8))
    }
    let store = try SweepStore(folder: folder)
    let check = PointCheck()
    let runner = SweepRunner(
      plan: sweep, store: store, salt: "\(Version.number) \(Version.commit ?? "")",
      isWhole: { check.isWhole($0) })
    let outcome: SweepRunner.Outcome
    switch engine {
    case .local: outcome = try await runHere(runner, chosen)
    case .slurm:
      outcome = try await SlurmEngine(
        planPath: plan, folder: folder, retries: retries, chunk: chunk, extra: sbatch
      ).run(runner, chosen, isShown: output.showsProgress, narrate: output.narrate)
    }
    let isComplete = try runner.isComplete()
    if isComplete { try merge(runner) }
    try report(runner, chosen, outcome, isComplete, record)
    if outcome.failures.contains(where: { $0.exit == ExitMapping.internalError }) {
      throw ExitCode(ExitMapping.internalError)
    }
    if !outcome.failures.isEmpty { throw ExitCode(InputError.Kind.badData.rawValue) }
  }

  private func points(of sweep: SweepPlan) throws -> [SweepPoint] {
    var chosen = sweep.points
    if let shard = shard.flatMap(SweepShard.init) { chosen = chosen.filter(shard.contains) }
    if let selection = point.flatMap({ StepSelection($0) }) {
      guard
        selection.ranges.allSatisfy({ $0.lowerBound >= 1 && $0.upperBound <= sweep.points.count })
      else { throw ValidationError("the plan's points are 1…\(sweep.points.count)") }
      chosen = chosen.filter { selection.contains(UInt32($0.index)) }
    }
    return chosen
  }

  private func runHere(
    _ runner: SweepRunner, _ points: [SweepPoint]
  ) async throws -> SweepRunner.Outcome {
    let progress = Progress(
      "sweep", total: Double(points.count), unit: "points", isShown: output.showsProgress)
    defer { progress.finish() }
    // Fewer points than threads: each gets several.
    let inner = max(1, jobs / max(1, points.count))
    return try await runner.run(
      points, jobs: jobs, progress: { _ in progress.advance() }
    ) { point, scenario in
      try await SweepCommand.bytes(runner.plan, point, scenario, jobs: inner)
    }
  }

  /// One point's answer: what `compare` prints, with the point in its manifest. No host and no
  /// time, so that a sweep's files are the same wherever and however often it was interrupted.
  private static func bytes(
    _ plan: SweepPlan, _ point: SweepPoint, _ scenario: Scenario, jobs: Int
  ) async throws -> [UInt8] {
    let result = try await Experiment.run(scenario, jobs: jobs)
    var document = CompareReport.document(Comparison(result))
    var manifest = Manifest(command: compareCommand(plan, point))
    try manifest.describe(scenario)
    document.manifest = manifest.json(of: document.members)
    return document.json.prettyBytes
  }

  private static func compareCommand(_ plan: SweepPlan, _ point: SweepPoint) -> [String] {
    ["compare", plan.scenario] + point.settings.flatMap { ["--set", $0.argument] }
  }

  private func merge(_ runner: SweepRunner) throws(InputError) {
    try runner.store.locked { () throws(InputError) in
      try SweepTables(runner).write(into: runner.store.folder)
      if shard == nil && point == nil { runner.store.removeTemporaries() }
    }
  }

  private func repeatCommand(_ sweep: SweepPlan, _ point: SweepPoint, _ folder: String) -> String {
    ["kfrag", "sweep", plan, "--into", folder, "--point", String(point.index)]
      .map(Shell.quoted).joined(separator: " ")
  }

  private func report(
    _ runner: SweepRunner, _ points: [SweepPoint], _ outcome: SweepRunner.Outcome,
    _ isComplete: Bool, _ record: RunRecord
  ) throws {
    let failures = outcome.failures.map { failure in
      let point = runner.plan.points[failure.index - 1]
      let command = (["kfrag"] + Self.compareCommand(runner.plan, point))
        .map(Shell.quoted).joined(separator: " ")
      return (failure, point, command)
    }
    for (failure, point, command) in failures {
      Terminal.narrate("point \(point.index) (\(point.label)) failed: \(failure.message)")
      Terminal.narrate("  repeat it with: \(command)")
    }
    let members: [String: JSONValue] = [
      "plan": .string(runner.plan.name), "folder": .string(runner.store.folder),
      "points": JSONValue(points.count), "complete": .bool(isComplete),
      "failures": .array(
        failures.map { failure, point, command in
          [
            "point": JSONValue(point.index), "exit": JSONValue(failure.exit),
            "message": .string(failure.message), "command": .string(command),
          ]
        }),
    ]
    var manifest = Manifest.ofThisCommand
    try manifest.read([plan, runner.plan.scenario])
    try describe(runner.plan, &manifest)
    let end =
      isComplete ? "results in \(runner.store.folder)" : "not all points of the plan are there yet"
    let text = """
      \(runner.plan.name): \(points.count) points: \(outcome.finished) run, \
      \(outcome.reused) found finished, \(outcome.failures.count) failed
      \(end)

      """
    let document = ReportDocument(kind: "sweep", members: members) { _ in text }
    try output.emit(document.with(manifest, record))
  }
}

extension SweepCommand {
  /// The scenario points are made from, where it stands by itself, and the machines and systems
  /// the axes put into it.
  private func describe(_ plan: SweepPlan, _ manifest: inout Manifest) throws {
    if let base = try? ScenarioReader.read(plan.scenario) { try manifest.describe(base) }
    for axis in plan.axes where axis == "machine" || axis == "system" {
      let values = Set(plan.points.compactMap { $0.value(axis) })
      for value in values.sorted() where !MachineCatalog.isPath(value) {
        if axis == "machine", let machine = try? MachineCatalog.machine(value) {
          try manifest.describe(machine)
        } else if axis == "system", let profile = try? ProfileCatalog.profile(value) {
          try manifest.describe(profile)
        }
      }
    }
  }
}

/// Whether a point's file can be kept: it is whole, and its inputs are as they were. Files are
/// hashed once a run.
final class PointCheck: Sendable {
  private let hashes = HashCache()

  func isWhole(_ bytes: [UInt8]) -> Bool {
    guard let json = try? JSONValue(parsing: bytes, file: "point"), let members = json.object,
      let manifest = members["manifest"],
      manifest["digest"]?.string == Manifest.digest(of: members)
    else { return false }
    return (manifest["inputs"]?.array ?? []).allSatisfy { input in
      guard let path = input["path"]?.string else { return false }
      return hashes.hash(path) == input["sha256"]?.string
    }
  }
}

/// SHA-256 of files by path, each computed once.
private final class HashCache: Sendable {
  private let known = Mutex<[String: String]>([:])

  /// Nil when the file cannot be read.
  func hash(_ path: String) -> String? {
    known.withLock { known in
      if let hash = known[path] { return hash }
      guard let hash = try? SHA256Digest.path(path).hex else { return nil }
      known[path] = hash
      return hash
    }
  }
}

/// Words as a POSIX shell reads them back.
enum Shell {
  static func quoted(_ word: String) -> String {
    let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+%@"
    if !word.isEmpty, word.allSatisfy(plain.contains) { return word }
    return "'"
      + word.split(separator: "'", omittingEmptySubsequences: false).joined(
        separator: "'\\''") + "'"
  }
}
