import TestSupport
import Testing

@testable import Sim

@Suite("Course: every student of forty gets problems that show what they are about")
struct CourseDrawTests {
  static let students = (0..<40).map { "student \($0)" }

  static func problems(_ name: String, _ student: String) throws -> [Problem] {
    let plan = try CourseTests.assignment(name)
    return plan.problems(seed: plan.seed(student: student))
  }

  @Test("hits and evictions under every rule, and answers another rule would not give")
  func evict() throws {
    let plan = try CourseTests.assignment("2-replacement")
    for student in Self.students {
      let problems = plan.problems(seed: plan.seed(student: student))
      for (problem, plan) in zip(problems, plan.plans) {
        let lines = problem.blanks.dropLast()
        let evictions = lines.count { UInt64($0.answer) != nil }
        let hits = lines.count { $0.answer == "hit" }
        #expect(evictions >= 2 && hits >= 2, "\(student) \(problem.number)")
        let trace = lines.compactMap { UInt64($0.prompt.split(separator: " ")[1]) }
        let rival: CoursePolicy = plan.geometry.policy == .lru ? .fifo : .lru
        let other = TracedArray.steps(trace, plan.geometry, rival).map { step in
          step.isHit ? "hit" : step.evicted.map(String.init) ?? "miss"
        }
        #expect(lines.map(\.answer) != other, "\(student) \(problem.number)")
      }
    }
  }

  /// Tree-PLRU as the question's text tells it, in one set.
  private struct TextTree {
    var ways: [UInt64?]
    /// By level from the root and number in the level: true points at the upper half.
    var upper: [[Bool]]

    init(ways count: Int) {
      ways = Array(repeating: nil, count: count)
      upper = (0..<count.trailingZeroBitCount).map { Array(repeating: false, count: 1 << $0) }
    }

    mutating func access(_ page: UInt64) -> String {
      var answer = "hit"
      let way: Int
      if let found = ways.firstIndex(of: page) {
        way = found
      } else {
        var led = 0
        for level in upper { led = led * 2 + (level[led] ? 1 : 0) }
        way = ways[led] == nil ? led : ways.firstIndex(of: nil) ?? led
        answer = ways[way].map(String.init) ?? "miss"
        ways[way] = page
      }
      for level in upper.indices {
        let below = way >> (upper.count - level - 1)
        upper[level][below / 2] = below % 2 == 0
      }
      return answer
    }
  }

  @Test("tree-PLRU answers are those the question's own words give")
  func tree() throws {
    for student in Self.students {
      let problem = try Self.problems("2-replacement", student)[2]
      #expect(problem.given[0].contains("at first at the lower"))
      var sets = [TextTree(ways: 4), TextTree(ways: 4)]
      for blank in problem.blanks.dropLast() {
        let page = try #require(UInt64(blank.prompt.split(separator: " ")[1]))
        #expect(sets[Int(page % 2)].access(page) == blank.answer, "\(student) \(blank.id)")
      }
    }
  }

