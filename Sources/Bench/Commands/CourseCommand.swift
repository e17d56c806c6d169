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

  @Option(help: "Seed, instead of the assignment's; keep it to yourself and answers stay yours.")
  var seed: UInt64?

  @Option(help: "A student's name or number: everyone gets numbers of their own.")
  var student: String?

  func document(_ output: OutputOptions, answers: Bool) throws {
    let record = RunRecord()
    var plan = try assignment.map { try Assignment.read($0) } ?? .sampler
    if let seed { plan.seed = Seed(seed) }
    let own = student.map { plan.seed(student: $0) } ?? plan.seed
    let problems = plan.problems(seed: own)
    let paper = plan.paper(seed: own)
    let document = ReportDocument(
      kind: "course",
      members: [
        "assignment": .string(plan.name), "title": .string(plan.title), "paper": .string(paper),
        "problems": CourseText.json(problems, answers: answers),
      ],
      csv: CourseText.csv(problems, answers: answers),
      table: { [plan] _ in
        answers
          ? CourseText.answers(plan, problems, paper: paper)
          : CourseText.questions(plan, problems, paper: paper)
      })
    try output.emit(document, of: Sources(files: [assignment], seed: plan.seed.value), record)
  }
}
