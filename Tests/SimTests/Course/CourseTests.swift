import Foundation
import TestSupport
import Testing

@testable import Sim

@Suite("Course: problems are right by models of their own, and no submission breaks the grader")
struct CourseTests {
  static let names = [
    "1-tiny-tlb", "2-replacement", "3-buddy", "4-placement", "5-predict", "6-own-rule",
  ]

  static func path(_ rest: String) -> String { dataPath("../../Scenarios/course/" + rest) }

  static func assignment(_ name: String) throws -> Assignment {
    try Assignment.read(path("\(name).yaml"))
  }

  @Test("translated parts put together again give the address", arguments: 0..<20)
  func translate(seed: Int) throws {
    let plan = try ProblemPlan(kind: .translate)
    let problem = Problem.make(plan, number: 1, seed: Seed(UInt64(seed)))
    #expect(problem.blanks.count == plan.count)
    for blank in problem.blanks {
      let parts = blank.answer.split(separator: ", ").compactMap { parseUnsigned($0) }
      let sets = UInt64(plan.geometry.sets)
      #expect(parts.count == 4 && parts[1] < sets && parts[3] < 4096)
      #expect((parts[2] * sets + parts[1]) * 4096 + parts[3] == parseUnsigned(blank.prompt))
    }
  }

  @Test(
    "victims are those of the naive TLB",
    arguments: ["4xfull:lru", "4xfull:fifo", "8x4:tplru", "8x2:nru", "6x3:clock"])
  func evict(geometry: String) throws {
    for seed in 0..<10 {
      var plan = try ProblemPlan(kind: .evict)
      plan.geometry = try TLBGeometry(geometry)
      plan.count = 60
      let problem = Problem.make(plan, number: 1, seed: Seed(UInt64(seed)))
      var naive = NaiveTLB(plan.geometry)
      var held: Set<String> = []
      var misses = 0
      for blank in problem.blanks.dropLast() {
        let page = String(blank.prompt.split(separator: " ")[1])
        let isHit = naive.access(UInt64(page) ?? 0, page)
        #expect((blank.answer == "hit") == isHit, "\(geometry) seed \(seed) \(blank.id)")
        if isHit { continue }
        misses += 1
        if blank.answer != "miss" {
          #expect(held.remove(blank.answer) != nil, "\(blank.answer) left without being there")
        }
        held.insert(page)
      }
      #expect(problem.blanks.last?.answer == String(misses))
    }
  }

  @Test("no two blocks a buddy problem holds at once overlap, and the free lists hold the rest")
  func buddy() throws {
    for seed in 0..<30 {
      var plan = try ProblemPlan(kind: .buddy)
      plan.count = 40
      let problem = Problem.make(plan, number: 1, seed: Seed(UInt64(seed)))
      var held: [String: Range<Int>] = [:]
      for line in problem.given.dropFirst(2) {
        let words = line.split(separator: " ").map(String.init)
        if words[0] == "free" {
          #expect(held.removeValue(forKey: words[1]) != nil)
          continue
        }
        let name = String(words[0].dropLast())
        let order = try #require(Int(words[3]))
        let answer = problem.blanks.first { $0.prompt == name }?.answer ?? ""
        let first = try #require(Int(answer))
        let range = first..<(first + 1 << order)
        #expect(first % (1 << order) == 0 && range.upperBound <= 1024)
        #expect(!held.values.contains { $0.overlaps(range) }, "seed \(seed) \(name)")
        held[name] = range
      }
      let counts = (problem.blanks.last?.answer ?? "").split(separator: ", ").compactMap { Int($0) }
      let free = counts.enumerated().reduce(0) { $0 + $1.element << $1.offset }
      #expect(counts.count == 11 && free == 1024 - held.values.reduce(0) { $0 + $1.count })
    }
  }

  @Test("first fit gives the lowest address that is free, by a list of bytes")
  func place() throws {
    for seed in 0..<20 {
      var plan = try ProblemPlan(kind: .place)
      plan.count = 12
      let problem = Problem.make(plan, number: 1, seed: Seed(UInt64(seed)))
      var used = [Bool](repeating: false, count: 256)
      var held: [String: Range<Int>] = [:]
      for line in problem.given.dropFirst(2) {
        let words = line.split { $0 == " " || $0 == "," }.map(String.init)
        if words[0] == "unload" {
          for page in held.removeValue(forKey: words[1]) ?? 0..<0 { used[page] = false }
          continue
        }
        let pages = (try #require(Int(words[2])) + 4095) / 4096
        let first = try #require(
          (0...(256 - pages)).first { start in
            !used[start..<(start + pages)].contains(true)
          })
        let answer = problem.blanks.first { $0.prompt == words[1] }?.answer ?? ""
        #expect(parseUnsigned(answer) == 0xc000_0000 + UInt64(first) * 4096, "seed \(seed)")
        for page in first..<(first + pages) { used[page] = true }
        held[words[1]] = first..<(first + pages)
      }
    }
  }

