import Foundation
import TestSupport
import Testing

@Suite("What is written is whole or not there, whatever goes wrong", .serialized)
struct FaultTests {
  /// A command that writes into the folder given last, and what it writes there.
  struct Writer: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// Whether the command calls `sbatch` and `squeue`.
    var usesSlurm = false
    let arguments: @Sendable (String) -> [String]
  }

  static let data = CorpusTests.corpus + "/../Data/"
  static let writers: [Writer] = [
    Writer(testDescription: "layout --csv") {
      ["layout", data + "scenario.yaml", "--csv", "-o", $0 + "/layout.csv"]
    },
    Writer(testDescription: "compare --csv") {
      ["compare", data + "scenario.yaml", "--csv", "-o", $0 + "/compare.csv"]
    },
    Writer(testDescription: "import .kft") {
      let trace = CorpusTests.corpus + "/lackey/few.txt"
      return ["import", trace, "--format", "lackey", "-o", $0 + "/few.kft"]
    },
    Writer(testDescription: "export") {
      let trace = CorpusTests.corpus + "/kft/capture.kft"
      return ["export", trace, "--to", "din", "-o", $0 + "/few.din"]
    },
    Writer(testDescription: "catalog") {
      let folder = $0
      return ["catalog", data + "modules", "-o", folder + "/catalog.csv"]
    },
    Writer(testDescription: "report --html") {
      [
        "report", CorpusTests.corpus + "/result/compare.json", "--no-charts", "--html",
        $0 + "/report.html",
      ]
    },
    Writer(testDescription: "sweep") { ["sweep", data + "plan.yaml", "--into", $0 + "/out"] },
    Writer(testDescription: "sweep --engine slurm", usesSlurm: true) {
      ["sweep", data + "plan.yaml", "--into", $0 + "/out", "--engine", "slurm"]
    },
    Writer(testDescription: "course grade") {
      [
        "course", "grade", CorpusTests.corpus + "/assignment/1-tiny-tlb.yaml",
        CorpusTests.corpus + "/submission/answers.txt", "--gradescope", $0 + "/results.json",
        "--junit", $0 + "/junit.xml", "-o", $0 + "/grade.txt",
      ]
    },
  ]

  let faulty: FaultyProgram

  init() throws { faulty = try FaultyProgram() }

  private func target(_ name: String) throws -> String {
    let path = faulty.folder.path(name)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  /// Runs it into `folder`; Slurm's tools are scripts that run the array on the spot, and have no
  /// faults of their own.
  private func run(
    _ writer: Writer, _ folder: String, fault: String = "none:0"
  ) throws -> FaultyProgram.Answer {
    guard writer.usesSlurm else { return try faulty.run(writer.arguments(folder), fault: fault) }
    let bin = try target("bin")
    let tools = [
      "sbatch": """
      #!/bin/sh
      unset LD_PRELOAD
      for word in "$@"; do case $word in --array=0-*) last=${word#--array=0-} ;; esac; done
      job=$(cat)
      for task in $(seq 0 "$last"); do
        printf '%s\\n' "$job" | SLURM_ARRAY_TASK_ID=$task sh >&2
      done
      echo 7
      """,
      "squeue": "#!/bin/sh\nexit 0\n",
    ]
    for (name, text) in tools where !FileManager.default.fileExists(atPath: "\(bin)/\(name)") {
      try faulty.folder.write("bin/\(name)", text)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: "\(bin)/\(name)")
    }
    return try faulty.run(
      writer.arguments(folder), fault: fault, environment: ["PATH": bin + ":/usr/bin:/bin"])
  }

  /// What the command writes when nothing goes wrong, and its calls that change files.
  private func calm(_ writer: Writer) throws -> (files: [String: Data], calls: Int) {
    let folder = try target("calm")
    let answer = try run(writer, folder)
    #expect(answer.status == 0, "\(answer.complaints)")
    let files = faulty.files(folder)
    #expect(!files.isEmpty && answer.calls >= 3)
    return (files, answer.calls)
  }

  /// All of 1…`calls` when they are few, else the first and an even choice of the rest.
  private func instants(_ calls: Int) -> [Int] {
    guard calls > 6 else { return (0..<calls).map { $0 + 1 } }
    return [1, 2] + stride(from: 4, through: calls, by: max(1, calls / 4))
  }

  @Test(
    "a disk that is full from some write on: exit 73 or 74, nothing half-written",
    arguments: writers)
  func full(writer: Writer) throws {
    let (files, calls) = try calm(writer)
    for instant in instants(calls) {
      let folder = try target("full-\(instant)")
      let answer = try run(writer, folder, fault: "full:\(instant)")
      let complained = [73, 74].contains(answer.status) && !answer.complaints.isEmpty
      // The last call makes the folder's entry durable: the file is whole by then.
      let whole = answer.status == 0 && faulty.files(folder) == files
      #expect(complained || whole, "call \(instant): \(answer.status) \(answer.complaints)")
      for (name, bytes) in faulty.files(folder) {
        #expect(files[name] == bytes, "call \(instant) leaves \(name) torn")
      }
    }
  }

  @Test("killed at any instant, then run again: the same bytes", arguments: writers)
  func killed(writer: Writer) throws {
    let (files, calls) = try calm(writer)
    for instant in instants(calls) {
      let folder = try target("killed-\(instant)")
      let answer = try run(writer, folder, fault: "kill:\(instant)")
      #expect(answer.wasKilled, "call \(instant)")
      for (name, bytes) in faulty.files(folder) where !name.contains(".kfrag-tmp.") {
        #expect(files[name] == bytes, "call \(instant) leaves \(name) torn")
      }
      let again = try run(writer, folder)
      #expect(again.status == 0, "after \(instant): \(again.complaints)")
      let kept = faulty.files(folder).filter { !$0.key.contains(".kfrag-tmp.") }
      #expect(kept == files, "after call \(instant)")
    }
  }

  @Test(
    "short writes, interrupted calls and a clock that runs backwards change nothing",
    arguments: writers, ["short:1", "interrupt:2", "clock:0"])
  func odd(writer: Writer, fault: String) throws {
    let (files, _) = try calm(writer)
    let folder = try target("odd")
    let answer = try run(writer, folder, fault: fault)
    #expect(answer.status == 0, "\(answer.complaints)")
    #expect(faulty.files(folder) == files)
  }

  @Test("a folder that cannot be written: exit 73 and nothing in it", arguments: writers)
  func readOnly(writer: Writer) throws {
    // Not even root can create files in /proc.
    let answer = try run(writer, "/proc/self")
    #expect(answer.status == 73, "\(answer.complaints)")
    #expect(answer.complaints.contains("/proc/self"))
  }

  @Test("a file size limit is a full disk: exit 74 and no file")
  func sizeLimit() throws {
    let folder = try target("limit")
    let trace = faulty.folder.path("long.din")
    try String(repeating: "2 ffffffff81000000\n0 7f0012345678\n", count: 200_000)
      .write(toFile: trace, atomically: false, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "prlimit", "--fsize=65536", "--", faulty.program.path, "export", trace, "--format", "din",
      "--to", "lackey", "-o", folder + "/out.txt",
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 74)
    #expect(faulty.files(folder).isEmpty)
  }
}
