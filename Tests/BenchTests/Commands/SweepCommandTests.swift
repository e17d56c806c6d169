import Foundation
import Sim
import TestSupport
import Testing

@Suite("kfrag sweep", .serialized)
struct SweepCommandTests {
  let folder: TemporaryFolder
  let program: Program

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
  }

  private func plan(_ axes: String) throws -> String {
    try folder.write("plan.yaml", "scenario: \(dataPath("sweep/tiny.yaml"))\naxes: \(axes)\n")
  }

  private func files(_ root: String) throws -> [String: Data] {
    var found: [String: Data] = [:]
    for file in try FileManager.default.subpathsOfDirectory(atPath: root) {
      found[file] = FileManager.default.contents(atPath: "\(root)/\(file)")
    }
    return found
  }

  @Test("kill -9 at 20 random instants never changes the final bytes")
  func kills() throws {
    let plan = try plan(
      "{workload.synthetic.references: 30000, seed: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}")
    let (calm, killed) = (folder.path("calm"), folder.path("killed"))
    func seconds(_ arguments: [String]) throws -> Double {
      let start = ContinuousClock.now
      let answer = try program.run(arguments)
      #expect(answer.status == 0, "\(answer.complaints)")
      return (ContinuousClock.now - start) / .seconds(1)
    }
    let startUp = try seconds(["sweep", plan, "--into", killed, "--list"])
    let whole = try seconds(["sweep", plan, "--into", calm, "--jobs", "1"])
    let point = max(0, whole - startUp) / 12
    var random = Seed(20).stream("kills").generator()
    var kills = 0
    for _ in 0..<20 {
      // Each run gets about half a point further than the one before.
      let instant = startUp / 2 + random.unit() * (startUp / 2 + 1.2 * point)
      let arguments = ["sweep", plan, "--into", killed, "--jobs", "1"]
      if try program.runAndKill(arguments, after: instant) { kills += 1 }
    }
    #expect(kills > 5)
    let last = try program.run(["sweep", plan, "--into", killed])
    #expect(last.status == 0, "\(last.complaints)")
    let (a, b) = (try files(calm), try files(killed))
    #expect(a.keys.sorted() == b.keys.sorted())
    #expect(a == b)
  }

  @Test("a failed point is listed with its command, the rest is there, the exit code is 65")
  func failure() throws {
    let plan = try plan("{machine: [teach-tiny, bogus]}")
    let answer = try program.run(["sweep", plan, "--into", folder.path("out"), "--json"])
    #expect(answer.status == 65)
    let json = try JSONValue(parsing: answer.output, file: "out")
    let failure = try #require(json["failures"]?[0])
    #expect(failure["point"]?.int == 2)
    let command = try #require(failure["command"]?.string)
    #expect(command.hasPrefix("kfrag compare ") && command.hasSuffix(" --set machine=bogus"))
    let repeated = try program.run(command.split(separator: " ").dropFirst().map(String.init))
    #expect(repeated.status == 65 && repeated.complaints.contains("unknown machine"))
    let csv = try InputFile.text(folder.path("out") + "/results.csv")
    #expect(csv.contains("l1i.mpki"))
  }

  @Test("the commands --list prints do the sweep; each point verifies")
  func list() throws {
    let plan = try plan("{seed: [1, 2]}")
    let out = folder.path("listed")
    let answer = try program.run(["sweep", plan, "--into", out, "--list"])
    let commands = answer.text.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(commands.count == 2 && !FileManager.default.fileExists(atPath: out))
    for command in commands {
      #expect(try program.run(command.dropFirst().map(String.init)).status == 0)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
    #expect(
      names == [
        "comparisons.csv", "ladder.csv", "points", "points.csv", "results.csv", "results.sqlite",
      ])
    let point = try #require(
      try FileManager.default.contentsOfDirectory(atPath: out + "/points").sorted().first)
    let verified = try program.run(["verify", "\(out)/points/\(point)"])
    #expect(verified.status == 0, "\(verified.text)")
  }

  @Test("usage errors are 64, a bad plan 65, a missing one 66")
  func usage() throws {
    let plan = try plan("{seed: [1]}")
    for arguments in ["--into x --shard 3/2", "", "--into x --jobs 0", "--into x --point 9"] {
      let words = arguments.split(separator: " ").map(String.init)
      #expect(try program.run(["sweep", plan] + words).status == 64, "\(arguments)")
    }
    let missing = try program.run(["sweep", folder.path("none.yaml"), "--into", "x"])
    #expect(missing.status == 66)
    let bad = try folder.write("bad.yaml", "scenario: \(dataPath("sweep/tiny.yaml"))\naxis: 1\n")
    let answer = try program.run(["sweep", bad, "--into", folder.path("y")])
    #expect(answer.status == 65)
    #expect(answer.complaints.contains("bad.yaml:2:1: error: unknown key 'axis'"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("y")))
  }

  /// The tiny scenario and its files in a folder of their own, and a plan over it.
  private func ownPlan() throws -> String {
    for name in ["tiny.yaml", "tiny-base.csv", "tiny-modules.csv"] {
      try folder.write(name, try dataText("sweep/\(name)"))
    }
    return try folder.write("own.yaml", "scenario: tiny.yaml\naxes: {seed: [1, 2]}\n")
  }

  @Test("a shard over changed inputs completes nothing with results of the old ones")
  func staleShard() throws {
    let (plan, out) = (try ownPlan(), folder.path("out"))
    #expect(try program.run(["sweep", plan, "--into", out]).status == 0)
    let modules = try dataText("sweep/tiny-modules.csv")
    try folder.write(
      "tiny-modules.csv", modules.replacingOccurrences(of: "alpha,20000", with: "alpha,90000"))
    let shard = try program.run(["sweep", plan, "--into", out, "--shard", "1/2", "--json"])
    let json = try JSONValue(parsing: shard.output, file: "sweep")
    #expect(shard.status == 0 && json["complete"] == false)
    let rest = try program.run(["sweep", plan, "--into", out, "--json"])
    #expect(rest.text.contains("\"complete\": true") || rest.text.contains("\"complete\":true"))
    // A scenario that no longer reads ends the sweep before it touches anything.
    try folder.write("tiny-modules.csv", "module,text\nalpha,x\n")
    let broken = try program.run(["sweep", plan, "--into", out])
    #expect(broken.status == 65 && broken.complaints.contains("tiny-modules.csv:"))
  }

  @Test("a sweep's manifest has the scenario's seed and every machine of its axes")
  func manifest() throws {
    let plan = try plan("{machine: [teach-tiny, intel-p5]}")
    let answer = try program.run(["sweep", plan, "--into", folder.path("m"), "--json"])
    let manifest = try JSONValue(parsing: answer.output, file: "sweep")["manifest"]
    #expect(manifest?["seed"]?.int != nil)
    let names = manifest?["presets"]?.array?.compactMap { $0["name"]?.string } ?? []
    #expect(Set(["teach-tiny", "intel-p5", "linux-6.1"]).isSubset(of: names), "\(names)")
  }

  @Test("--chunk and --retries beyond reason are usage errors, not traps")
  func bounds() throws {
    let plan = try plan("{seed: [1]}")
    for option in ["--chunk", "--retries"] {
      let arguments = ["sweep", plan, "--into", folder.path("b"), option, "9223372036854775807"]
      #expect(try program.run(arguments).status == 64, "\(option)")
    }
  }
}
