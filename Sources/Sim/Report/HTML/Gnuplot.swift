import Foundation

/// Draws charts with gnuplot (Debian: `gnuplot-nox`), run with arguments and files, never through
/// a shell. Words from results reach it only as fields of a data file, which it does not
/// interpret.
struct Gnuplot {
  /// A table of one chart, read in the script as `name`.
  struct Table {
    var name: String
    var rows: [[String]]
  }

  /// What to draw: gnuplot commands after terminal and output are set, and their tables.
  struct Plot {
    var width: Int
    var height: Int
    var commands: String
    var tables: [Table]
  }

  /// Settings every chart starts from.
  static let preamble = """
    set encoding utf8
    set datafile separator tab
    set datafile commentschars ''
    set datafile missing 'NaN'
    set border 3 lw 1
    set tics nomirror
    """

  private let executable: URL

  /// - Throws: kind `missing` when there is no gnuplot on the path.
  init() throws(InputError) {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let candidates = path.split(separator: ":").map { URL(filePath: "\($0)/gnuplot") }
    guard
      let found = candidates.first(where: {
        FileManager.default.isExecutableFile(atPath: $0.path())
      })
    else {
      throw InputError(
        file: "gnuplot", kind: .missing,
        "charts are drawn by gnuplot, which is not installed (Debian: gnuplot-nox)")
    }
    executable = found
  }

  /// The chart as an SVG element whose ids start with `id` and whose black is the page's own
  /// text colour.
  func svg(_ plot: Plot, id: String) throws(InputError) -> String {
    do {
      return Gnuplot.embedded(try run(plot), id: id)
    } catch let error as InputError {
      throw error
    } catch {
      throw InputError(file: "gnuplot", kind: .cannotWrite, "cannot draw: \(error)")
    }
  }

  /// The chart as a file of its own, its words light on a dark page.
  func standalone(_ plot: Plot) throws(InputError) -> String {
    let style = "<style>svg{color:#1b1f24}@media (prefers-color-scheme:dark){svg{color:#e4e8ec}}"
    let svg = try svg(plot, id: "k")
    guard let end = svg.firstIndex(of: ">") else { return svg }
    return "\(svg[...end])\n\(style)</style>\(svg[svg.index(after: end)...])"
  }

  private func run(_ plot: Plot) throws -> String {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "kfrag-plot-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for table in plot.tables {
      let text = table.rows.map { $0.map(Gnuplot.field).joined(separator: "\t") + "\n" }.joined()
      try Data(text.utf8).write(to: folder.appending(path: table.name))
    }
    let script = """
      set terminal svg size \(plot.width),\(plot.height) noenhanced font 'sans-serif,13'
      set output 'chart.svg'
      \(Gnuplot.preamble)
      \(plot.commands)
      """
    try Data(script.utf8).write(to: folder.appending(path: "chart.gp"))
    let process = Process()
    process.executableURL = executable
    process.arguments = ["-d", "chart.gp"]
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let complaints = Pipe()
    process.standardError = complaints
    try process.run()
    let said = complaints.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let words = String(decoding: said.prefix(2000), as: UTF8.self)
      throw InputError(file: "gnuplot", "failed: \(words)")
    }
    return try String(contentsOf: folder.appending(path: "chart.svg"), encoding: .utf8)
  }

  /// A word as one field: nothing that ends a field or a line.
  private static func field(_ word: String) -> String {
    String(
      String.UnicodeScalarView(
        word.unicodeScalars.prefix(60).map {
          $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) ? " " : $0 == "\"" ? "'" : $0
        }))
  }

  /// A word as one quoted string of a command. Nothing is expanded between single quotes, and
  /// without line ends nothing gets out of them: gnuplot would run what follows, a shell's too.
  static func quoted(_ word: String) -> String {
    "'" + field(word).replacing("'", with: "''") + "'"
  }

  /// A number as gnuplot reads it.
  static func number(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "NaN" }
    return value.description
  }

  /// The element alone, made to live beside others in one page.
  private static func embedded(_ svg: String, id: String) -> String {
    var text = Substring(svg)
    if let start = text.range(of: "<svg") { text = text[start.lowerBound...] }
    // A group's colour would be what its black lines, the page's own colour, come out in.
    let group = "<g fill=\"none\" color=\""
    let parts = text.components(separatedBy: group)
    var out = parts[0]
    for part in parts.dropFirst() {
      let rest = part.firstIndex(of: "\"").map { part[part.index(after: $0)...] } ?? part[...]
      out += "<g fill=\"none\"" + rest
    }
    if let title = out.range(of: "<title>Gnuplot</title>"),
      let end = out.range(of: "</desc>"), title.lowerBound < end.upperBound
    {
      out.removeSubrange(title.lowerBound..<end.upperBound)
    }
    for (old, new) in [
      ("id='gp", "id='\(id)-gp"), ("href='#gp", "href='#\(id)-gp"),
      ("id=\"gnuplot_", "id=\"\(id)-"), ("id='textbox'", "id='\(id)-textbox'"),
      ("id='greybox'", "id='\(id)-greybox'"), ("url(#textbox", "url(#\(id)-textbox"),
      ("\"black\"", "\"currentColor\""), ("'black'", "'currentColor'"),
      ("rgb(  0,   0,   0)", "currentColor"),
      ("xlink:href", "href"),
    ] {
      out = out.replacingOccurrences(of: old, with: new)
    }
    while let start = out.range(of: "<title>gnuplot_plot_"),
      let end = out.range(of: "</title>", range: start.upperBound..<out.endIndex)
    {
      out.removeSubrange(start.lowerBound..<end.upperBound)
    }
    return out.replacingOccurrences(
      of: "<svg", with: "<svg aria-hidden=\"true\" focusable=\"false\"",
      range: out.startIndex..<(out.index(out.startIndex, offsetBy: min(8, out.count))))
  }
}
