import ArgumentParser
import Sim

/// `kfrag course`: seeded problems, their answers, explanations and marks.
struct CourseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "course",
    abstract: "Sets problems, answers them, explains accesses and marks submissions.",
    subcommands: [
      CourseQuestionCommand.self, CourseAnswersCommand.self, CourseExplainCommand.self,
      CourseGradeCommand.self,
    ])
}

/// Which problems, from which seed.
struct CourseOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The assignment, a YAML file as in Scenarios/course; one problem of each kind without.",
      valueName: "assignment"),
    completion: .file(extensions: ["yaml"]))
  var assignment: String?

  @Option(help: "Seed, instead of the assignment's.")
  var seed: UInt64?

  @Option(help: "A student's name or number: everyone gets numbers of their own.")
  var student: String?

  /// The assignment and its problems as this student gets them.
  func load() throws -> (assignment: Assignment, seed: Seed, problems: [Problem]) {
    var plan = try assignment.map { try Assignment.read($0) } ?? .sampler
    if let seed { plan.seed = Seed(seed) }
    let own = student.map { plan.seed(student: $0) } ?? plan.seed
    return (plan, own, plan.problems(seed: own))
  }

  func document(_ output: OutputOptions, answers: Bool) throws {
    let (plan, _, problems) = try load()
    try output.emit(
      ReportDocument(
        kind: "course",
        members: [
          "assignment": .string(plan.name), "title": .string(plan.title),
          "problems": CourseText.json(problems, answers: answers),
        ],
        table: { _ in
          answers ? CourseText.answers(plan, problems) : CourseText.questions(plan, problems)
        }))
  }
}

/// `kfrag course question`.
struct CourseQuestionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "question", abstract: "Prints the problems of an assignment.")

  @OptionGroup var course: CourseOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Print the answers instead.")
  var answers = false

  func run() throws { try course.document(output, answers: answers) }
}

/// `kfrag course answers`.
struct CourseAnswersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "answers",
    abstract: "Prints the answers, with reasons, in the form students hand in.")

  @OptionGroup var course: CourseOptions
  @OptionGroup var output: OutputOptions

  func run() throws { try course.document(output, answers: true) }
}

/// `kfrag course explain`.
struct CourseExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Steps accesses through TLB, walk caches and page table, in words and pictures.")

  @Argument(help: "Addresses, in the order they are referenced.")
  var addresses: [String]

  @Option(help: "The machine; a name or a YAML file.")
  var machine = "teach-tiny"

  @Option(name: .customLong("page-size"), help: "Size of the pages.")
  var pageSize = "4KiB"

  @Option(help: "fetch, load or store.")
  var access = "load"

  static let kinds: [(name: String, kind: AccessKind)] = [
    ("fetch", .fetch), ("load", .load), ("store", .store),
  ]

  func run() throws {
    guard let size = PageSize(pageSize) else {
      throw ValidationError("'\(pageSize)' is not a page size such as 4KiB")
    }
    guard let kind = Self.kinds.first(where: { $0.name == access })?.kind else {
      throw ValidationError(
        "unknown access '\(access)'" + suggestion(for: access, in: Self.kinds.map(\.name)))
    }
    let numbers = try addresses.map { text in
      guard let address = parseUnsigned(text) else {
        throw ValidationError("'\(text)' is not an address such as 0xffffffffc0203000")
      }
      return address
    }
    var explanation = try Explanation(
      machine: MachineCatalog.machine(machine), pageSize: size, kind: kind)
    let steps = numbers.enumerated().map { explanation.step($1, number: $0 + 1) }
    let text = "\(explanation.machine.name)\n\n" + steps.joined(separator: "\n")
    try Array(text.utf8).withUnsafeBytes { try writeAll($0, to: 1, name: "standard output") }
  }
}

/// `kfrag course grade`.
struct CourseGradeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grade",
    abstract: "Marks a submission; writes Gradescope's results.json and JUnit XML.",
    discussion: "A bad submission loses marks; the command fails only when it cannot do its work.")

  @Argument(help: "The assignment, a YAML file.", completion: .file(extensions: ["yaml"]))
  var assignment: String

  @Argument(help: "What the student handed in.", completion: .file())
  var submission: String

  @Option(help: "Seed, instead of the assignment's.")
  var seed: UInt64?

  @Option(help: "The student's name or number, as given to 'course question'.")
  var student: String?

  @Option(help: "Write Gradescope's results.json there.", completion: .file(extensions: ["json"]))
  var gradescope: String?

  @Option(help: "Write JUnit XML there.", completion: .file(extensions: ["xml"]))
  var junit: String?

  @Option(name: .customLong("time-limit"), help: "Seconds a student's program may take.")
  var timeLimit: Double = 20

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard timeLimit > 0, timeLimit <= 3600 else {
      throw ValidationError("--time-limit wants more than 0 and at most 3600 seconds")
    }
  }

  func run() throws {
    var plan = try Assignment.read(assignment)
    if let seed { plan.seed = Seed(seed) }
    var grader = Grader(plan, seed: student.map { plan.seed(student: $0) })
    grader.timeLimit = timeLimit
    let grade = grader.grade(submission)
    if let gradescope { try AtomicFile.write(grade.gradescope.prettyBytes, to: gradescope) }
    if let junit { try AtomicFile.write(Array(grade.junit(suite: plan.name).utf8), to: junit) }
    try output.emit(
      ReportDocument(
        kind: "grade",
        members: [
          "assignment": .string(plan.name), "score": JSONValue(grade.score),
          "points": JSONValue(grade.points), "tests": grade.gradescope["tests"] ?? [],
          "notes": .array(grade.notes.map { .string($0) }),
        ],
        table: { [plan] in Self.text(grade, plan, width: $0) }))
  }

  private static func text(_ grade: Grade, _ plan: Assignment, width: Int?) -> String {
    var table = TextTable(
      title: plan.title,
      columns: [.init("PROBLEM"), .number("marks"), .number("of"), .init("NOTES")])
    for item in grade.items {
      table.append([
        item.name, significant(item.score, 4), significant(item.points, 4),
        item.notes.joined(separator: "; "),
      ])
    }
    table.append(["in all", significant(grade.score, 4), significant(grade.points, 4), ""])
    return table.text(width: width) + grade.notes.map { $0 + "\n" }.joined()
  }
}
