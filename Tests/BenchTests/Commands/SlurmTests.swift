import Foundation
import Sim
import TestSupport
import Testing

@Suite("kfrag sweep --engine slurm, against tools that misbehave", .serialized)
struct SlurmTests {
  let folder: TemporaryFolder
  let program: Program
  let bin: String

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
    bin = folder.path("bin")
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
  }

  private func tool(_ name: String, _ script: String) throws {
    try folder.write("bin/\(name)", "#!/bin/sh\n\(script)\n")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: "\(bin)/\(name)")
  }

  /// An sbatch that notes its arguments and runs the first task itself.
  private func obliging() throws {
    try tool(
      "sbatch",
      """
      echo "$@" >"$0.args"; cat >"$0.job"
      SLURM_ARRAY_TASK_ID=0 sh "$0.job" >&2; echo 7
      """)
  }

  private func sweep(into out: String) throws -> Program.Answer {
    let plan = try folder.write(
      "plan.yaml", "scenario: \(dataPath("sweep/tiny.yaml"))\naxes: {seed: [1]}\n")
    return try program.run(
      ["sweep", plan, "--into", out, "--engine", "slurm"],
      environment: ["PATH": bin + ":/usr/bin:/bin"])
  }

  @Test("a queue that times out a few times is asked again")
  func busy() throws {
    try obliging()
    try tool(
      "squeue",
      """
      echo x >>"$0.asked"
      [ $(wc -l <"$0.asked") -gt 2 ] && exit 0
      echo 'slurm_load_jobs error: Socket timed out' >&2; exit 1
      """)
    let out = folder.path("busy")
    let answer = try sweep(into: out)
    #expect(answer.status == 0, "\(answer.complaints)")
    #expect(FileManager.default.fileExists(atPath: out + "/results.csv"))
  }

  @Test("a queue that never answers ends the sweep, and its job is cancelled")
  func silent() throws {
    try obliging()
    try tool("squeue", "echo 'slurm_load_jobs error: Socket timed out' >&2; exit 1")
    try tool("scancel", "echo \"$@\" >\"$0.args\"")
    let answer = try sweep(into: folder.path("silent"))
    #expect(answer.status == 65 && answer.complaints.contains("timed out"))
    #expect(try InputFile.text("\(bin)/scancel.args") == "7\n")
  }

  @Test("an sbatch that ends without reading its script is an error with its words, no signal")
  func refusing() throws {
    try tool("sbatch", "exec <&-; echo 'invalid account' >&2; exit 1")
    let answer = try sweep(into: folder.path("refused"))
    #expect(answer.status == 65 && answer.complaints.contains("invalid account"))
  }

  @Test("a per cent sign in the folder is itself to Slurm")
  func percent() throws {
    try obliging()
    try tool("squeue", "exit 0")
    let answer = try sweep(into: folder.path(".") + "/50%j")
    #expect(answer.status == 0, "\(answer.complaints)")
    #expect(try InputFile.text("\(bin)/sbatch.args").contains("/50%%j/.slurm/%A_%a.log"))
  }

  @Test("a stale point is submitted again, not counted as done")
  func stale() throws {
    try obliging()
    try tool("squeue", "exit 0")
    let out = folder.path("stale")
    #expect(try sweep(into: out).status == 0)
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: out + "/points").first)
    let path = "\(out)/points/\(name)"
    let whole = try InputFile.contents(path)
    try Data(whole.dropLast(100)).write(to: URL(filePath: path))
    let answer = try sweep(into: out)
    #expect(answer.status == 0 && answer.text.contains("1 run, 0 found finished"))
    #expect(try InputFile.contents(path) == whole)
  }
}
