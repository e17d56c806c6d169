import Foundation
import Sim
import TestSupport
import Testing

@Suite("The command line keeps its contract", .serialized)
struct ContractTests {
  let folder: TemporaryFolder
  let program: Program
  let scenario: String

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
    scenario = try SmallScenario.write(to: folder)
  }

  private func json(_ answer: Program.Answer) throws -> JSONValue {
    #expect(answer.status == 0, "\(answer.complaints)")
    return try JSONValue(parsing: answer.output, file: "stdout")
  }

  @Test("usage errors end with 64, say so on standard error and print nothing")
  func usage() throws {
    for arguments in [
      ["compar", scenario], ["compare"], ["compare", scenario, "--nonsense"],
      ["compare", scenario, "--jobs", "0"], ["compare", scenario, "--replicates", "x"],
      ["compare", scenario, "--json", "--csv"], ["compare", scenario, "--fail-on", "l1i.mpkj"],
      ["list", "machine-guns"], ["check"],
    ] {
      let answer = try program.run(arguments)
      #expect(answer.status == 64, "\(arguments)")
      #expect(answer.output.isEmpty && !answer.complaints.isEmpty, "\(arguments)")
    }
  }

  @Test("help and version end with 0 on standard output")
  func help() throws {
    for arguments in [["--help"], ["compare", "--help"], ["--version"]] {
      let answer = try program.run(arguments)
      #expect(answer.status == 0 && !answer.output.isEmpty && answer.complaints.isEmpty)
    }
  }

  @Test("what is not there ends with 66, bad data with 65, an impossible place with 73")
  func codes() throws {
    let bad = try folder.write("bad.yaml", SmallScenario.yaml([("seed: 7", "sed: 7")]))
    let lost = folder.path("no/such/folder/out.json")
    let cases: [([String], Int32)] = [
      (["compare", folder.path("none.yaml")], 66), (["show", "machine", "intel-skylak"], 66),
      (["show", "system", "linux-0"], 66), (["compare", bad], 65), (["expand", bad], 65),
      (["layout", bad], 65), (["list", "machines", "-o", lost], 73),
    ]
    for (arguments, status) in cases {
      let answer = try program.run(arguments)
      #expect(answer.status == status, "\(arguments): \(answer.complaints)")
      #expect(answer.output.isEmpty, "\(arguments)")
    }
    let answer = try program.run(["compare", bad])
    #expect(
      answer.complaints == "\(bad):28:1: error: unknown key 'sed'; did you mean 'seed'?\n")
  }

  @Test(
    "an empty trace is bad data to every reader, whether its format is said or guessed",
    arguments: TraceFormat.allCases.filter { $0 != .capture && $0 != .kft }.map { $0.rawValue }
      + [nil])
  func emptyTrace(format: String?) throws {
    let trace = try folder.write("empty", "")
    let said = format.map { ["--format", $0] } ?? []
    for command in [
      ["tlb", trace, "--l1d", "64x4"], ["tlb", trace, "--l1d", "64x4:srrip", "--jobs", "2"],
      ["tlb", trace, "--machine", "intel-skylake"], ["curve", trace],
      ["curve", trace, "--sets", "1", "--ways", "1..64"],
      ["import", trace, "-o", folder.path("out.kft")],
    ] {
      let answer = try program.run(command + said)
      #expect(answer.status == 65 && answer.output.isEmpty, "\(command) \(said)")
      #expect(answer.complaints == "\(trace): error: byte 0: the trace is empty\n", "\(command)")
    }
    // Through a pipe, too: here standard input is the null device.
    let piped = try program.run(["tlb", "-", "--l1d", "64x4"] + said)
    #expect(piped.status == 65 && piped.output.isEmpty, "\(said)")
  }

  @Test("-o writes what would have been printed, or leaves what was there")
  func output() throws {
    let file = folder.path("out.json")
    let arguments = ["list", "machines", "--json"]
    let printed = try program.run(arguments)
    let written = try program.run(arguments + ["-o", file])
    #expect(written.status == 0 && written.output.isEmpty)
    let kept = try #require(FileManager.default.contents(atPath: file))
    func answer(_ bytes: Data) throws -> JSONValue? {
      var members = try JSONValue(parsing: Array(bytes), file: "answer").object
      members?["manifest"] = nil
      return members.map { .object($0) }
    }
    #expect(try answer(kept) == answer(printed.output), "but for the command that made it")
    let bad = try folder.write("bad.yaml", "name: x\n")
    #expect(try program.run(["compare", bad, "--json", "-o", file]).status == 65)
    #expect(FileManager.default.contents(atPath: file) == kept)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path(""))
    #expect(left.sorted() == ["bad.yaml", "catalog.csv", "out.json", "small.yaml"])
  }

  @Test("the JSON of compare has the members scripts rely on")
  func shape() throws {
    let result = try json(try program.run(["compare", scenario, "--json", "--jobs", "2"]))
    #expect(result["schemaVersion"] == 1 && result["kind"] == "compare")
    #expect(result["manifest"]?["seed"]?.int == 7)
    let arms = try #require(result["arms"]?.array)
    #expect(arms.map { $0["name"] } == ["monolithic", "modular"])
    let metrics = [
      "l1i.mpki", "l1d.mpki", "l2i.mpki", "l2d.mpki", "walks.pki", "walkCycles.pki",
      "translationCycles.pki", "l1i.missRatio", "entries.text", "entries.data", "reach.bytes",
      "pages.table",
    ]
    for metric in metrics {
      for arm in arms {
        let value = try #require(arm["metrics"]?[metric], "\(metric)")
        #expect(value["n"]?.int == 3)
        let (low, mean) = (value["low"]?.double ?? .nan, value["mean"]?.double ?? .nan)
        #expect(low <= mean && mean <= value["high"]?.double ?? .nan, "\(metric)")
      }
    }
    let comparisons = try #require(result["comparisons"]?.array)
    for metric in metrics {
      let found = try #require(comparisons.first { $0["metric"]?.string == metric })
      #expect(found["baseline"] == "monolithic" && found["treatment"] == "modular")
      #expect(found["confidence"]?.double == 0.95 && found["replicates"]?.int == 3)
      for key in ["difference", "low", "high", "relative", "pValue", "effectSize"] {
        #expect(found[key] != nil, "\(metric) \(key)")
      }
    }
    let ladder = try #require(result["ladder"]?.array)
    let causes = ladder.filter { $0["metric"] == "walkCycles.pki" }.map { $0["cause"]?.string }
    #expect(causes == Cause.allCases.map(\.rawValue))
    #expect(ladder.allSatisfy { $0["contribution"] != nil && $0["low"] != nil })
  }

  @Test("the same bytes twice and for any --jobs, apart from where and when")
  func repeatable() throws {
    func bytes(_ jobs: String) throws -> [UInt8] {
      var result = try json(
        try program.run(["compare", scenario, "--json", "--jobs", jobs, "--seed", "11"]))
      #expect(result["manifest"]?["host"] != nil && result["manifest"]?["time"] != nil)
      result["manifest"]?["host"] = .null
      result["manifest"]?["time"] = .null
      return result.prettyBytes
    }
    let first = try bytes("1")
    #expect(try bytes("1") == first)
    #expect(try bytes("2") == first)
  }

  @Test("the table is plain text on standard output; standard error stays silent off a terminal")
  func streams() throws {
    let answer = try program.run(["compare", scenario])
    #expect(answer.status == 0)
    #expect(answer.complaints.isEmpty)
    #expect(!answer.output.contains(27), "no escape sequences in a pipe")
    #expect(answer.text.contains("small: 4 modules") && answer.text.contains("l1i.mpki"))
    let csv = try program.run(["compare", scenario, "--csv"]).text
    #expect(csv.hasPrefix("metric,baseline,treatment,difference,low,high,confidence,relative,"))
  }

  @Test("--fail-on ends with 2 when the metric is worse, after printing the answer")
  func failOn() throws {
    let worse = try program.run(["compare", scenario, "--json", "--fail-on", "entries.text"])
    #expect(worse.status == 2)
    #expect(try JSONValue(parsing: worse.output, file: "stdout")["kind"] == "compare")
  }

  @Test("a load/unload trace needs no catalog: Debian's serves every Linux, stated sizes others")
  func defaultCatalog() throws {
    let trace = try folder.write("t.trace", "0 modprobe nf_tables\n1 modprobe ext4\n")
    for system in ProfileCatalog.names where system.hasPrefix("linux-") {
      let answer = try program.run(
        ["replay", trace, "--system", system, "--memory", "256MiB", "--age", "fresh", "--json"])
      let loaded = try json(answer)["loaded"]?.array ?? []
      let names = Set(loaded.compactMap { $0["module"]?.string })
      #expect(names.isSuperset(of: ["nf_tables", "ext4", "jbd2"]), "\(system)")
    }
    let own = try folder.write("f.trace", "0 kldload if_em text=100KiB data=20KiB\n")
    let answer = try program.run(["replay", own, "--system", "freebsd-13-amd64", "--json"])
    #expect(try json(answer)["loaded"]?.array?.count == 1)
  }
}
