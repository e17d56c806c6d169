import Foundation
import TestSupport
import Testing

@Suite("Names from input stay names", .serialized)
struct SecurityTests {
  let faulty: FaultyProgram
  let program: Program

  init() throws {
    faulty = try FaultyProgram()
    program = faulty.program
  }

  static let hostile = "../../<script>alert('m')</script>\u{1b}]0;owned\u{7}"

  /// A scenario whose one module, and whose own name, are hostile.
  private func scenario() throws -> String {
    let folder = faulty.folder
    let data = FaultTests.data
    try folder.write("kernel.csv", try String(contentsOfFile: data + "kernel.csv", encoding: .utf8))
    try folder.write("evil.csv", "module,text,rodata,data\n\(Self.hostile),90000,9000,9000\n")
    return try folder.write(
      "evil.yaml",
      """
      name: "../../<script>alert('n')</script>"
      system: linux-6.1
      machine: teach-tiny
      kernel: {image: small-kernel, sections: kernel.csv}
      modules: {catalog: evil.csv, names: ["../../<script>alert('m')</script>\\e]0;owned\\a"]}
      memory: {size: 64MiB, age: fresh}
      workload: {synthetic: {references: 5000, warmup: 0.2}}
      arms: [monolithic, modular]
      replicates: 2

      """)
  }

  @Test("a module called <script> is text in every form of every report")
  func script() throws {
    let scenario = try scenario()
    for verb in ["compare", "layout", "attribute"] {
      let path = faulty.folder.path("\(verb).json")
      let made = try program.run([verb, scenario, "--json", "-o", path])
      #expect(made.status == 0, "\(made.complaints)")
      for form in [[], ["--csv"]] {
        let shown = try program.run([verb, scenario] + form)
        let isTable = form.isEmpty
        #expect(shown.status == 0 || !isTable, "\(shown.complaints)")
        #expect(!isTable || !shown.output.contains(0x1b), "\(verb) steers the terminal")
      }
      let json = try Data(contentsOf: URL(filePath: path))
      #expect(!json.contains(0x1b) && !json.contains(7))
      for charts in [[], ["--no-charts"]] {
        let html = faulty.folder.path("\(verb).html")
        let report = try program.run(["report", path, "--html", html] + charts)
        #expect(report.status == 0, "\(report.complaints)")
        let page = try String(contentsOfFile: html, encoding: .utf8)
        #expect(page.ranges(of: "<script").count == 1, "\(verb)")
        #expect(!page.contains("alert('m')</script>") && !page.contains("\u{1b}"))
      }
      let svg = faulty.folder.path("\(verb).svg")
      if verb == "compare", try program.run(["report", path, "--svg", svg]).status == 0 {
        #expect(try !String(contentsOfFile: svg, encoding: .utf8).contains("<script"))
      }
    }
  }

  @Test("diagnostics that quote input do not steer the terminal")
  func diagnostics() throws {
    let trace = try faulty.folder.write("evil.trace", "1.0 \(Self.hostile) x\n")
    let answer = try program.run(["replay", trace, "--system", "linux-6.1"])
    #expect(answer.status == 65 && answer.complaints.contains("<script>"))
    #expect(!answer.complaints.contains("\u{1b}") && !answer.complaints.contains("\u{7}"))
  }

  @Test("nothing is written outside -o, whatever names say")
  func outside() throws {
    let scenario = try scenario()
    let plan = try faulty.folder.write(
      "../kfrag-plan-\(UUID().uuidString).yaml",
      "name: ../../../outside\nscenario: \(scenario)\naxes: {name: [../../a, /tmp/b, ..]}\n")
    defer { try? FileManager.default.removeItem(atPath: plan) }
    let trace = try faulty.folder.write(
      "evil.trace", "1.0 load \(Self.hostile.split(separator: "\u{1b}")[0]) text=20KiB\n")
    let answers = CorpusTests.corpus + "/submission/answers.txt"
    let out = faulty.folder.path("out")
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    let runs = [
      ["compare", scenario, "--json", "-o", out + "/a.json"],
      ["layout", scenario, "--csv", "-o", out + "/a.csv"],
      ["report", CorpusTests.corpus + "/result/compare.json", "--no-charts", "--html", out + "/a"],
      ["sweep", plan, "--into", out + "/sweep"],
      [
        "import", CorpusTests.corpus + "/lackey/few.txt", "--format", "lackey", "-o",
        out + "/k.kft",
      ],
      ["tlb", CorpusTests.corpus + "/lackey/few.txt", "--l1d", "4x2"],
      ["attribute", scenario, "--json", "-o", out + "/b.json"],
      ["replay", trace, "--system", "linux-6.1", "--json", "-o", out + "/r.json"],
      ["export", CorpusTests.corpus + "/kft/capture.kft", "--to", "din", "-o", out + "/k.din"],
      ["catalog", FaultTests.data + "modules", "-o", out + "/c.csv"],
      [
        "course", "grade", CorpusTests.corpus + "/assignment/1-tiny-tlb.yaml", answers,
        "--gradescope", out + "/g.json", "--junit", out + "/j.xml", "-o", out + "/g.txt",
      ],
    ]
    for arguments in runs {
      let log = faulty.folder.path("log")
      try? FileManager.default.removeItem(atPath: log)
      let answer = try faulty.run(arguments, environment: ["KFRAG_FAULT_LOG": log])
      #expect(answer.status == 0, "\(arguments): \(answer.complaints)")
      let written = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      for path in written.split(separator: "\n") {
        let real = URL(filePath: String(path)).standardizedFileURL.path(percentEncoded: false)
        // Making a folder makes, or tries to make, those above it.
        #expect(real.hasPrefix(out) || out.hasPrefix(real), "\(arguments[0]) wrote \(path)")
      }
    }
  }

  @Test("a plan whose path is shell code goes to Slurm as a path")
  func shell() throws {
    let bin = faulty.folder.path("bin")
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    // Runs what it was handed, as a node would, one task.
    try faulty.folder.write(
      "bin/sbatch", "#!/bin/sh\ncat >\"$0.job\"\nSLURM_ARRAY_TASK_ID=0 sh \"$0.job\" >&2\necho 7\n")
    try faulty.folder.write("bin/squeue", "#!/bin/sh\nexit 0\n")
    for tool in ["sbatch", "squeue"] {
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: "\(bin)/\(tool)")
    }
    let mark = faulty.folder.path("mark")
    let name = "p'; touch \(mark.replacingOccurrences(of: "/", with: ":"));$(touch mark)`id`.yaml"
    let root = faulty.folder.url.path(percentEncoded: false)
    let plan = "\(root)/\(name)"
    try "scenario: \(FaultTests.data)scenario.yaml\naxes: {seed: [1]}\n"
      .write(toFile: plan, atomically: false, encoding: .utf8)
    let out = "\(root)/a b$(touch mark)"
    let answer = try faulty.run(
      ["sweep", plan, "--into", out, "--engine", "slurm"],
      environment: ["PATH": bin + ":/usr/bin:/bin"])
    #expect(answer.status == 0, "\(answer.complaints)")
    #expect(FileManager.default.fileExists(atPath: out + "/results.csv"))
    let names = try FileManager.default.contentsOfDirectory(atPath: faulty.folder.path("."))
    #expect(!names.contains { $0.contains("mark") && !$0.hasSuffix(".yaml") && !$0.contains(" ") })
    #expect(!FileManager.default.fileExists(atPath: "mark"))
  }
}
