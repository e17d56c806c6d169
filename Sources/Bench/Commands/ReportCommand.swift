import ArgumentParser
import Sim

/// `kfrag report RESULT… --html OUT`: pictures and tables of results.
struct ReportCommand: ParsableCommand {
  // Safe: the bytes are lent for the length of the call.
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Makes one self-contained HTML page of results: the answer, charts, tables.",
    discussion: """
      Takes what 'compare', 'sweep', 'layout', 'curve', 'attribute' and others print with --json, \
      or a folder of it. Charts are drawn by gnuplot (Debian: gnuplot-nox).
      """)

  @Argument(
    help: ArgumentHelp("Result files, or a folder of them.", valueName: "dir-or-json"),
    completion: .file(extensions: ["json"]))
  var results: [String]

  @Option(
    help: ArgumentHelp("Where to write the page; '-' is standard output.", valueName: "out.html"),
    completion: .file(extensions: ["html"]))
  var html: String?

  @Option(
    help: ArgumentHelp(
      "Write miss rates and causes of the first comparison there, as one picture.",
      valueName: "out.svg"),
    completion: .file(extensions: ["svg"]))
  var svg: String?

  @Option(help: "The page's title, instead of the scenario's name.")
  var title: String?

  @Flag(name: .customLong("no-charts"), help: "Tables and words only.")
  var noCharts = false

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  func validate() throws {
    if html == nil && svg == nil { throw ValidationError("say where to: --html OUT.html") }
  }

  func run() throws {
    let files = try ResultFile.read(results)
    if let svg {
      let first = files.first { $0.kind == "compare" } ?? files[0]
      try AtomicFile.write(Array(HTMLReport.picture(first).utf8), to: svg)
    }
    guard let html else { return }
    let draws = !noCharts && HTMLReport.canDraw
    if !draws, !noCharts, !quiet {
      Terminal.narrate(
        "kfrag: gnuplot is not installed (Debian: gnuplot-nox), so the page has tables only")
    }
    let page = try HTMLReport.page(files, title: title, charts: draws)
    if html == "-" {
      try unsafe Array(page.utf8).withUnsafeBytes {
        try unsafe writeAll($0, to: 1, name: "standard output")
      }
    } else {
      try AtomicFile.write(Array(page.utf8), to: html)
    }
  }
}
