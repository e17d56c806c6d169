import Foundation
import Sim

/// Runs the points of a sweep as a Slurm job array over a folder all nodes share.
///
/// Each task runs this same command for its points and writes them atomically. When the array has
/// ended, points with neither result nor recorded failure were lost (a node died, a task was
/// cancelled, memory ran out): they alone are submitted again.
struct SlurmEngine {
  let planPath: String
  let folder: String
  let retries: Int
  let chunk: Int
  let extra: [String]

  /// Slurm's own default limit on the size of an array (`MaxArraySize` 1001).
  static let arrayLimit = 1000

  func run(
    _ runner: SweepRunner, _ points: [SweepPoint], isShown: Bool,
    narrate: (String) -> Void
  ) async throws -> SweepRunner.Outcome {
    var outcome = SweepRunner.Outcome()
    var waiting: [SweepPoint] = []
    for point in points {
      let key = try runner.key(point)
      if runner.result(key) != nil {
        outcome.reused += 1
      } else {
        runner.store.forgetResult(key)
        runner.store.forgetFailure(key)
        waiting.append(point)
      }
    }
    let progress = Progress(
      "slurm", total: Double(waiting.count), unit: "points", isShown: isShown)
    defer { progress.finish() }
    var seen = 0
    for attempt in 0...retries where !waiting.isEmpty {
      if attempt > 0 {
        narrate("slurm: \(waiting.count) points were lost; submitting them again")
      }
      var rest = waiting[...]
      while !rest.isEmpty {
        let batch = Array(rest.prefix(SlurmEngine.arrayLimit * chunk))
        rest = rest.dropFirst(batch.count)
        try await runArray(batch, attempt) {
          let there = batch.filter { isDone($0, runner) }.count
          progress.advance(by: Double(max(0, there - seen)))
          seen = max(seen, there)
        }
        seen = 0
      }
      let lost = waiting.filter { !isDone($0, runner) }
      outcome.finished += waiting.count - lost.count
      waiting = lost
    }
    for point in points {
      let key = try runner.key(point)
      if let failure = runner.store.failure(key, index: point.index) {
        outcome.failures.append(failure)
        outcome.finished -= 1
      } else if !runner.store.hasResult(key) {
        let message = "lost by Slurm \(retries + 1) times; see the logs in \(folder)/.slurm"
        outcome.failures.append(SweepFailure(index: point.index, exit: 70, message: message))
      }
    }
    if outcome.failures.isEmpty { try? FileManager.default.removeItem(atPath: folder + "/.slurm") }
    return outcome
  }

  private func isDone(_ point: SweepPoint, _ runner: SweepRunner) -> Bool {
    guard let key = try? runner.key(point) else { return false }
    return runner.store.hasResult(key) || runner.store.hasFailure(key)
  }

  /// Submits one array and waits until none of its tasks is left in the queue.
  private func runArray(
    _ points: [SweepPoint], _ attempt: Int, tick: () -> Void
  ) async throws {
    let logs = folder + "/.slurm"
    try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
    var lists: [String] = []
    for start in stride(from: 0, to: points.count, by: chunk) {
      let part = points[start..<min(points.count, start + chunk)]
      lists.append(part.map { String($0.index) }.joined(separator: ","))
    }
    let name = "\(logs)/points-\(attempt)-\(points[0].index).list"
    try AtomicFile.write(Array((lists.joined(separator: "\n") + "\n").utf8), to: name)
    let command = [Executable.path, "sweep", planPath, "--into", folder]
      .map(Shell.quoted).joined(separator: " ")
    let script = """
      #!/bin/sh
      points=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" \(Shell.quoted(name)))
      exec \(command) --point "$points" --jobs 1 --no-progress

      """
    let answer = try SlurmEngine.tool(
      "sbatch",
      ["--parsable", "--job-name=kfrag", "--array=0-\(lists.count - 1)", "--ntasks=1"]
        + ["--output=\(SlurmEngine.literal(logs))/%A_%a.log"] + extra, input: script)
    // `ID` or `ID;CLUSTER`.
    let job = answer.split { $0 == ";" || $0.isNewline }.first.map(String.init) ?? ""
    guard !job.isEmpty, job.allSatisfy(\.isNumber) else {
      throw InputError(file: "sbatch", "gave no job number: \(answer)")
    }
    do {
      try await wait(for: job, tick: tick)
    } catch {
      // Nobody waits for its tasks any more.
      _ = try? SlurmEngine.tool("scancel", [job])
      throw error
    }
    tick()
  }

  /// A folder's name where Slurm replaces `%` and a letter.
  private static func literal(_ path: String) -> String { path.replacing("%", with: "%%") }

  /// Questions in a row the queue may leave unanswered: a busy controller times out.
  static let silences = 20

  private func wait(for job: String, tick: () -> Void) async throws {
    var silent = 0
    while true {
      do {
        if try !isQueued(job) { return }
        silent = 0
      } catch let error as InputError where error.kind == .badData && silent < Self.silences {
        silent += 1
      }
      tick()
      try await Task.sleep(for: .milliseconds(500))
    }
  }

  /// Whether tasks of the job are still pending or running. A job Slurm has forgotten is over.
  private func isQueued(_ job: String) throws -> Bool {
    do {
      let text = try SlurmEngine.tool("squeue", ["-h", "-j", job, "-o", "%t"])
      return text.contains { !$0.isWhitespace }
    } catch let error as InputError {
      if error.description.contains("Invalid job id") { return false }
      throw error
    }
  }

  /// Runs a Slurm tool. - Throws: kind `missing` when it is not installed, else with its words.
  private static func tool(_ name: String, _ arguments: [String], input: String = "") throws
    -> String
  {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [name] + arguments
    let (send, receive, complaints) = (Pipe(), Pipe(), Pipe())
    process.standardInput = send
    process.standardOutput = receive
    process.standardError = complaints
    // A tool that ends without reading must not take this process along.
    signal(SIGPIPE, SIG_IGN)
    try process.run()
    try? send.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try send.fileHandleForWriting.close()
    let answer = receive.fileHandleForReading.readDataToEndOfFile()
    let words = complaints.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let text = String(decoding: words, as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      throw InputError(
        file: name, kind: process.terminationStatus == 127 ? .missing : .badData,
        process.terminationStatus == 127 ? "not found: is Slurm installed?" : text)
    }
    return String(decoding: answer, as: UTF8.self)
  }
}
