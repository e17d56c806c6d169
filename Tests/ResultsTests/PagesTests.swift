import Foundation
import Sim
import TestSupport
import Testing

/// Pages under `Results` against the data beside them.
@Suite("Every number of Results comes from its data")
struct PagesTests {
  static let root = String(Debian12.path("").dropLast())
  static let studies = ["penalty", "all-systems", "cure", "history", "validation", "peers", ""]

  @Test("pages on disk are what their data renders to, byte for byte", arguments: studies)
  func pages(_ name: String) throws {
    for page in try Study(name, root: Self.root).rendered() {
      let disk = try InputFile.text(page.path)
      #expect(disk == page.text, "\(page.path): run `kfrag study render`")
    }
  }

  @Test("every claim holds on the data that ships", arguments: studies)
  func claims(_ name: String) throws {
    let outcomes = try Study(name, root: Self.root).outcomes
    #expect(!outcomes.isEmpty)
    for outcome in outcomes {
      #expect(outcome.holds, "\(name) \(outcome.claim.id): found \(outcome.found)")
    }
  }

  @Test("no page of Results but those rendered")
  func noOthers() throws {
    let folder = Self.root + "/Results"
    let all = try FileManager.default.subpathsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".md") }.map { "\(folder)/\($0)" }
    var rendered: Set<String> = []
    for name in Self.studies {
      for page in try Study(name, root: Self.root).rendered() { rendered.insert(page.path) }
    }
    // Claims stand beside the commands that test them.
    #expect(Set(all) == rendered.filter { $0.hasPrefix(folder + "/") })
  }

  /// Numerals that are names: versions, years of the question, page sizes, ids, data sheets.
  private static let names =
    #"Linux \d+(\.\d+)+|OSDI \d{4}|20\d\d|x86-64|\b[VHPSCEA]\d+\b|\d+ (KiB|MiB|GiB)|Debian \d+"#

  /// Text a person typed, without code, links' targets and names that hold digits.
  private static func prose(_ text: String) -> String {
    var text = text
    for pattern in [#"(?s)```.*?```"#, #"`[^`\n]*`"#, #"\]\([^)]*\)"#, #"(?m)^1?\d\. "#, names] {
      text = text.replacingOccurrences(of: pattern, with: "", options: .regularExpression)
    }
    return text
  }

  private static func numerals(_ text: String) -> [String] {
    let pattern = try? NSRegularExpression(pattern: #"\d[\d,.]*"#)
    let whole = NSRange(text.startIndex..., in: text)
    return (pattern?.matches(in: text, range: whole) ?? []).compactMap {
      Range($0.range, in: text).map { String(text[$0]) }
    }
  }

  /// The one count typed: the modules of the host, checked below.
  private static let typed: Set<String> = ["105"]

  @Test("what is typed in a page holds no number", arguments: studies)
  func numerals(_ name: String) throws {
    for page in try Study(name, root: Self.root).typed() {
      let found = Self.numerals(Self.prose(page.text)).filter { !Self.typed.contains($0) }
      #expect(found.isEmpty, "\(page.template): \(found)")
    }
    #expect(try Debian12.loaded("lsmod-debian12-6.1-host").modules.count == 105)
  }

  /// All numbers of a result, and a hundred times them, for shares are printed in percent.
  private static func numbers(_ json: JSONValue) -> [Double] {
    if let members = json.object { return members.values.flatMap(numbers) }
    if let elements = json.array { return elements.flatMap(numbers) + [Double(elements.count)] }
    return json.double.map { [$0, $0 * 100, $0 * 100 + 100] } ?? []
  }

  /// What each cause has of its metric's whole difference, in per cent.
  private static func shares(_ json: JSONValue) -> [Double] {
    let rungs = (json["ladder"]?.array ?? []).compactMap { rung in
      rung["metric"]?.string.flatMap { name in
        rung["contribution"]?.double.map { (metric: name, contribution: $0) }
      }
    }
    return rungs.map { rung in
      let whole = rungs.filter { $0.metric == rung.metric }.reduce(0) { $0 + $1.contribution }
      return 100 * rung.contribution / whole
    }
  }

  /// Whether a number rounds to what is printed.
  private static func isRounding(_ value: Double, of token: String) -> Bool {
    let parts = token.lowercased().split(separator: "e", maxSplits: 1).map(String.init)
    guard let shown = Double(token), let mantissa = parts.first else { return false }
    let places =
      mantissa.split(separator: ".").count > 1 ? mantissa.split(separator: ".")[1].count : 0
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    return abs(abs(value) - abs(shown)) <= 0.50001 * pow(10, Double(exponent - places))
  }

  @Test(
    "outputs in README.md are those of the results that ship",
    arguments: [
      ("recorded-debian-6.1.yaml", "Results/penalty/recorded.json"),
      ("debian12-host.yaml", "Results/penalty/host.json"),
    ])
  func readme(_ scenario: String, _ result: String) throws {
    let text = try InputFile.text(Self.root + "/README.md")
    let start = "$ kfrag compare Scenarios/\(scenario)\n"
    let after = try #require(text.range(of: start)).upperBound
    let block = text[after...].prefix(
      upTo: try #require(text[after...].range(of: "```")).lowerBound)
    let path = Self.root + "/" + result
    let json = try JSONValue(parsing: InputFile.contents(path), file: path)
    let known = Self.numbers(json) + Self.shares(json)
    // Rows of tables: what follows the first word of a line with several columns.
    for line in block.split(separator: "\n") where line.contains("  ") && !line.contains("──") {
      let pattern = #"(?<![\w.])-?\d+(\.\d+)?(e[-+]?\d+)?(?![\w.])"#
      var rest = String(line.drop { $0 != " " })
      rest = rest.replacingOccurrences(
        of: #"<\s*0?\.\d+"#, with: "", options: .regularExpression)
      while let range = rest.range(of: pattern, options: .regularExpression) {
        let token = String(rest[range])
        #expect(
          known.contains { Self.isRounding($0, of: token) },
          "\(result) holds no \(token): run `make reproduce STUDY=penalty readme`\n\(line)")
        rest = String(rest[range.upperBound...])
      }
    }
  }

  @Test("tables of peers in README.md are those of the results that ship")
  func readmePeers() throws {
    let text = try InputFile.text(Self.root + "/README.md")
    let blocks = text.components(separatedBy: "<!-- peers: ").dropFirst()
    #expect(!blocks.isEmpty)
    for block in blocks {
      let head = try #require(block.range(of: " -->\n"))
      let end = try #require(block.range(of: "<!-- end -->"))
      let process = Process()
      let output = Pipe()
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = [
        Self.root + "/docs/peers-table.sh", Self.root + "/" + block[..<head.lowerBound],
      ]
      process.standardOutput = output
      try process.run()
      let table = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      #expect(
        String(decoding: table, as: UTF8.self) == block[head.upperBound..<end.lowerBound],
        "run `make readme`")
    }
  }
}
