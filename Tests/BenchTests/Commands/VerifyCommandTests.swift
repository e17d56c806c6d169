import Foundation
import Sim
import TestSupport
import Testing

@Suite("kfrag verify", .serialized)
struct VerifyCommandTests {
  let folder: TemporaryFolder
  let program: Program

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
  }

  @Test("an untouched result verifies; a changed number, input or scenario does not")
  func verify() throws {
    let data = URL(filePath: dataPath("sweep")).path(percentEncoded: false)
    for name in ["tiny.yaml", "tiny-base.csv", "tiny-modules.csv"] {
      try folder.write(name, try InputFile.text("\(data)/\(name)"))
    }
    let result = folder.path("r.json")
    let made = try program.run(
      ["compare", folder.path("tiny.yaml"), "--jobs", "2", "--json", "-o", result])
    #expect(made.status == 0, "\(made.complaints)")
    #expect(try program.run(["verify", result]).status == 0)

    let text = try InputFile.text(result)
    let changed = try folder.write(
      "c.json", text.replacing("\"difference\": 0", with: "\"difference\": 7"))
    let answer = try program.run(["verify", changed])
    #expect(answer.status == 65 && answer.text.contains("changed after it was made"))

    let modules = try InputFile.text(folder.path("tiny-modules.csv"))
    try folder.write("tiny-modules.csv", modules.replacing("alpha,20000", with: "alpha,90000"))
    let other = try program.run(["verify", result])
    #expect(other.status == 65)
    #expect(other.text.contains("tiny-modules.csv has changed"))
    #expect(other.text.contains("the rerun differs"))

    let none = try folder.write("none.json", "{}")
    #expect(try program.run(["verify", none]).status == 65)
    #expect(try program.run(["verify", folder.path("missing")]).status == 66)
  }

  @Test("the same JSON for any number of jobs, apart from host and time")
  func jobs() throws {
    func json(_ jobs: String) throws -> JSONValue {
      let answer = try program.run(
        ["compare", dataPath("sweep/tiny.yaml"), "--json", "--jobs", jobs])
      var json = try JSONValue(parsing: answer.output, file: "out")
      #expect(json["manifest"]?["host"] != nil && json["manifest"]?["time"] != nil)
      json["manifest"]?["host"] = nil
      json["manifest"]?["time"] = nil
      return json
    }
    #expect(try json("1").prettyText == json("4").prettyText)
  }

  @Test(
    "a result whose manifest asks for more than an answer makes verify write nothing",
    arguments: [
      ["list", "machines", "-o", "@"], ["list", "machines", "--output=@"],
      ["list", "machines", "-qo", "@"], ["report", "r.json", "--html", "@"],
      ["report", "r.json", "--svg=@"], ["sweep", "plan.yaml", "--into", "@"],
      ["course", "grade", "a", "b", "--junit", "@"], ["study", "x"], ["bench"], ["--help"],
      ["import", "x", "-o", "@"],
    ])
  func crafted(_ command: [String]) throws {
    let victim = try folder.write("victim", "precious")
    let words = command.map { $0.replacingOccurrences(of: "@", with: victim) }
    var json: JSONValue = ["kind": "list", "schemaVersion": 1]
    json["manifest"] = [
      "command": .array(words.map { .string($0) }),
      "digest": .string(Manifest.digest(of: json.object ?? [:])),
    ]
    let result = try folder.write("crafted.json", json.prettyBytes)
    #expect(try program.run(["verify", result]).status == 65, "\(command)")
    #expect(try InputFile.text(victim) == "precious")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path(".")).count == 2)
  }

  @Test("every answer that reads inputs lists and hashes them, and verifies")
  func everyAnswer() throws {
    let trace = try folder.write("t.u64", (0..<2048).map { UInt8(truncatingIfNeeded: $0 * 7) })
    let capture = dataPath("../Fuzz/Corpus/kft/lackey.kft")
    let text = dataPath("../Fuzz/Corpus/lackey/few.txt")
    let intruder = dataPath("../../Scenarios/intruder/linux-6.1.trace")
    let course = dataPath("../../Scenarios/course/1-tiny-tlb.yaml")
    let commands: [(input: String?, arguments: [String])] = [
      (trace, ["tlb", trace, "--format", "u64", "--l1d", "4x2"]),
      (capture, ["tlb", capture, "--l1d", "4x2", "--layout", "recorded"]),
      (trace, ["curve", trace, "--format", "u64", "--sets", "1..4", "--ways", "1..4"]),
      (intruder, ["replay", intruder, "--system", "linux-6.1", "--seed", "3"]),
      (text, ["import", text, "--format", "lackey", "-o", folder.path("o.kft")]),
      (course, ["course", "question", course]), (intruder, ["check", intruder]),
      (nil, ["age", "--memory", "64MiB", "--seed", "3"]), (nil, ["probe", "teach-tiny"]),
      (nil, ["list", "machines"]), (nil, ["show", "machine", "teach-tiny"]),
    ]
    for (input, arguments) in commands {
      let made = try program.run(arguments + ["--json"])
      #expect(made.status == 0, "\(arguments): \(made.complaints)")
      let json = try JSONValue(parsing: made.output, file: "\(arguments)")
      let manifest = try #require(json["manifest"])
      #expect(manifest["version"]?.string == Version.number && manifest["digest"] != nil)
      let inputs = manifest["inputs"]?.array ?? []
      if let input {
        let found = inputs.first { $0["path"]?.string == input }
        #expect(try found?["sha256"]?.string == SHA256Digest.file(input).hex, "\(arguments)")
      }
      if arguments.contains("--seed") { #expect(manifest["seed"]?.int == 3) }
      let result = try folder.write("result.json", made.output)
      let verified = try program.run(["verify", result])
      #expect(verified.status == 0, "\(arguments): \(verified.text)\(verified.complaints)")
    }
  }

  @Test("a user's own machine and system are inputs, not the presets whose names they bear")
  func ownFiles() throws {
    for name in ["tiny-base.csv", "tiny-modules.csv"] {
      try folder.write(name, try dataText("sweep/\(name)"))
    }
    let machine = try MachineCatalog.text(of: "intel-p5")
    let system = try #require(ProfileCatalog.text("linux-6.1"))
    let paths = [
      try folder.write("m.yaml", machine + "# mine\n"), try folder.write("s.yaml", system),
    ]
    let scenario = try folder.write(
      "own.yaml",
      dataText("sweep/tiny.yaml").replacingOccurrences(of: "teach-tiny", with: "m.yaml")
        .replacingOccurrences(of: "system: linux-6.1", with: "system: s.yaml"))
    let made = try program.run(["compare", scenario, "--ladder", "none", "--json"])
    #expect(made.status == 0, "\(made.complaints)")
    let manifest = try JSONValue(parsing: made.output, file: "compare")["manifest"]
    let inputs = manifest?["inputs"]?.array?.compactMap { $0["path"]?.string } ?? []
    #expect(Set(paths).isSubset(of: inputs), "\(inputs)")
    for preset in manifest?["presets"]?.array ?? [] { #expect(preset["sha256"] == .null) }
    let expanded = try program.run(["expand", scenario])
    let copy = try folder.write("expanded.yaml", expanded.text)
    let again = try ScenarioReader.read(copy)
    #expect(again.machine.file == paths[0] && again.arms.allSatisfy { $0.profile.file == paths[1] })
    let whole = try JSONValue(
      parsing: program.run(["expand", scenario, "--json"]).output, file: "expand")
    #expect(whole["machine"]?.string?.hasSuffix(machine + "# mine\n") == true)
    let result = try folder.write("r.json", made.output)
    try folder.write("m.yaml", machine + "\n# changed\n")
    #expect(try program.run(["verify", result]).text.contains("m.yaml has changed"))
  }
}
