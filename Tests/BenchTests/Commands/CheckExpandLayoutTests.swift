import Foundation
import Sim
import TestSupport
import Testing

@Suite("kfrag check, expand, layout", .serialized)
struct CheckExpandLayoutTests {
  let folder: TemporaryFolder
  let program: Program
  let scenario: String

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
    scenario = try SmallScenario.write(to: folder)
  }

  private func json(_ arguments: [String]) throws -> JSONValue {
    let answer = try program.run(arguments + ["--json"])
    #expect(answer.status == 0, "\(answer.complaints)")
    return try JSONValue(parsing: answer.output, file: "stdout")
  }

  @Test("check says what each file is, told by content")
  func kinds() throws {
    let trace = try folder.write("t", "0 boot\n1 load ext4\n2 kldunload ext4\n")
    let listing = try folder.write("l", "Module Size Used by\next4 4096 0\n")
    let bare = try folder.write("b", "ext4 4096\n")
    let plan = try folder.write("p", "scenario: \(scenario)\naxes:\n  seed: [1, 2]\n")
    let root = Debian12.path("Sources/Sim")
    let files: [(String, String)] = [
      (scenario, "scenario"), (folder.path("catalog.csv"), "catalog"), (listing, "loaded set"),
      (trace, "load/unload trace"), (bare, "loaded set"), (plan, "sweep plan"),
      ("\(root)/Hardware/Data/intel-skylake.yaml", "machine"),
      ("\(root)/Hardware/Data/amd-zen2.yaml", "machine"),
      ("\(root)/Profiles/Data/linux-6.1.yaml", "system"),
      (Debian12.path("Scenarios/data/base-kernel-sections.csv"), "kernel sections"),
    ]
    let answer = try program.run(["check"] + files.map(\.0))
    #expect(answer.status == 0, "\(answer.complaints)")
    let said = files.map { file, kind in
      "\(file): ok (\(kind))\(kind == "loaded set" ? ", 1 module on 1 base pages" : "")\n"
    }
    #expect(answer.text == said.joined())
  }

  @Test("check counts the base pages of three real machines' modules")
  func counts() throws {
    let sets = [
      ("htpc-2011-ubuntu", 54, 758), ("debian12-6.1-host", 105, 3572),
      ("debian-6.6plus-k8s-zfs-server", 177, 8364),
    ]
    let files = sets.map { Debian12.path("Scenarios/data/lsmod-\($0.0).txt") }
    let answer = try program.run(["check", "--json"] + files)
    let found = try JSONValue(parsing: answer.output, file: "-")["files"]
    for (index, set) in sets.enumerated() {
      #expect(found?[index]?["modules"]?.int == set.1)
      #expect(found?[index]?["basePages"]?.int == set.2)
    }
  }

  @Test("check reports every fault of every file and goes on")
  func faults() throws {
    let bad = try folder.write("bad.csv", "module,text\na,x\nb,y\n")
    let trace = try folder.write("t", "5 load a\n4 load b\n6 laod c\n")
    let prose = try folder.write("prose", "It was a dark and stormy night.\n")
    let answer = try program.run(["check", bad, scenario, trace, prose, folder.path("none")])
    #expect(answer.status == 65)
    #expect(answer.text == "\(scenario): ok (scenario)\n")
    let lines = answer.complaints.split(separator: "\n").map(String.init)
    #expect(lines.count == 6)
    #expect(lines[0].hasPrefix("\(bad):2:3: error: 'x' is no byte count"))
    #expect(lines[1].hasPrefix("\(bad):3:3: error: 'y' is no byte count"))
    #expect(lines[2].hasPrefix("\(trace):2:1: error: time 4 is before"))
    #expect(lines[3].hasPrefix("\(trace):3:1: error: unknown verb 'laod'"))
    #expect(lines[4].hasPrefix("\(prose):1: error: cannot tell what this is"))
    #expect(lines[5] == "\(folder.path("none")): error: no such file or directory")
    #expect(try program.run(["check", folder.path("none")]).status == 66)
  }

  @Test("an expanded scenario reads back to itself and gives the same answer")
  func expand() throws {
    let first = try program.run(["expand", scenario])
    #expect(first.status == 0, "\(first.complaints)")
    let copy = try folder.write("expanded.yaml", first.text)
    #expect(try program.run(["expand", copy]).text == first.text)
    let (a, b) = (try ScenarioReader.read(scenario), try ScenarioReader.read(copy))
    #expect(a.modules == b.modules && a.seed == b.seed && a.varying == b.varying)
    #expect(a.machine.id == b.machine.id && a.image == b.image && a.history == b.history)
    let results = try [scenario, copy].map { try json(["compare", $0])["comparisons"] }
    #expect(results[0] == results[1])
    let whole = try json(["expand", scenario])
    #expect(whole["kind"] == "expand")
    #expect(whole["modules"]?.array?.count == 4)
    #expect(whole["scenario"]?["replicates"]?.int == 3)
  }

  @Test("expand -o writes what reads back where it lies, whatever folder that is")
  func expandElsewhere() throws {
    let plain = try ScenarioReader.read(scenario)
    for place in ["beside.yaml", "below/copy.yaml", "other.json"] {
      try FileManager.default.createDirectory(
        atPath: folder.path("below"), withIntermediateDirectories: true)
      let copy = folder.path(place)
      let answer = try program.run(["expand", scenario, "-o", copy])
      #expect(answer.status == 0, "\(answer.complaints)")
      let again = try ScenarioReader.read(copy)
      #expect(again.modules == plain.modules && again.image == plain.image, "\(place)")
    }
    let beside = try InputFile.text(folder.path("beside.yaml"))
    #expect(beside.contains("catalog: catalog.csv\n"), "short where it can be")
  }

  @Test("expand -o names a machine and a system of the user's own from where it writes")
  func expandOwnFiles() throws {
    for (kind, name) in [("machine", "intel-skylake"), ("system", "linux-6.1")] {
      let shown = try program.run(["show", kind, name])
      try folder.write("own-\(kind).yaml", shown.output)
    }
    let lines = SmallScenario.yaml().split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("machine:") && !$0.hasPrefix("system:") }
    let own = try folder.write(
      "own.yaml",
      "machine: ./own-machine.yaml\nsystem: ./own-system.yaml\n" + lines.joined(separator: "\n"))
    let elsewhere = try TemporaryFolder()
    for copy in [elsewhere.path("copy.yaml"), folder.path("copy.yaml")] {
      let answer = try program.run(["expand", own, "-o", copy])
      #expect(answer.status == 0, "\(answer.complaints)")
      let again = try program.run(["check", copy])
      #expect(again.status == 0, "\(again.complaints)")
    }
  }

  @Test("a scenario whose data is not there: which file, where it is named, exit 66")
  func missingData() throws {
    for (key, value) in [("sections", "lost/sections.csv"), ("catalog", "lost.csv")] {
      let lines = SmallScenario.yaml().split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.contains("  \(key): ") ? "  \(key): \(value)" : String($0) }
      let file = try folder.write("lost.yaml", lines.joined(separator: "\n"))
      let line = try #require(lines.firstIndex { $0.contains(value) }) + 1
      let answer = try program.run(["check", file])
      let lost = folder.path(value)
      let place = "\(file):\(line):\(key.count + 5)"
      #expect(answer.status == 66 && answer.output.isEmpty)
      #expect(answer.complaints == "\(place): error: \(lost): no such file or directory\n")
    }
  }

  @Test("layout shows every section where it lies: linked in, inside the image; loaded, apart")
  func layout() throws {
    let result = try json(["layout", scenario])
    let arms = try #require(result["arms"]?.array)
    #expect(arms.map { $0["name"] } == ["monolithic", "modular"])
    for arm in arms {
      let name = arm["name"]?.string ?? ""
      var sections: [(object: String, kind: String, range: AddressRange)] = []
      for section in try #require(arm["sections"]?.array) {
        let start = try #require(parseUnsigned(section["address"]?.string ?? ""))
        let size = UInt64(section["size"]?.int ?? 0)
        sections.append(
          (
            section["object"]?.string ?? "", section["section"]?.string ?? "",
            AddressRange(start: start, size: size)
          ))
      }
      for (one, next) in zip(sections, sections.dropFirst()) {
        #expect(one.range.upper <= next.range.lower, "\(name): \(one) and \(next) overlap")
      }
      #expect(Set(sections.map(\.object)).isSuperset(of: ["alpha", "beta", "gamma", "delta"]))
      let text = try #require(sections.first { $0.object == "base" && $0.kind == "text" }).range
      let alpha = try #require(sections.first { $0.object == "alpha" && $0.kind == "text" }).range
      #expect((alpha.lower < text.upper + (2 << 20)) == (name == "monolithic"))
      #expect((alpha.lower >= 0xffff_ffff_c000_0000) == (name == "modular"))
      for mapping in try #require(arm["mappings"]?.array) {
        let size = mapping["size"]?.int ?? 0
        #expect(size == (mapping["pages"]?.int ?? 0) * (mapping["pageSize"]?.int ?? 0))
      }
    }
    // The same entries as the comparison of the same replicate reports.
    let compared = try json(["compare", scenario, "--replicates", "1"])["arms"]?.array
    #expect(compared?.map { $0["entries"] } == arms.map { $0["entries"] })
    let one = try program.run(["layout", scenario, "--arm", "modular"])
    #expect(one.status == 0 && one.text.contains("alpha") && !one.text.contains("monolithic"))
    #expect(try program.run(["layout", scenario, "--arm", "modulr"]).status == 64)
  }

  @Test("the shipped scenarios are listed and shown")
  func scenarios() throws {
    let names = try json(["list", "scenarios"])["items"]?.array?.map { $0["name"]?.string }
    #expect(names?.contains("debian12-host") == true)
    let shown = try program.run(["show", "scenario", "debian12-host"])
    #expect(shown.status == 0 && shown.text.contains("machine: intel-skylake"))
  }

  @Test("check says a file of blanks is empty, and reads a plan from standard input once")
  func oddities() throws {
    let blank = try folder.write("blank", "   \n\t\n")
    let answer = try program.run(["check", blank])
    #expect(answer.status == 65 && answer.complaints.contains("the file is empty"))
    let plan = try folder.write("p", "scenario: \(scenario)\naxes:\n  seed: [1, 2]\n")
    let piped = try program.run(["check", "-"], input: plan)
    #expect(piped.status == 0 && piped.text.contains("sweep plan"), "\(piped.complaints)")
  }

  @Test("--fail-on judges every arm, and what cannot be judged is no pass")
  func failOn() throws {
    func status(_ extra: String...) throws -> Int32 {
      try program.run(["compare", scenario, "--ladder", "none"] + extra).status
    }
    #expect(try status("--fail-on", "walks.pki") == 2)
    // The first treatment is the baseline again: only the second is worse.
    let three = try folder.write(
      "three.yaml",
      SmallScenario.yaml([
        (
          "arms: [monolithic, modular]",
          "arms: [monolithic, {name: same, layout: monolithic}, modular]"
        )
      ]))
    let second = try program.run(["compare", three, "--ladder", "none", "--fail-on", "walks.pki"])
    #expect(second.status == 2, "\(second.complaints)")
    #expect(try status("--fail-on", "walks.pki", "--replicates", "1") == 65)
    #expect(try status("--machine", "intel-p5", "--fail-on", "l2.lookupMissRatio") == 65)
    #expect(try status("--fail-on", "pages.modules") == 64)
  }

  @Test("bench leaves no temporary file when its stream is bad")
  func benchStream() throws {
    let bad = try folder.write("bad.kft", "no stream")
    let place = folder.path("tmp")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let answer = try program.run(
      ["bench", "--references", "1000", "--repeats", "1", "--stream", bad],
      environment: ["TMPDIR": place])
    #expect(answer.status == 65, "\(answer.complaints)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: place).isEmpty)
  }
}
