import Foundation
import Glibc
import Sim
import TestSupport
import Testing

/// Forms an answer may take, and what is said beside it.
@Suite("The command line offers only what it does, and says what it left out", .serialized)
struct AnswerFormTests {
  let folder: TemporaryFolder
  let program: Program
  let lackey = Debian12.path("Tests/SimTests/Data/ls-full.lackey.txt.zst")

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
  }

  private func json(_ arguments: [String]) throws -> JSONValue {
    let answer = try program.run(arguments + ["--json"])
    #expect(answer.status == 0, "\(answer.complaints)")
    return try JSONValue(parsing: answer.output, file: "stdout")
  }

  @Test(
    "--csv is offered where there is a table, and refused by name where there is none",
    arguments: [
      ("check", false), ("expand", false), ("show", false), ("verify", false), ("import", false),
      ("export", false), ("compare", true), ("tlb", true), ("list", true),
    ])
  func csv(verb: String, offers: Bool) throws {
    let help = try program.run([verb, "--help"]).text
    #expect(help.contains("--csv") == offers)
    if !offers, verb != "export", verb != "import" {
      let answer = try program.run(
        [verb, "x", "y", "--csv"].prefix(verb == "show" ? 4 : 2) + ["--csv"])
      #expect(answer.status == 64 && answer.complaints.contains("no CSV form; use --json"))
    }
  }

  @Test("export names the formats it writes and takes no other: 64 before anything is opened")
  func exportFormats() throws {
    let help = try #require(
      program.run(["export", "--help"]).text.components(separatedBy: "--to <to>").last)
    for format in TraceFormat.allCases where !AddressWriter.formats.contains(format) {
      #expect(!help.contains("\(format.rawValue),"), "\(format)")
      let answer = try program.run(["export", lackey, "--to", format.rawValue])
      #expect(answer.status == 64 && answer.output.isEmpty, "\(format)")
      #expect(answer.complaints.contains("oracleGeneral"), "it lists those it writes")
    }
    let bare = try program.run(["export", lackey, "--to", "din", "--json"])
    #expect(bare.status == 64 && bare.complaints.contains("-o"))
    let file = folder.path("ls.din")
    let result = try json(["export", lackey, "--to", "din", "-o", file])
    let lines = try InputFile.text(file).utf8.count { $0 == 10 }
    #expect(result["accesses"]?.int == lines && result["format"] == "din")
  }

  @Test("import counts the accesses it splits over two pages; export says what a .kft cannot hold")
  func crossings() throws {
    // The second access touches the last byte of one page and the first of the next.
    let trace = try folder.write("t.xdin", "r 1000 8\nr 1fff 2\nw 3000 4\n")
    let kft = folder.path("t.kft")
    let answer = try program.run(["import", trace, "-o", kft, "--json"])
    let result = try JSONValue(parsing: answer.output, file: "stdout")
    #expect(result["crossings"]?.int == 1 && result["references"]?.int == 4)
    #expect(answer.complaints.contains("1 accesses lie over two pages"))
    let back = try program.run(["export", kft, "--to", "xdin"])
    #expect(back.text.split(separator: "\n").count == 4)
    #expect(back.complaints.contains("names pages, not bytes"))
    let quiet = try program.run(["export", kft, "--to", "xdin", "-q"])
    #expect(quiet.output == back.output && quiet.complaints.isEmpty)
  }

  @Test("check knows assignments, claims and access traces")
  func check() throws {
    let din = try folder.write("t.din", "0 1000\n2 2000\n1 3000\n")
    let kft = folder.path("t.kft")
    #expect(try program.run(["import", din, "-o", kft]).status == 0)
    let files: [(String, String)] = [
      (Debian12.path("Scenarios/course/1-tiny-tlb.yaml"), "assignment"),
      (Debian12.path("Scenarios/studies/penalty/claims.yaml"), "claims"),
      (lackey, "access trace, lackey"), (din, "access trace, din"), (kft, "access trace, kft"),
    ]
    let answer = try program.run(["check"] + files.map(\.0))
    #expect(answer.status == 0, "\(answer.complaints)")
    #expect(answer.text == files.map { "\($0): ok (\($1))\n" }.joined())
    let bad = try folder.write("bad.yaml", "claims:\n  - id: x\n    says: y\n    valu: 3\n")
    let worse = try folder.write("worse.yaml", "name: a\ntitle: b\nproblems:\n  - kind: translat\n")
    let cut = try folder.write("cut.kft", Array(Data(contentsOf: URL(filePath: kft)).dropLast(3)))
    let faulty = try program.run(["check", bad, worse, cut])
    #expect(faulty.status == 65 && faulty.output.isEmpty)
    #expect(faulty.complaints.contains("\(bad):4:5: error: unknown key 'valu'; did you mean"))
    #expect(faulty.complaints.contains("\(worse):4:"))
    #expect(faulty.complaints.contains("\(cut): error: byte "))
  }

  @Test("replay of modules nothing describes says that a catalog is missing")
  func noCatalog() throws {
    let trace = try folder.write("t", "0 kldload zfs\n1 kldload if_em text=24KiB\n")
    let command = ["replay", trace, "--system", "freebsd-13-amd64"]
    let answer = try program.run(command)
    #expect(answer.status == 0)
    #expect(answer.complaints.hasPrefix("\(trace):1: 'zfs' is in no catalog: none ships for "))
    #expect(try program.run(command + ["-q"]).complaints.isEmpty)
    let known = try folder.write("k", "0 kldload if_em text=24KiB\n")
    #expect(
      try program.run(["replay", known, "--system", "freebsd-13-amd64"]).complaints.isEmpty)
  }

  @Test("replay names the workload its runs ran")
  func workload() throws {
    let trace = try folder.write("t", "0 load a text=8KiB\n1 run references=20_000\n")
    let command = ["replay", trace, "--system", "linux-6.1", "--machine", "intel-skylake"]
    #expect(try json(command)["workload"]?["model"] == "moduleHot")
    #expect(try program.run(command).text.contains("workload moduleHot"))
  }

  @Test("a report of a sweep's folder shows the points of its plan and no older ones")
  func stalePoints() throws {
    let scenario = try SmallScenario.write(to: folder)
    let out = folder.path("out")
    for seeds in ["[1, 2]", "[2, 3]"] {
      let plan = try folder.write("plan.yaml", "scenario: \(scenario)\naxes:\n  seed: \(seeds)\n")
      let answer = try program.run(["sweep", plan, "--into", out])
      #expect(answer.status == 0, "\(answer.complaints)")
    }
    let points = try FileManager.default.contentsOfDirectory(atPath: out + "/points")
    #expect(points.count { $0.hasSuffix(".json") } == 3, "the first plan's point is still there")
    let read = try ResultFile.read([out])
    #expect(read.count { $0.kind == "compare" } == 2)
  }

  @Test("enumerated options refuse unknown words with 64 and the nearest one")
  func enumerated() throws {
    for command in ["tlb", "curve"] {
      let more = command == "tlb" ? ["--l1d", "64x4"] : []
      let answer = try program.run([command, lackey, "--layout", "modlar"] + more)
      #expect(answer.status == 64 && answer.complaints.contains("unknown layout 'modlar'"))
    }
    let both = try program.run(["tlb", lackey, "--l1d", "64x4", "--machine", "intel-skylake"])
    #expect(both.status == 64)
    #expect(both.complaints.contains("--machine and --l1d exclude each other"))
    let sets = try program.run(["curve", lackey, "--sets", "3"])
    #expect(sets.status == 64 && sets.complaints.contains("lies in 3…3"))
  }

  @Test("a pipe called like a module is passed over: reading it would never end")
  func pipes() throws {
    let path = folder.path("x.ko")
    #expect(mkfifo(path, 0o600) == 0)
    let answer = try program.run(["catalog", folder.path("")])
    #expect(answer.status == 65 && answer.complaints.contains("holds no .ko file"))
  }

  @Test("help that cannot be written is a failure")
  func fullDisk() throws {
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["-c", "\"$0\" --help > /dev/full", program.path]
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 74)
  }
}
