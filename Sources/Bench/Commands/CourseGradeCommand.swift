import ArgumentParser
import Sim

/// `kfrag course grade`.
struct CourseGradeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grade",
    abstract: "Marks a submission; writes Gradescope's results.json and JUnit XML.",
    discussion: "A bad submission loses marks; the command fails only when it cannot do its work.")

  @Argument(help: "The assignment, a YAML file.", completion: .file(extensions: ["yaml"]))
  var assignment: String

  @Argument(
    help: "What the student handed in; '-' reads answers from standard input.",
    completion: .file())
  var submission: String

  @Option(help: "Seed, as given to 'course question'.")
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
    guard assignment != "-" || submission != "-" else {
      throw ValidationError("only one of assignment and submission can be standard input")
    }
  }

  func run() throws {
    let record = RunRecord()
    var plan = try Assignment.read(assignment)
    if let seed { plan.seed = Seed(seed) }
    var grader = Grader(plan, seed: student.map { plan.seed(student: $0) })
    grader.timeLimit = timeLimit
    let grade = grader.grade(submission)
    if let gradescope { try AtomicFile.write(grade.gradescope.prettyBytes, to: gradescope) }
    if let junit { try AtomicFile.write(Array(grade.junit(suite: plan.name).utf8), to: junit) }
    let document = ReportDocument(
      kind: "grade",
      members: [
        "assignment": .string(plan.name), "score": JSONValue(grade.score),
        "points": JSONValue(grade.points), "tests": grade.gradescope["tests"] ?? [],
        "notes": .array(grade.notes.map { .string($0) }),
      ],
      csv: grade.csv(assignment: plan.name, student: student),
      table: { [plan] in Self.text(grade, plan, width: $0) })
    let files = [assignment] + (Grader.isSmallFile(submission) ? [submission] : [])
    try output.emit(document, of: Sources(files: files, seed: plan.seed.value), record)
  }

  /// Marks in a table, what was wrong below it, a line each.
  private static func text(_ grade: Grade, _ plan: Assignment, width: Int?) -> String {
    var table = TextTable(
      title: plan.title, columns: [.init("PROBLEM"), .number("marks"), .number("of")])
    for item in grade.items {
      table.append([item.name, significant(item.score, 4), significant(item.points, 4)])
    }
    table.append(["in all", significant(grade.score, 4), significant(grade.points, 4)])
    var out = table.text(width: width)
    for item in grade.items where !item.notes.isEmpty {
      out += "\n\(item.name)\n" + item.notes.map { "  \($0)\n" }.joined()
      if item.score < item.points, !item.rubric.isEmpty { out += "  marks: \(item.rubric)\n" }
    }
    return out + grade.notes.map { "\n\($0)\n" }.joined()
  }
}
