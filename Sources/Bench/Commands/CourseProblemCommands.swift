import ArgumentParser
import Sim

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