  @Test("predicted misses are those of the naive TLB run round by round")
  func predict() throws {
    for seed in 0..<12 {
      let plan = try ProblemPlan(kind: .predict)
      let problem = Problem.make(plan, number: 1, seed: Seed(UInt64(seed)))
      let words = problem.given[0].split(separator: " ")
      let rounds = try #require(Int(words[3]))
      for (pages, misses) in [(0, 1), (2, 3)] {
        let wanted = try #require(Int(problem.blanks[pages].answer))
        var naive = NaiveTLB(plan.geometry)
        var count = 0
        for _ in 0..<rounds {
          for page in 0..<wanted where !naive.access(UInt64(page), "\(page)") { count += 1 }
        }
        #expect(problem.blanks[misses].answer == String(count))
      }
    }
  }

  @Test("the same seed sets the same problems, another student gets other ones")
  func seeds() throws {
    let plan = try Self.assignment("2-replacement")
    #expect(plan.problems() == plan.problems())
    #expect(plan.problems(seed: plan.seed(student: "ada")) != plan.problems())
  }

  @Test("shipped submissions: the perfect one has all marks, the wrong none", arguments: names)
  func shipped(name: String) throws {
    let plan = try Self.assignment(name)
    let grader = Grader(plan)
    let perfect = grader.grade(Self.path("submissions/\(name)/perfect"))
    #expect(perfect.score == perfect.points && perfect.points > 0, "\(perfect)")
    let wrong = grader.grade(Self.path("submissions/\(name)/wrong"))
    #expect(wrong.score == 0 && wrong.items.allSatisfy { !$0.notes.isEmpty })
    var patient = grader
    patient.timeLimit = 1
    let started = ContinuousClock.now
    #expect(patient.grade(Self.path("submissions/\(name)/broken")).score == 0)
    #expect(ContinuousClock.now - started < .seconds(30))
  }

  @Test("missing, huge, endless and binary submissions cost marks and end")
  func hostile() throws {
    let folder = try TemporaryFolder()
    let plan = try Self.assignment("1-tiny-tlb")
    let grader = Grader(plan)
    let bomb = try folder.write("bomb", Array(repeating: UInt8(ascii: "a"), count: 2 << 20))
    for path in [folder.path("none"), bomb, "/dev/zero", folder.url.path()] {
      let grade = grader.grade(path)
      #expect(grade.score == 0 && !grade.notes.isEmpty, "\(path)")
    }
    var rule = Grader(try Self.assignment("6-own-rule"))
    rule.timeLimit = 2
    let programs = [
      "#!/bin/sh\nyes 3\n", "#!/bin/sh\nexit 1\n", "#!/bin/sh\nhead -c 100000 /dev/zero\n",
      "#!/bin/sh\necho 99\nsleep 1\n", "#!/no/such/thing\n", "",
    ]
    for (index, text) in programs.enumerated() {
      let path = try folder.write("rule\(index)", text)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
      let grade = rule.grade(path)
      #expect(grade.score == 0 && !grade.items[0].notes.isEmpty, "\(text)")
    }
  }

  @Test("results.json has what Gradescope reads, and the JUnit file escapes what students wrote")
  func formats() throws {
    let item = Grade.Item(name: "1. <b>", score: 3, points: 5, notes: ["a & \"b\" \u{1b}"])
    let grade = Grade(items: [item], notes: [])
    let test = grade.gradescope["tests"]?[0]
    #expect(grade.gradescope["score"]?.double == 3)
    #expect(test?["max_score"]?.double == 5 && test?["status"]?.string == "failed")
    let xml = grade.junit(suite: "s")
    #expect(xml.contains("name=\"1. &lt;b&gt;\"") && xml.contains("a &amp; &quot;b&quot; \u{fffd}"))
    #expect(XMLScan.isWellFormed(xml))
  }

  @Test("a spoiled assignment is refused at its place")
  func badAssignment() throws {
    let text = "name: x\ntitle: t\nproblems:\n  - kind: evikt\n    points: 5\n    rubric: r\n"
    let error = try #require(throws: InputError.self) {
      try Assignment.read(text: text, file: "a.yaml")
    }
    #expect(error.description.hasPrefix("a.yaml:4:"))
    #expect(error.description.contains("did you mean 'evict'?"))
  }
}
