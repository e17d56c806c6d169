private import Foundation

/// Tells points a sweep's folder still holds from those its plan asks for.
final class StalePoints {
  private let folder: String
  /// By sweep folder, relative: the fields of its `points.csv`; nil where there is none.
  private var listed: [String: Set<Substring>?] = [:]

  init(folder: String) throws(InputError) { self.folder = folder }

  /// Whether the file `name` of the folder is a point its sweep's `points.csv` does not list.
  func holds(_ name: String) throws(InputError) -> Bool {
    let parts = name.split(separator: "/")
    guard parts.count >= 2, parts[parts.count - 2] == "points" else { return false }
    let sweep = parts.dropLast(2).joined(separator: "/")
    guard let keys = try keys(sweep) else { return false }
    return !keys.contains(parts[parts.count - 1].dropLast(".json".count))
  }

  private func keys(_ sweep: String) throws(InputError) -> Set<Substring>? {
    if let known = listed[sweep] { return known }
    let path = "\(folder)/" + (sweep.isEmpty ? "" : sweep + "/") + "points.csv"
    var keys: Set<Substring>?
    if FileManager.default.fileExists(atPath: path) {
      // Keys are words without commas or quotes, so a field is one wherever it stands.
      keys = Set(TextLines.lines(try InputFile.text(path)).flatMap { TextLines.fields($0) })
    }
    listed[sweep] = keys
    return keys
  }
}
