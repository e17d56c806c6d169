/// Problems as text: the questions, and a filled-in submission with reasons.
public enum CourseText {
  /// The question paper `paper`; its last part says what to hand in.
  public static func questions(
    _ assignment: Assignment, _ problems: [Problem], paper: String
  ) -> String {
    var out = heading(assignment)
    for problem in problems {
      out += "\n\(problem.number). \(problem.title) (\(points(problem.points)) points)\n\n"
      for line in problem.given { out += wrap(line) }
      if !problem.blanks.isEmpty { out += "\n" }
      for blank in problem.blanks { out += "   \(blank.id): \(blank.prompt)\n" }
      if !problem.rubric.isEmpty { out += "\n" + wrap("Marks: \(problem.rubric)") }
    }
    if problems.contains(where: { !$0.blanks.isEmpty }) {
      out +=
        "\n"
        + wrap(
          "Hand in a text file: first the line 'paper: \(paper)', then one line for each letter, "
            + "such as '1a: 0x12, 3'.")
    }
    return out
  }

  /// The answers in the form of a submission, reasons as comments.
  public static func answers(
    _ assignment: Assignment, _ problems: [Problem], paper: String
  ) -> String {
    var out = "# \(assignment.title)\n"
    if problems.contains(where: { !$0.blanks.isEmpty }) { out += "paper: \(paper)\n" }
    for problem in problems {
      out += "# \(problem.number). \(problem.title)\n"
      for blank in problem.blanks {
        out += "\(blank.id): \(blank.answer)\n#   \(blank.prompt): \(blank.why)\n"
      }
      if problem.blanks.isEmpty { out += "# a program; any rule that beats the mark will do\n" }
    }
    return out
  }

  private static func heading(_ assignment: Assignment) -> String {
    let line = String(repeating: "=", count: assignment.title.count)
    return "\(assignment.title)\n\(line)\n"
      + (assignment.summary.isEmpty ? "" : wrap(assignment.summary))
  }

  /// `10`, `2.5`.
  static func points(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? significant(value, 3)
  }

  /// `text` in lines of at most 78 characters.
  static func wrap(_ text: String) -> String {
    var out = ""
    var width = 0
    for word in text.split(separator: " ") {
      if width > 0, width + 1 + word.count > 78 {
        out += "\n"
        width = 0
      }
      out += width > 0 ? " \(word)" : String(word)
      width += word.count + (width > 0 ? 1 : 0)
    }
    return out + "\n"
  }

  /// Problems as JSON, answers only when asked for.
  public static func json(_ problems: [Problem], answers: Bool) -> JSONValue {
    .array(
      problems.map { problem in
        [
          "number": JSONValue(problem.number), "kind": .string(problem.kind.rawValue),
          "title": .string(problem.title), "points": JSONValue(problem.points),
          "rubric": .string(problem.rubric),
          "given": .array(problem.given.map { .string($0) }),
          "blanks": .array(
            problem.blanks.map { blank in
              var members: [String: JSONValue] = [
                "id": .string(blank.id), "prompt": .string(blank.prompt),
              ]
              if answers {
                members["answer"] = .string(blank.answer)
                members["why"] = .string(blank.why)
              }
              return .object(members)
            }),
        ]
      })
  }

  /// One row a question, answers only when asked for.
  public static func csv(_ problems: [Problem], answers: Bool) -> CSVTable {
    var table = CSVTable(
      header: ["problem", "title", "id", "prompt"] + (answers ? ["answer", "why"] : []))
    for problem in problems {
      for blank in problem.blanks {
        table.append(
          [String(problem.number), problem.title, blank.id, blank.prompt]
            + (answers ? [blank.answer, blank.why] : []))
      }
    }
    return table
  }
}
