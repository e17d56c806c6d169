/// A study: pages and claims under `Scenarios/studies/NAME`, data under `Results/NAME`.
public struct Study {
  /// Pages of a study: the template's name, and the file it becomes.
  static let pages = [("page.md", "README.md"), ("CLAIMS.page.md", "CLAIMS.md")]

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
    data = StudyData(folder: results, file: path)
    let claims = try StudyClaimsReader.read(path, data)
    var outcomes: [StudyClaim.Outcome] = []
    for claim in claims { outcomes.append(try claim.outcome(data)) }
    self.outcomes = outcomes
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

  /// Every page with its path and bytes.
  public func rendered() throws(InputError) -> [(path: String, text: String)] {
    var pages: [(path: String, text: String)] = []
    for (template, file) in Study.pages {
      pages.append(("\(results)/\(file)", try page(template, blank: false)))
    }
    return pages
  }

  /// The text of every page that was typed by hand.
  public func typed() throws(InputError) -> [(template: String, text: String)] {
    var pages: [(template: String, text: String)] = []
    for (template, _) in Study.pages {
      pages.append(("\(templates)/\(template)", try page(template, blank: true)))
    }
    return pages
  }

  private func page(_ template: String, blank: Bool) throws(InputError) -> String {
    let text =
      template == "page.md" ? try InputFile.text("\(templates)/\(template)") : claimsPage
    return try StudyPage(data: data, claims: outcomes).render(text, blank: blank)
  }
}
