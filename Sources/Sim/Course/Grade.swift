private import Foundation

/// Marks for one submission, and how graders of different makes want to read them.
public struct Grade: Hashable, Sendable {
  public struct Item: Hashable, Sendable {
    public var name: String
    public var score: Double
    public var points: Double
    /// What was wrong, for the student.
    public var notes: [String]
  }

  public var items: [Item]
  /// What concerns the whole submission: that it could not be read, or what was left out.
  public var notes: [String]

  public var score: Double { items.reduce(0) { $0 + $1.score } }
  public var points: Double { items.reduce(0) { $0 + $1.points } }

  /// The file Gradescope's autograder harness reads.
  public var gradescope: JSONValue {
    [
      "score": JSONValue(score), "visibility": "visible", "stdout_visibility": "hidden",
      "output": .string(notes.joined(separator: "\n")),
      "tests": .array(
        items.map { item in
          [
            "name": .string(item.name), "score": JSONValue(item.score),
            "max_score": JSONValue(item.points), "visibility": "visible",
            "status": item.score >= item.points ? "passed" : "failed",
            "output": .string(item.notes.joined(separator: "\n")),
          ]
        }),
    ]
  }

  /// The same as JUnit XML, one test case a problem.
  public func junit(suite: String) -> String {
    let failures = items.count { $0.score < $0.points }
    var out = HTMLWriter()
    out.trusted("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    out.element(
      "testsuite",
      [
        "name": suite, "tests": "\(items.count)", "failures": "\(failures)", "errors": "0",
        "skipped": "0",
      ]
    ) { out in
      for item in items {
        out.newline()
        out.element("testcase", ["classname": suite, "name": item.name]) { out in
          guard item.score < item.points else { return }
          out.element(
            "failure",
            ["message": "\(significant(item.score, 4)) of \(significant(item.points, 4)) points"],
            text: (item.notes + notes).joined(separator: "\n"))
        }
      }
      out.newline()
    }
    out.newline()
    return out.html
  }
}

/// Marks submissions. Whatever a submission holds, it costs marks at most.
public struct Grader: Sendable {
  public let assignment: Assignment
  public let problems: [Problem]

  /// Largest submission that is read.
  public static let submissionLimit = 1 << 20

  /// Seconds a student's program may take.
  public var timeLimit: Double = 20

  public init(_ assignment: Assignment, seed: Seed? = nil) {
    self.assignment = assignment
    problems = assignment.problems(seed: seed)
    self.seed = seed ?? assignment.seed
  }

  private let seed: Seed

  /// Marks the submission at `path`.
  public func grade(_ path: String) -> Grade {
    var notes: [String] = []
    var answers: [String: String] = [:]
    let wantsAnswers = problems.contains { !$0.blanks.isEmpty }
    do {
      try Grader.mustBeSmallFile(path)
      if wantsAnswers {
        answers = Grader.answers(try InputFile.text(path, limit: Grader.submissionLimit))
        let known = Set(problems.flatMap { $0.blanks.map(\.id) })
        let odd = answers.keys.filter { !known.contains($0) }.sorted().prefix(5)
        if !odd.isEmpty {
          notes.append("ignored, no such question: \(odd.joined(separator: ", "))")
        }
      }
    } catch {
      notes.append("the submission cannot be read: \(error.diagnostics[0].message)")
    }
    let items = problems.enumerated().map { index, problem in
      problem.kind == .rule
        ? program(problem, plan: assignment.plans[index], path: path)
        : paper(problem, answers)
    }
    return Grade(items: items, notes: notes)
  }

  /// - Throws: when it is no regular file or larger than the limit; a pipe would block for ever.
  static func mustBeSmallFile(_ path: String) throws(InputError) {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
      throw InputError(file: path, kind: .missing, "there is no such file")
    }
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw InputError(file: path, "it is not a plain file")
    }
    let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
    guard size <= submissionLimit else {
      throw InputError(
        file: path, "it has \(size) bytes; at most \(submissionLimit) are read")
    }
  }

  /// `id: answer` lines; later ones win, comments and anything else are passed over.
  static func answers(_ text: String) -> [String: String] {
    var answers: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline).prefix(100_000) {
      guard !line.hasPrefix("#"), let colon = line.firstIndex(of: ":") else { continue }
      let id = line[..<colon].trimmingCharacters(in: .whitespaces).lowercased()
      guard !id.isEmpty, id.count <= 12 else { continue }
      answers[id] = String(line[line.index(after: colon)...].prefix(1000))
    }
    return answers
  }

  private func paper(_ problem: Problem, _ answers: [String: String]) -> Grade.Item {
    var right = 0
    var notes: [String] = []
    for blank in problem.blanks {
      guard let given = answers[blank.id] else {
        notes.append("\(blank.id): no answer")
        continue
      }
      if Grader.tokens(given) == Grader.tokens(blank.answer) {
        right += 1
      } else {
        notes.append("\(blank.id): wrong (\(blank.prompt))")
      }
    }
    let share = problem.blanks.isEmpty ? 0 : Double(right) / Double(problem.blanks.count)
    return Grade.Item(
      name: "\(problem.number). \(problem.title)",
      score: (problem.points * share * 100).rounded() / 100, points: problem.points, notes: notes)
  }

  /// Numbers by value, so that 0x10 and 16 are one answer; words in small letters.
  static func tokens(_ text: String) -> [String] {
    text.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" || $0 == ";" }.map { word in
      parseUnsigned(word).map(String.init) ?? String(word)
    }
  }

  private func program(_ problem: Problem, plan: ProblemPlan, path: String) -> Grade.Item {
    var random = seed.stream("course").stream(plan.kind.rawValue).stream(problem.number).generator()
    let task = ProblemMaker.ruleTask(plan, &random)
    var item = Grade.Item(
      name: "\(problem.number). \(problem.title)", score: 0, points: problem.points, notes: [])
    do {
      try Grader.mustBeSmallFile(path)
      let misses = try RuleRunner(timeLimit: timeLimit).misses(of: path, task)
      let full = task.lruMisses * plan.fullMarksPercent / 100
      let span = max(1, task.lruMisses - full)
      let share = min(1, max(0, Double(task.lruMisses - misses) / Double(span)))
      item.score = (problem.points * share * 100).rounded() / 100
      item.notes.append(
        "\(misses) misses; LRU \(task.lruMisses), full marks at \(full), best possible "
          + "\(task.bestMisses)")
    } catch {
      item.notes.append(error.diagnostics[0].message)
    }
    return item
  }
}
