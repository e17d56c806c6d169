import Foundation
import Sim
import TestSupport
import Testing

@Suite("Results keep the schemas in Scenarios/schema/results", .serialized)
struct ResultSchemaTests {
  static let root = dataPath("../../Scenarios/schema/results")
  let folder: TemporaryFolder
  let program: Program

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
  }

  static func schema(_ kind: String) throws -> SchemaScan {
    let path = "\(root)/\(kind).schema.json"
    return SchemaScan(try JSONValue(parsing: InputFile.contents(path), file: path))
  }

  static let tiny = dataPath("sweep/tiny.yaml")

  /// Commands by the kind of their result; `@name` stands for an earlier result's file.
  static let commands: [(kind: String, arguments: [String])] = [
    ("compare", ["compare", tiny, "--ladder", "both", "--interval", "bca"]),
    ("compare", ["compare", tiny, "--precision", "50%", "--unpaired", "--test", "permutation"]),
    ("attribute", ["attribute", tiny]),
    ("attributeDiff", ["attribute", "--diff", "@attribute", "@attribute"]),
    ("advise", ["advise", tiny]), ("advise", ["advise", tiny, "--budget", "1"]),
    ("power", ["power", "@compare"]), ("layout", ["layout", tiny]),
    ("timeline", ["timeline", tiny]), ("variance", ["variance", tiny, "--levels", "2"]),
    ("list", ["list", "machines"]), ("list", ["list", "metrics"]),
    ("check", ["check", tiny]), ("age", ["age", "--memory", "64MiB"]),
    ("probe", ["probe", "teach-tiny"]),
    (
      "replay",
      [
        "replay", dataPath("../../Scenarios/intruder/linux-6.1.trace"), "--system", "linux-6.1",
        "--machine", "intel-skylake",
      ]
    ),
    (
      "grade",
      [
        "course", "grade", dataPath("../../Scenarios/course/1-tiny-tlb.yaml"),
        dataPath("../../Scenarios/course/submissions/1-tiny-tlb/wrong"),
      ]
    ),
  ]

  @Test("what every command prints satisfies its kind's schema, and a member less does not")
  func real() throws {
    var made: [String: String] = [:]
    for (kind, arguments) in Self.commands {
      let words = arguments.map { $0.hasPrefix("@") ? made[String($0.dropFirst())] ?? $0 : $0 }
      let answer = try program.run(words + ["--json"])
      #expect(answer.status == 0, "\(words): \(answer.complaints)")
      let json = try JSONValue(parsing: answer.output, file: kind)
      #expect(json["kind"]?.string == kind)
      let schema = try Self.schema(kind)
      #expect(schema.problems(json) == [], "\(words)")
      if made[kind] == nil {
        made[kind] = try folder.write("\(kind).json", answer.output)
      }
      for key in schema.root["required"]?.array ?? [] {
        var less = try #require(json.object)
        less[key.string ?? ""] = nil
        #expect(!schema.problems(.object(less)).isEmpty, "\(kind) without \(key)")
      }
    }
    let trace = try folder.write("t.u64", [UInt8](repeating: 7, count: 8 * 64))
    for (kind, arguments) in [
      ("tlb", ["tlb", trace, "--format", "u64", "--l1d", "64x4", "--l2", "1536x12"]),
      ("curve", ["curve", trace, "--format", "u64", "--sets", "1..4", "--ways", "1..4"]),
    ] {
      let json = try JSONValue(parsing: program.run(arguments + ["--json"]).output, file: kind)
      #expect(try Self.schema(kind).problems(json) == [], "\(kind)")
    }
  }

  @Test("a sweep's points, its summary and a regression over it satisfy theirs")
  func sweep() throws {
    let plan = try folder.write(
      "plan.yaml",
      "scenario: \(Self.tiny)\naxes: {seed: [1, 2, 3, 4], machine: [teach-tiny, bogus]}\n")
    let out = folder.path("out")
    let answer = try program.run(["sweep", plan, "--into", out, "--json"])
    let json = try JSONValue(parsing: answer.output, file: "sweep")
    #expect(try Self.schema("sweep").problems(json) == [])
    let points = try FileManager.default.contentsOfDirectory(atPath: out + "/points").filter {
      $0.hasSuffix(".json")
    }
    #expect(points.count == 4)
    for point in points {
      let file = "\(out)/points/\(point)"
      let json = try JSONValue(parsing: InputFile.contents(file), file: file)
      #expect(try Self.schema("compare").problems(json) == [], "\(point)")
    }
    let regress = try program.run(["regress", out, "--on", "l1d.mpki", "--json"])
    #expect(regress.status == 0, "\(regress.complaints)")
    let fit = try JSONValue(parsing: regress.output, file: "regress")
    #expect(try Self.schema("regress").problems(fit) == [])
  }

  @Test("the schemas use only words the check understands, and name their kind")
  func words() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.root).sorted()
    #expect(names.count > 15)
    for name in names {
      let kind = String(name.prefix { $0 != "." })
      let schema = try Self.schema(kind)
      #expect(schema.unknownWords() == [], "\(name)")
      #expect(schema.root["properties"]?["kind"]?["enum"]?[0]?.string == kind)
    }
  }
}

@Suite("The notebook script")
struct NotebookTests {
  static func python(_ code: [String], environment: [String: String] = [:]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3"] + code
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    if let folder = environment["FOLDER"] { process.currentDirectoryURL = URL(filePath: folder) }
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  static let script = dataPath("../../docs/notebooks/sweep.py")
  static let isThere = (try? python(["-c", "pass"])) == 0
  static let canDraw = (try? python(["-c", "import pandas, matplotlib"])) == 0

  @Test("compiles", .enabled(if: NotebookTests.isThere, "wants python3"))
  func compiles() throws {
    let code = "import ast, sys; ast.parse(open(sys.argv[1]).read())"
    #expect(try Self.python(["-c", code, Self.script]) == 0)
    #expect(try Self.python(["-c", code, "/dev/null"]) == 0)
  }

  @Test(
    "redraws its two figures from a sweep's tables",
    .enabled(if: NotebookTests.canDraw, "wants python3 with pandas and matplotlib"))
  func draws() throws {
    let folder = try TemporaryFolder()
    let program = try #require(Program())
    let plan = try folder.write(
      "plan.yaml", "scenario: \(dataPath("sweep/tiny.yaml"))\naxes: {seed: [1, 2]}\n")
    let sweep = folder.path("sweep")
    #expect(try program.run(["sweep", plan, "--into", sweep]).status == 0)
    let status = try Self.python(
      [Self.script], environment: ["KFRAG_SWEEP": sweep, "FOLDER": folder.url.path()])
    #expect(status == 0)
    for name in ["penalty.png", "causes.png"] {
      let bytes = try Data(contentsOf: URL(filePath: folder.path(name)))
      #expect(bytes.count > 5_000, "\(name)")
    }
  }
}
