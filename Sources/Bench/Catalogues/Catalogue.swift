import Sim

/// One kind of thing `kfrag list` lists and `kfrag show` shows. A new kind is one type that
/// conforms and one line in `Catalogues.all`.
protocol Catalogue: Sendable {
  /// As in `kfrag list machines`.
  var plural: String { get }
  /// As in `kfrag show machine NAME`.
  var singular: String { get }
  /// Titles of the columns between name and summary, in the order of each item's `columns`.
  var columns: [TextTable.Column] { get }
  /// Everything there is, in the order it should be listed.
  func items() throws -> [CatalogueItem]
  /// One of them in full. - Throws: `InputError` for an unknown name, with the nearest one.
  func show(_ name: String) throws -> CatalogueEntry
}

/// One row of a listing.
struct CatalogueItem: Sendable {
  var name: String
  var summary: String
  /// Cells between name and summary.
  var columns: [String] = []
  /// Further JSON members of the item.
  var members: [String: JSONValue] = [:]
}

/// One thing in full.
struct CatalogueEntry: Sendable {
  /// What a person reads; YAML where the thing is described in YAML.
  var text: String
  var members: [String: JSONValue]
}

/// All kinds, in the order usage messages name them.
enum Catalogues {
  static let all: [any Catalogue] = [
    SystemCatalogue(), MachineCatalogue(), PolicyCatalogue(), FormatCatalogue(),
    MetricCatalogue(), ScenarioCatalogue(),
  ]

  /// The kind called `word`, in the singular or plural.
  static func named(_ word: String) throws -> any Catalogue {
    if let found = all.first(where: { $0.plural == word || $0.singular == word }) { return found }
    throw UnknownKind(word: word, kinds: all.map(\.plural))
  }
}

/// Asked for a kind there is none of: a usage error.
struct UnknownKind: Error {
  var word: String
  var kinds: [String]

  var message: String {
    "there is no kind '\(word)'" + suggestion(for: word, in: kinds)
  }
}
