import Foundation
import Sim
import TestSupport
import Testing

@Suite("kfrag course: papers, marks and a grader that leaves nothing behind", .serialized)
struct CourseCommandTests {
  let folder: TemporaryFolder
  let program: Program

  init() throws {
    folder = try TemporaryFolder()
    program = try #require(Program())
  }

  static func path(_ rest: String) -> String { dataPath("../../Scenarios/course/" + rest) }

  /// True while the process runs; a zombie does not.
  private func isRunning(_ process: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let state = text.split(separator: ")").last?.split(separator: " ").first
    else { return false }
    return state != "Z" && state != "X"
  }

  private func wait(_ seconds: Double, until isDone: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if isDone() { return true }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return isDone()
  }

  @Test(
    "a killed grader leaves no program running, nor what that program started",
    arguments: [SIGTERM, SIGINT, SIGKILL])
  func killed(signal: Int32) throws {
    let list = folder.path("pids")
    let rule = try folder.write(
      "rule",
      "#!/bin/sh\ntrap '' TERM\n(while :; do sleep 0.1; done) &\necho $$ $! >\(list)\n"
        + "while :; do sleep 0.1; done\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: rule)
    let grader = Process()
    // What is started in the background ignores SIGINT, and so would what it starts.
    grader.executableURL = URL(filePath: "/usr/bin/env")
    grader.arguments = [
      "--default-signal=INT", program.path, "course", "grade", Self.path("6-own-rule.yaml"), rule,
      "--time-limit", "120",
    ]
    grader.standardOutput = FileHandle.nullDevice
    try grader.run()
    var pids: [Int32] = []
    #expect(
      wait(60) {
        pids = ((try? String(contentsOfFile: list, encoding: .utf8)) ?? "")
          .split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        return pids.count == 2
      })
    #expect(pids.allSatisfy(isRunning))
    kill(grader.processIdentifier, signal)
    grader.waitUntilExit()
    #expect(grader.terminationReason == .uncaughtSignal)
    #expect(wait(20) { !pids.contains(where: isRunning) }, "\(pids) still run")
    for pid in pids where isRunning(pid) { kill(pid, SIGKILL) }
  }

  @Test("'-' reads the submission from standard input")
  func standardInput() throws {
    let assignment = Self.path("1-tiny-tlb.yaml")
    let file = folder.path("grade.json")
    let grader = Process()
    grader.executableURL = URL(filePath: program.path)
    grader.arguments = ["course", "grade", assignment, "-", "--json", "-o", file]
    grader.standardInput = FileHandle(
      forReadingAtPath: Self.path("submissions/1-tiny-tlb/perfect"))
    try grader.run()
    grader.waitUntilExit()
    let json = try JSONValue(parsing: InputFile.contents(file), file: file)
    #expect(json["score"]?.double == 20 && json["points"]?.double == 20)
    #expect(try program.run(["course", "grade", "-", "-"]).status == 64)
  }

  @Test("marks in a terminal are whole: a line for each note, none cut")
  func text() throws {
    let arguments = [
      "course", "grade", Self.path("2-replacement.yaml"),
      Self.path("submissions/2-replacement/wrong"),
    ]
    let answer = try program.run(arguments)
    let lines = answer.text.split(separator: "\n")
    #expect(answer.status == 0 && lines.contains { $0.hasPrefix("  1a: wrong (page ") })
    #expect(lines.allSatisfy { $0.count <= 120 && !$0.contains("…") })
    #expect(lines.count { $0.contains(": wrong (") } == 45)
  }

  @Test("--csv gives a row a question, --json a manifest that names the assignment")
  func forms() throws {
    let assignment = Self.path("1-tiny-tlb.yaml")
    let submission = Self.path("submissions/1-tiny-tlb/perfect")
    for (arguments, fields) in [
      (["grade", assignment, submission], "assignment,student,problem,question"),
      (["question", assignment], "problem,title,id,prompt"),
      (["answers", assignment], "problem,title,id,prompt,answer,why"),
    ] {
      let table = try program.run(["course"] + arguments + ["--csv"])
      let lines = table.text.split(whereSeparator: \.isNewline)
      #expect(table.status == 0 && lines.count == 11 && lines[0].hasPrefix(fields))
      let answer = try program.run(["course"] + arguments + ["--json"])
      let json = try JSONValue(parsing: answer.output, file: "course")
      let inputs = json["manifest"]?["inputs"]?.array ?? []
      #expect(inputs.first?["path"]?.string == assignment, "\(arguments)")
      #expect(json["manifest"]?["digest"]?.string?.count == 64)
    }
  }
}