  /// Addresses the text's loads get from a list of pages, by one rule or the other.
  private func addresses(_ problem: Problem, nextFit: Bool) throws -> [UInt64?] {
    let words = problem.given[0].split(separator: " ")
    let lower = try #require(parseUnsigned(words[5]))
    let upper = try #require(parseUnsigned(words[7].dropLast()))
    var used = [Bool](repeating: false, count: Int(upper - lower) / 4096)
    var held: [Substring: Range<Int>] = [:]
    var hint = 0
    var out: [UInt64?] = []
    for line in problem.given.dropFirst(2) {
      let words = line.split { $0 == " " || $0 == "," }
      if words[0] == "unload" {
        for page in held.removeValue(forKey: words[1]) ?? 0..<0 { used[page] = false }
        continue
      }
      let pages = (try #require(Int(words[2])) + 4095) / 4096
      let starts = Array(0...(used.count - pages))
      func isFree(_ start: Int) -> Bool { !used[start..<(start + pages)].contains(true) }
      let behind = nextFit ? starts.first { $0 >= hint && isFree($0) } : nil
      let start = behind ?? starts.first(where: isFree)
      out.append(start.map { lower + UInt64($0) * 4096 })
      guard let start else { continue }
      for page in start..<(start + pages) { used[page] = true }
      held[words[1]] = start..<(start + pages)
      hint = start + pages
    }
    return out
  }

  @Test("next fit comes round and differs from first fit, and both from never reusing")
  func place() throws {
    for student in Self.students {
      let problems = try Self.problems("4-placement", student)
      for (problem, isNext) in [(problems[0], false), (problems[1], true)] {
        let own = problem.blanks.dropLast().map { parseUnsigned($0.answer) }
        let same = try addresses(problem, nextFit: isNext)
        let other = try addresses(problem, nextFit: !isNext)
        #expect(own.count == 10 && own == same && own != other, "\(student) \(problem.number)")
        let known = own.compactMap { $0 }
        let comesRound = zip(known, known.dropFirst()).contains { $1 < $0 }
        #expect(comesRound || !isNext, "\(student)")
      }
      let known = problems[2].blanks.dropLast().compactMap { parseUnsigned($0.answer) }
      let reusing = try addresses(problems[2], nextFit: false).compactMap { $0 }
      #expect(known == known.sorted() && Set(known).count == 10 && known != reusing)
    }
  }

  @Test("linked in the loop fits, loaded it does not, and the text alone says by how much")
  func predict() throws {
    var linkedAnswers: Set<String> = []
    for student in Self.students {
      for (problem, entries) in zip(try Self.problems("5-predict", student), [16, 32]) {
        let words = problem.given[0].split { $0 == " " || $0 == "," }.map(String.init)
        let rounds = try #require(Int(words[3]))
        let place = try #require(words.firstIndex(of: "kernel"))
        let kernel = Int(try #require(ByteCount(words[place + 2])).bytes)
        let sizes = problem.given[1].split(separator: " ").compactMap { Int($0) }
        let large = 2 << 20
        // Every 512th byte's page and the last one's, counted.
        func pages(_ bytes: Int, of size: Int) -> Int {
          Set(stride(from: 0, to: bytes, by: 512).map { $0 / size } + [(bytes - 1) / size]).count
        }
        let linked = pages(kernel + sizes.reduce(0, +), of: large)
        let loaded = pages(kernel, of: large) + sizes.reduce(0) { $0 + pages($1, of: 4096) }
        #expect(linked <= entries && loaded > entries, "\(student)")
        let expected = [linked, linked, loaded, loaded * rounds]
        #expect(problem.blanks.map(\.answer) == expected.map(String.init), "\(student)")
        linkedAnswers.insert(problem.blanks[0].answer)
      }
    }
    #expect(linkedAnswers.count >= 4)
  }

  /// Misses under a rule that sees the entries in the order they were last used.
  private func misses(
    _ task: ProblemMaker.RuleTask, victim: ([UInt32], [UInt32: Int]) -> Int
  ) -> Int {
    var order: [UInt32] = []
    var counts: [UInt32: Int] = [:]
    var misses = 0
    for page in task.pages {
      counts[page, default: 0] += 1
      if let place = order.firstIndex(of: page) {
        order.remove(at: place)
      } else {
        misses += 1
        if order.count == task.ways { order.remove(at: victim(order, counts)) }
      }
      order.append(page)
    }
    return misses
  }

  @Test("random replacement earns next to nothing on twenty seeds, LRU nothing, frequency all")
  func rule() throws {
    let plan = try CourseTests.assignment("6-own-rule").plans[0]
    for seed in UInt64(0)..<20 {
      var random = Seed(seed).generator()
      let task = ProblemMaker.ruleTask(plan, &random)
      let lots = misses(task) { order, _ in random.below(order.count) }
      #expect(task.share(lots) < 0.25, "seed \(seed): \(lots) of \(task.lruMisses)")
      let lru = misses(task) { _, _ in 0 }
      #expect(lru == task.lruMisses && task.share(lru) == 0)
      let mru = misses(task) { order, _ in order.count - 1 }
      #expect(task.share(mru) < 0.5, "seed \(seed): \(mru) of \(task.lruMisses)")
      let frequency = misses(task) { order, counts in
        order.indices.reversed().min { counts[order[$0]] ?? 0 < counts[order[$1]] ?? 0 } ?? 0
      }
      #expect(task.share(frequency) == 1, "seed \(seed): \(frequency) of \(task.lruMisses)")
      #expect(task.bestMisses < task.fullMarksMisses)
      #expect(task.fullMarksMisses < task.randomMisses && task.randomMisses < task.lruMisses)
    }
  }
}
