private import Foundation

/// Marks submissions. Whatever a submission holds, it costs marks at most.
public struct Grader: Sendable {
  public let assignment: Assignment
  public let problems: [Problem]

  /// Largest submission that is read.
  public static let submissionLimit = 1 << 20

  /// Seconds a student's program may take.
  public var timeLimit: Double = 20

  /// Marks the paper of `seed`, the assignment's own when nil.
  public init(_ assignment: Assignment, seed: Seed? = nil) {
    self.assignment = assignment
    problems = assignment.problems(seed: seed)
    self.seed = seed ?? assignment.seed
  }

  private let seed: Seed

  /// Marks the submission at `path`; `-` is standard input.
  public func grade(_ path: String) -> Grade {
    var notes: [String] = []
    var text = ""
    if problems.contains(where: { !$0.blanks.isEmpty }) {
      do {
        if path != "-" { try Grader.mustBeSmallFile(path) }
        text = try InputFile.text(path, limit: Grader.submissionLimit)
      } catch {
        notes.append("the submission cannot be read: \(error.diagnostics[0].message)")
      }
    }
    return grade(text: text, notes: notes, program: path)
  }

  /// Marks the text of a submission; where a rule is asked for, the program at `path`.
  public func grade(text: String, notes: [String] = [], program path: String) -> Grade {
    var notes = notes
    var answers = Grader.answers(text)
    let paper = answers.removeValue(forKey: "paper")
    let known = Set(problems.flatMap { $0.blanks.map(\.id) })
    let odd = answers.keys.filter { !known.contains($0) }.sorted().prefix(5)
    if !odd.isEmpty { notes.append("ignored, no such question: \(odd.joined(separator: ", "))") }
    if let note = otherPaper(paper, answers) { notes.append(note) }
    let items = problems.enumerated().map { index, problem in
      problem.kind == .rule
        ? program(problem, plan: assignment.plans[index], path: path)
        : mark(problem, answers)
    }
    return Grade(items: items, notes: notes)
  }

  /// True for a regular file that is not larger than the limit.
  public static func isSmallFile(_ path: String) -> Bool {
    (try? mustBeSmallFile(path)) != nil
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
    // Editors on Windows put a byte order mark first.
    var text = text
    if text.unicodeScalars.first == "\u{feff}" { text.unicodeScalars.removeFirst() }
    for line in text.split(whereSeparator: \.isNewline).prefix(100_000) {
      guard !line.hasPrefix("#"), let colon = line.firstIndex(of: ":") else { continue }
      let id = line[..<colon].trimmingCharacters(in: .whitespaces).lowercased()
      guard !id.isEmpty, id.count <= 12 else { continue }
      answers[id] = String(line[line.index(after: colon)...].prefix(1000))
    }
    return answers
  }

  /// What to tell whoever answered other numbers than those marked here.
  private func otherPaper(_ named: String?, _ answers: [String: String]) -> String? {
    let own = assignment.paper(seed: seed)
    if let named {
      let name = Grader.tokens(named).first ?? ""
      if name == own { return nil }
      return "the answers are to paper '\(name.prefix(20))', marked was paper '\(own)': numbers "
        + "differ by student and seed; grade with the --student and --seed of the question paper"
    }
    let right = Grader.right(problems, answers)
    guard seed != assignment.seed, !answers.isEmpty, right * 2 < answers.count,
      Grader.right(assignment.problems(), answers) * 2 > answers.count
    else { return nil }
    return "the answers fit the paper printed without a student's name; marked was that of the "
      + "student given by --student"
  }

  private static func right(_ problems: [Problem], _ answers: [String: String]) -> Int {
    problems.reduce(0) { sum, problem in
      sum + problem.blanks.count { agrees(answers[$0.id] ?? "", $0.answer) }
    }
  }

  private func mark(_ problem: Problem, _ answers: [String: String]) -> Grade.Item {
    let each = problem.points / Double(max(1, problem.blanks.count))
    let questions = problem.blanks.map { blank in
      let given = answers[blank.id]
      let isRight = given.map { Grader.agrees($0, blank.answer) } ?? false
      return Grade.Question(
        id: blank.id, prompt: blank.prompt, score: isRight ? each : 0, points: each,
        remark: given == nil ? "no answer" : isRight ? "right" : "wrong")
    }
    let right = questions.count { $0.remark == "right" }
    let share = questions.isEmpty ? 0 : Double(right) / Double(questions.count)
    return Grade.Item(
      name: Grader.name(problem), score: Grader.rounded(problem.points * share),
      points: problem.points,
      notes: questions.filter { $0.remark != "right" }.map {
        "\($0.id): \($0.remark) (\($0.prompt))"
      },
      rubric: problem.rubric, questions: questions)
  }

  private static func name(_ problem: Problem) -> String { "\(problem.number). \(problem.title)" }

  private static func rounded(_ score: Double) -> Double { (score * 100).rounded() / 100 }

  /// Whether an answer says what the key says: numbers by value, so that 0x10 and 16 are one
  /// answer, and hexadecimal ones with or without 0x; words in small letters.
  static func agrees(_ given: String, _ answer: String) -> Bool {
    let given = tokens(given)
    let answer = tokens(answer)
    return given.count == answer.count
      && zip(given, answer).allSatisfy { given, answer in
        guard let value = parseUnsigned(answer) else { return given == answer }
        return parseUnsigned(given) == value
          || answer.hasPrefix("0x") && UInt64(given, radix: 16) == value
      }
  }

  private static func tokens(_ text: String) -> [String] {
    text.lowercased().split { $0 == "," || $0 == ";" || $0.isWhitespace }.map(String.init)
  }

  private func program(_ problem: Problem, plan: ProblemPlan, path: String) -> Grade.Item {
    var random = seed.stream("course").stream(plan.kind.rawValue).stream(problem.number).generator()
    let task = ProblemMaker.ruleTask(plan, &random)
    var item = Grade.Item(
      name: Grader.name(problem), score: 0, points: problem.points, notes: [],
      rubric: problem.rubric)
    do throws(InputError) {
      guard path != "-" else {
        throw InputError(file: path, "a program is marked from a file, not from standard input")
      }
      try Grader.mustBeSmallFile(path)
      let misses = try RuleRunner(timeLimit: timeLimit).misses(of: path, task)
      item.score = Grader.rounded(problem.points * task.share(misses))
      item.notes.append(
        "\(misses) misses; LRU \(task.lruMisses), random about \(task.randomMisses), full marks at "
          + "\(task.fullMarksMisses), none at \(task.noMarksMisses), best possible "
          + "\(task.bestMisses)")
    } catch {
      item.notes.append(error.diagnostics[0].message)
    }
    item.questions = [
      Grade.Question(
        id: String(problem.number), prompt: problem.title, score: item.score, points: item.points,
        remark: item.notes.joined(separator: "; "))
    ]
    return item
  }
}
