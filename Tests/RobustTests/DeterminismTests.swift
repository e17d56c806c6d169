import Foundation
import Sim
import TestSupport
import Testing

@Suite("Same command, inputs and seed give the same bytes", .serialized)
struct DeterminismTests {
  let program: Program
  let folder: TemporaryFolder

  init() throws {
    program = try #require(Program())
    folder = try TemporaryFolder()
  }

  static let commands: [[String]] = {
    let trace = CorpusTests.corpus + "/lackey/few.txt"
    return [
      ["compare", FaultTests.data + "scenario.yaml", "--json"],
      ["layout", FaultTests.data + "scenario.yaml", "--json"],
      ["attribute", FaultTests.data + "scenario.yaml", "--json"],
      ["tlb", trace, "--l1i", "16x4", "--l1d", "16x4:tplru", "--l2", "64x4:random", "--json"],
      ["curve", trace, "--sets", "1..8", "--ways", "1..4", "--json"],
      [
        "replay", CorpusTests.corpus + "/lifecycle/linux.trace", "--system", "linux-6.1",
        "--machine", "intel-skylake", "--json",
      ],
    ]
  }()

  /// Compiled locales; nil where they cannot be made, and then only their names are set.
  nonisolated(unsafe) static let locales: TemporaryFolder? = {
    guard let folder = try? TemporaryFolder() else { return nil }
    for name in ["tr_TR", "de_DE"] {
      let path = folder.path("\(name).UTF-8")
      guard (try? TestSupport.run("localedef", ["-i", name, "-f", "UTF-8", path])) != nil else {
        return nil
      }
    }
    return folder
  }()

  /// The answer without what may differ: host and time of the manifest, and the command line.
  private func answer(
    _ path: String, _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> [UInt8] {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(arguments) \(environment)")
    var members = try #require(try JSONValue(parsing: data, file: "answer").object)
    var manifest = try #require(members["manifest"]?.object)
    for name in ["host", "time", "command", "arguments"] { manifest[name] = nil }
    members["manifest"] = .object(manifest)
    return JSONValue.object(members).prettyBytes
  }

  @Test("under any locale, time zone and width of terminal", arguments: commands)
  func surroundings(arguments: [String]) throws {
    let plain = try answer(program.path, arguments, ["LC_ALL": "C", "TZ": "UTC"])
    // Decimal commas and the dotless i of Turkish are what breaks programs.
    let locales = ["tr_TR.UTF-8", "de_DE.UTF-8"]
    for (locale, zone) in zip(locales, ["Asia/Kathmandu", "America/St_Johns"]) {
      let other = try answer(
        program.path, arguments,
        [
          "LC_ALL": locale, "LANG": locale, "LOCPATH": Self.locales?.path("") ?? "", "TZ": zone,
          "COLUMNS": "40", "TERM": "xterm-256color",
        ])
      #expect(other == plain, "\(locale) \(zone)")
    }
  }

  @Test("for any number of jobs")
  func jobs() throws {
    let compare = Self.commands[0]
    let alone = try answer(program.path, compare + ["--jobs", "1"])
    for jobs in 2...4 {
      let together = try answer(program.path, compare + ["--jobs", "\(jobs)"])
      #expect(together == alone, "\(jobs) jobs")
    }
    var tables: [[String: Data]] = []
    for jobs in [1, 3] {
      let out = folder.path("sweep-\(jobs)")
      let sweep = ["sweep", FaultTests.data + "plan.yaml", "--into", out, "--jobs", "\(jobs)"]
      #expect(try program.run(sweep).status == 0)
      var files: [String: Data] = [:]
      for name in try FileManager.default.subpathsOfDirectory(atPath: out) {
        files[name] = FileManager.default.contents(atPath: "\(out)/\(name)")
      }
      tables.append(files)
    }
    #expect(tables[0] == tables[1] && tables[0].count > 5)
  }

  /// `KFRAG_OTHER_BUILD` names kfrags built otherwise, separated by colons; `make determinism` and
  /// `make smoke` set it.
  @Test(
    "in every build", .enabled(if: ProcessInfo.processInfo.environment["KFRAG_OTHER_BUILD"] != nil),
    arguments: commands)
  func builds(arguments: [String]) throws {
    let others = try #require(ProcessInfo.processInfo.environment["KFRAG_OTHER_BUILD"])
    let answer = try answer(program.path, arguments)
    for other in others.split(separator: ":") {
      #expect(try self.answer(String(other), arguments) == answer, "\(other)")
    }
  }
}
