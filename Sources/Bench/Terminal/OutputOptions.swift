import ArgumentParser
import Sim

/// `--json`, `-o PATH`, `--no-progress`, `--quiet`: what every command's answer can be asked for.
struct CommonOutputOptions: ParsableArguments {
  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @Option(name: .shortAndLong, help: "Write there instead, whole or not at all.")
  var output: String?

  @Flag(name: .customLong("no-progress"), help: "Show no progress, not even on a terminal.")
  var noProgress = false

  @Flag(name: .shortAndLong, help: "Print nothing but the answer and errors.")
  var quiet = false
}

/// The same, or a table: how most commands hand over their answer.
struct OutputOptions: AnswerOptions {
  @Flag(name: .long, help: "Print one CSV table (RFC 4180).")
  var csv = false

  @OptionGroup var common: CommonOutputOptions

  func validate() throws {
    if common.json && csv { throw ValidationError("--json and --csv exclude each other") }
  }
}

/// For commands whose answer is no table.
struct PlainOutputOptions: AnswerOptions {
  /// Known, so that the answer to it can say what to do instead.
  @Flag(name: .long, help: .hidden)
  var csv = false

  @OptionGroup var common: CommonOutputOptions

  func validate() throws {
    if csv { throw ValidationError("this command's answer has no CSV form; use --json") }
  }
}

/// How a command was asked to hand over its answer.
protocol AnswerOptions: ParsableArguments {
  var csv: Bool { get }
  var common: CommonOutputOptions { get }
}

extension AnswerOptions {
  var json: Bool { common.json }
  var output: String? { common.output }
  var noProgress: Bool { common.noProgress }
  var quiet: Bool { common.quiet }
}

extension AnswerOptions {
  // Safe: the bytes are lent for the length of the call.
  /// Progress is for people: only on a terminal and unless refused.
  var showsProgress: Bool { !noProgress && !quiet && Terminal.isErrorTerminal }

  /// Tells the user something beside the answer, unless refused.
  func narrate(_ text: String) { if !quiet { Terminal.narrate(text) } }

  /// Prints the document in the form asked for, or writes it to `-o`.
  func emit(_ document: ReportDocument) throws {
    if json {
      let file = try OutputFile(output)
      try document.writeJSON { try file.write($0) }
      try file.commit()
    } else if csv {
      guard let table = document.csv else {
        throw ValidationError("'\(document.kind)' has no CSV form; use --json")
      }
      try write(table.bytes)
    } else {
      let width = output == nil ? Terminal.width : nil
      try write(Array(Terminal.printable(document.table(width)).utf8))
    }
  }

  /// Writes bytes to `-o` atomically, or to standard output.
  func write(_ bytes: [UInt8]) throws {
    if let output, output != "-" {
      try AtomicFile.write(bytes, to: output)
    } else {
      try unsafe bytes.withUnsafeBytes { buffer in
        try unsafe writeAll(buffer, to: 1, name: "standard output")
      }
    }
  }
}
