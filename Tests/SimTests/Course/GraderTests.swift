import Foundation
import TestSupport
import Testing

@testable import Sim

@Suite("Course: right answers count however they are written, and marks say why")
struct GraderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let names = CourseTests.names.filter { $0 != "6-own-rule" }

  private func grade(_ text: String, _ grader: Grader) throws -> Grade {
    grader.grade(try folder.write("submission", text))
  }

  @Test(
    "with or without 0x, byte order mark, Windows line ends, capitals or decimal", arguments: names)
  func forms(name: String) throws {
    let plan = try CourseTests.assignment(name)
    let problems = plan.problems()
    let answers = problems.flatMap { $0.blanks.map { "\($0.id): \($0.answer)" } }
    let decimal = problems.flatMap(\.blanks).map { blank in
      let words = blank.answer.split(separator: ", ").map { word in
        parseUnsigned(word).map(String.init) ?? String(word)
      }
      return "\(blank.id): " + words.joined(separator: ",")
    }
    let plain = answers.joined(separator: "\n")
    for text in [
      plain.replacingOccurrences(of: "0x", with: ""), "\u{feff}" + plain,
      answers.joined(separator: "\r\n"), plain.uppercased(), decimal.joined(separator: "\n"),
    ] {
      let grade = try grade(text, Grader(plan))
      #expect(grade.score == grade.points && grade.notes.isEmpty, "\(text.prefix(60))")
    }
    let spoiled = problems.flatMap(\.blanks).map { blank in
      let words = blank.answer.split(separator: ", ").map { word in
        parseUnsigned(word).map { hex($0 + 1) } ?? "\(word)s"
      }
      return "\(blank.id): " + words.joined(separator: ", ")
    }
    #expect(try self.grade(spoiled.joined(separator: "\n"), Grader(plan)).score == 0)
  }

  @Test("answers to another student's paper are told apart from wrong ones")
  func papers() throws {
    let plan = try CourseTests.assignment("1-tiny-tlb")
    let bob = plan.seed(student: "bob")
    let own = CourseText.answers(plan, plan.problems(seed: bob), paper: plan.paper(seed: bob))
    let right = try grade(own, Grader(plan, seed: bob))
    #expect(right.score == right.points && right.notes.isEmpty)
    let ada = try grade(own, Grader(plan, seed: plan.seed(student: "ada")))
    #expect(ada.score == 0 && ada.notes.contains { $0.contains(plan.paper(seed: bob)) })
    let general = plan.problems().flatMap { $0.blanks.map { "\($0.id): \($0.answer)\n" } }
    let unnamed = try grade(general.joined(), Grader(plan, seed: bob))
    #expect(unnamed.score == 0 && unnamed.notes.contains { $0.contains("--student") })
    let wrong = try grade("1a: 5\n1b: 6\n", Grader(plan, seed: bob))
    #expect(wrong.score == 0 && wrong.notes.isEmpty)
    let papers = Set((0..<200).map { plan.paper(seed: plan.seed(student: "\($0)")) })
    #expect(papers.count == 200 && papers.allSatisfy { $0.count == 8 })
  }

  @Test("the paper and the marks show the rubric", arguments: CourseTests.names)
  func rubric(name: String) throws {
    let plan = try CourseTests.assignment(name)
    let paper = CourseText.questions(plan, plan.problems(), paper: plan.paper())
    let words = paper.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(plan.rubric.allSatisfy { !$0.isEmpty && words.contains("Marks: \($0)") })
    let wrong = Grader(plan).grade(CourseTests.path("submissions/\(name)/wrong"))
    for (item, rubric) in zip(wrong.items, plan.rubric) {
      #expect(item.output.hasSuffix("marks: \(rubric)"))
    }
  }

  @Test("the table of marks has one row a question, and its marks add up", arguments: names)
  func table(name: String) throws {
    let plan = try CourseTests.assignment(name)
    let first = plan.problems().compactMap(\.blanks.first).map { "\($0.id): \($0.answer)\n" }
    let grade = try grade(first.joined(), Grader(plan))
    let rows = grade.csv(assignment: name, student: "ada").rows
    #expect(rows.count == plan.problems().reduce(0) { $0 + $1.blanks.count })
    let sum = rows.compactMap { Double($0[5]) }.reduce(0, +)
    #expect(abs(sum - grade.score) <= 0.005 * Double(plan.plans.count) && sum > 0)
    #expect(rows.count { $0[7] == "right" } == plan.plans.count)
    #expect(rows.allSatisfy { $0[1] == "ada" && ["right", "no answer"].contains($0[7]) })
  }

  @Test("what ended a program is told: its status, its signal, its last words, its interpreter")
  func programs() throws {
    var grader = Grader(try CourseTests.assignment("6-own-rule"))
    grader.timeLimit = 2
    let cases = [
      ("#!/bin/sh\ncat >/dev/null\n", "flush"),
      ("#!/bin/sh\nread -r a\nread -r b\necho 0\nsleep 9\n", "after 1 answers"),
      ("#!/bin/sh\necho out of luck >&2\nexit 3\n", "exit status 3; it said: out of luck"),
      ("#!/bin/sh\nkill -SEGV $$\n", "signal 11"),
      ("#!/no/such/thing\n", "'/no/such/thing'"),
      ("#!/bin/sh\r\necho 0\r\n", "CR LF"),
      ("#!/usr/bin/env no-such-language\n", "no-such-language"),
    ]
    for (text, words) in cases {
      let path = try folder.write("rule", text)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
      let item = try #require(grader.grade(path).items.first)
      #expect(item.score == 0 && item.output.contains(words), "\(text): \(item.output)")
    }
  }

  @Test("a program that says much on standard error is neither stopped nor held up by it")
  func chatter() throws {
    let task = ProblemMaker.RuleTask(
      ways: 2, pages: (0..<200).map { UInt32($0 % 3) }, lruMisses: 200, bestMisses: 0,
      randomMisses: 200, fullMarksMisses: 0)
    let path = try folder.write(
      "rule",
      "#!/bin/sh\nread -r _\nwhile read -r _; do head -c 4000 /dev/zero >&2; echo 0; done\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    #expect(try RuleRunner(timeLimit: 60).misses(of: path, task) == 200)
  }

  @Test(
    "an assignment no paper could ask is refused at its place",
    arguments: [
      ("predict", "pageSize: 1KiB", "mapped by 4KiB pages"),
      ("predict", "geometry: 16x4", "wants 16xfull"),
      ("predict", "geometry: 16xfull:fifo", "wants 16xfull"),
      ("rule", "geometry: 16x4", "wants 16xfull"),
      ("evict", "geometry: 16x4:lru:xor2", "modulo sets"),
      ("translate", "geometry: 16x4:lru:xor2", "modulo sets"),
      ("evict", "count: 20000", "200"),
      ("evict", "count: 200\n    geometry: 4096xfull", "references times ways"),
      ("rule", "count: 20000\n    geometry: 4096xfull", "references times entries"),
    ])
  func refused(kind: String, line: String, says: String) throws {
    let text =
      "name: x\ntitle: t\nproblems:\n  - kind: \(kind)\n    points: 5\n    rubric: r\n    \(line)\n"
    let error = try #require(throws: InputError.self) {
      try Assignment.read(text: text, file: "a.yaml")
    }
    #expect(error.description.contains(says) && error.description.hasPrefix("a.yaml:"))
  }

  @Test("one set of a fully associative TLB is called one set")
  func singular() throws {
    let paper = try CourseTests.assignment("1-tiny-tlb").problems()
    #expect(paper[1].given[0].contains("32 entries in 1 set of 32 holds"))
    #expect(paper[0].given[0].contains("16 entries in 4 sets of 4 holds"))
  }
}
