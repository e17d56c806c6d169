/// The lines of a `/proc` file or log with their numbers, and a place to collect what is wrong.
struct ProcLines {
  let file: String
  private(set) var problems: [Diagnostic] = []

  init(file: String) { self.file = file }

  mutating func report(_ line: Int, _ message: String, column: Int = 0) {
    problems.append(Diagnostic(file: file, line: line, column: column, message))
  }

  /// - Throws: everything reported so far, when there is anything.
  func finish() throws(InputError) {
    guard problems.isEmpty else { throw InputError(problems) }
  }

  /// Calls `body` with every line that is neither blank nor a comment, its number and its fields.
  static func each(_ text: String, _ body: (Int, Substring, [Substring]) -> Void) {
    var number = 0
    for line in TextLines.lines(text) {
      number += 1
      let fields = TextLines.words(line)
      guard let first = fields.first, !first.hasPrefix("#") else { continue }
      body(number, line, fields)
    }
  }

  /// Where a field of `line` starts, from 1.
  static func column(_ field: Substring, in line: Substring) -> Int {
    line.utf8.distance(from: line.startIndex, to: field.startIndex) + 1
  }

  /// The column behind the last visible character of `line`: where one that is cut goes on.
  static func end(_ line: Substring) -> Int {
    line.utf8.count - line.utf8.reversed().prefix { $0 == 32 || $0 == 9 || $0 == 13 }.count + 1
  }

  /// A line shortened for a message.
  static func shown(_ line: Substring) -> String {
    line.utf8.count > 60 ? "\(line.prefix(60))…" : String(line)
  }
}
