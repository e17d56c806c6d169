import Foundation

/// A study: what it claims under `Scenarios/studies/NAME`, data and page under `Results/NAME`.
public struct Study {
  public let name: String
  public let outcomes: [StudyClaim.Outcome]
  private let data: StudyData
  private let templates: String
  private let results: String

  /// Reads the study `name` of the repository at `root`, `""` for the summary of all studies.
  /// - Throws: what is missing or wrong in its files.
  public init(_ name: String, root: String = ".") throws(InputError) {
    self.name = name
    let below = name.isEmpty ? "" : "/" + name
    templates = "\(root)/Scenarios/studies\(below)"
    results = "\(root)/Results\(below)"
    let path = "\(templates)/claims.yaml"
    guard FileManager.default.fileExists(atPath: path) else {
      throw Study.unknown(name, below: "\(root)/Scenarios/studies")
    }
    data = StudyData(folder: results, file: path, root: root)
    let claims = try StudyClaimsReader.read(path, data)
    var outcomes: [StudyClaim.Outcome] = []
    for claim in claims { outcomes.append(try claim.outcome(data)) }
    self.outcomes = outcomes
  }

  /// Reads a file of claims without the data they are about. - Throws: everything wrong with it.
  public static func checkClaims(_ path: String) throws(InputError) {
    _ = try StudyClaimsReader.parse(path)
  }

  private static func unknown(_ name: String, below folder: String) -> InputError {
    let files = FileManager.default
    let known = ((try? files.contentsOfDirectory(atPath: folder)) ?? []).sorted()
      .filter { files.fileExists(atPath: "\(folder)/\($0)/claims.yaml") }
    let word = name.split(separator: "/").last ?? ""
    let hint = nearest(String(word), in: known).map { "; did you mean '\($0)'?" } ?? ""
    return InputError(
      file: folder, kind: .missing,
      "no study '\(name)'\(hint); there are: \(known.joined(separator: ", "))")
  }

  /// Members of a JSON file at dotted paths, as words. - Throws: a path that leads nowhere.
  public static func members(_ paths: [String], of file: String) throws(InputError) -> [String] {
    let json = try JSONValue(parsing: InputFile.contents(file), file: file)
    var words: [String] = []
    for path in paths {
      guard let found = StudyTable.member(json, path) else {
        throw InputError(file: file, "no member '\(path)'")
      }
      words.append(found.array.map { String($0.count) } ?? CSVTable.field(found))
    }
    return words
  }

  private var claimsPage: String {
    """
    # Claims of the study \(name.isEmpty ? "of studies" : "`\(name)`")

    `make reproduce STUDY=\(name.isEmpty ? "all" : name)` makes the data and checks every line.

    {{claims}}

    """
  }

  /// Every page with its path and bytes: what was found beside the data, the claims beside the
  /// commands that test them.
  public func rendered() throws(InputError) -> [(path: String, text: String)] {
    [
      ("\(results)/README.md", try page(template(), blank: false)),
      ("\(templates)/CLAIMS.md", try page(claimsPage, blank: false)),
    ]
  }

  /// The text of every page that was typed by hand.
  public func typed() throws(InputError) -> [(template: String, text: String)] {
    [
      ("\(templates)/page.md", try page(template(), blank: true)),
      ("\(templates)/CLAIMS.md", try page(claimsPage, blank: true)),
    ]
  }

  private func template() throws(InputError) -> String {
    try InputFile.text("\(templates)/page.md")
  }

  private func page(_ text: String, blank: Bool) throws(InputError) -> String {
    try StudyPage(data: data, claims: outcomes).render(text, blank: blank)
  }
}
