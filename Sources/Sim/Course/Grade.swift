/// Marks for one submission, and how graders of different makes want to read them.
public struct Grade: Hashable, Sendable {
  /// One question of a problem; a program is one question.
  public struct Question: Hashable, Sendable {
    public var id: String
    public var prompt: String
    public var score: Double
    public var points: Double
    /// `right`, `wrong`, `no answer`, or what a program did.
    public var remark: String
  }

  public struct Item: Hashable, Sendable {
    public var name: String
    public var score: Double
    public var points: Double
    /// What was wrong, for the student.
    public var notes: [String]
    /// What earns marks; empty when the assignment does not say.
    public var rubric = ""
    public var questions: [Question] = []

    /// What the student is shown beside the marks.
    var output: String {
      let marks = score < points && !rubric.isEmpty ? ["marks: \(rubric)"] : []
      return (notes + marks).joined(separator: "\n")
    }
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
            "output": .string(item.output),
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
            text: ([item.output] + notes).joined(separator: "\n"))
        }
      }
      out.newline()
    }
    out.newline()
    return out.html
  }

  /// One row a question, for an instructor's table over all students.
  public func csv(assignment: String, student: String?) -> CSVTable {
    var table = CSVTable(
      header: [
        "assignment", "student", "problem", "question", "prompt", "score", "points", "remark",
      ])
    for item in items {
      for question in item.questions {
        table.append(values: [
          .string(assignment), .string(student ?? ""), .string(item.name), .string(question.id),
          .string(question.prompt), JSONValue(question.score), JSONValue(question.points),
          .string(question.remark),
        ])
      }
    }
    return table
  }
}
