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
    let record = RunRecord()
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
        }), of: Sources(files: [assignment], seed: plan.seed.value), record)
  }
}
