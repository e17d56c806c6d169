import Foundation

/// A table of a study's data: a CSV file, or an array of objects in a JSON file (`FILE.json#path`).
/// `FILE.json#steps.*.comparisons` is the arrays inside the elements of another, one after another.
public struct StudyTable: Sendable {
  public let name: String
  public let columns: [String]
  public let rows: [[String]]

  /// A row that passes every filter.
  public typealias Row = [String]

  /// Reads a table of `folder`. - Throws: what is missing or no table.
  public static func read(_ name: String, in folder: String) throws(InputError) -> StudyTable {
    let parts = name.split(separator: "#", maxSplits: 1).map(String.init)
    let path = folder + "/" + (parts.first ?? "")
    guard parts.count == 2 || path.hasSuffix(".json") else {
      return try StudyTable(csv: InputFile.text(path), name: name, file: path)
    }
    let json = try JSONValue(parsing: InputFile.contents(path), file: path)
    let levels = (parts.count == 2 ? parts[1] : "").components(separatedBy: ".*.")
    let found = StudyTable.member(json, levels[0])
    guard var elements = found?.array else { throw InputError(file: path, "no array '\(name)'") }
    for level in levels.dropFirst() {
      elements = elements.flatMap { StudyTable.children($0, level) }
    }
    return StudyTable(elements, name: name)
  }

  /// Elements of an array inside an object, each with the object's own words and numbers.
  private static func children(_ parent: JSONValue, _ path: String) -> [JSONValue] {
    let own = (parent.object ?? [:]).filter { $0.value.array == nil && $0.value.object == nil }
    return (member(parent, path)?.array ?? []).map { child in
      .object((child.object ?? ["value": child]).merging(own) { child, _ in child })
    }
  }

  /// The value at a dotted path; numbers are indices of arrays.
  static func member(_ json: JSONValue, _ path: String) -> JSONValue? {
    var value: JSONValue? = json
    var rest = path[...]
    while !rest.isEmpty, let here = value {
      // Names of metrics hold dots: the longest name that is there is meant.
      if let members = here.object {
        let name = members.keys.filter { rest == $0[...] || rest.hasPrefix($0 + ".") }
          .max { $0.count < $1.count }
        guard let name else { return nil }
        value = members[name]
        rest = rest.dropFirst(name.count + 1)
      } else {
        let index = rest.prefix { $0 != "." }
        value = Int(index).flatMap { here[$0] }
        rest = rest.dropFirst(index.count + 1)
      }
    }
    return value
  }

  private init(csv text: String, name: String, file: String) throws(InputError) {
    var records: [[String]] = []
    var fields: [String] = []
    var field = ""
    var quoted = false
    var wasQuote = false
    for character in text {
      if quoted {
        if character == "\"" {
          quoted = false
          wasQuote = true
        } else {
          field.append(character)
        }
      } else if character == "\"" {
        if wasQuote { field.append("\"") }
        quoted = true
      } else if character == "," {
        fields.append(field)
        field = ""
      } else if character == "\n" || character == "\r\n" {
        records.append(fields + [field])
        (fields, field) = ([], "")
      } else {
        field.append(character)
      }
      if character != "\"" { wasQuote = false }
    }
    if !field.isEmpty || !fields.isEmpty { records.append(fields + [field]) }
    guard let head = records.first else { throw InputError(file: file, "the table is empty") }
    for (index, record) in records.enumerated() where record.count != head.count {
      throw InputError(
        file: file, line: index + 1, "\(record.count) fields under \(head.count) columns")
    }
    self.name = name
    columns = head
    rows = Array(records.dropFirst())
  }

  /// An array of objects: scalars by name, scalars of objects inside them as `outer.inner`.
  private init(_ elements: [JSONValue], name: String) {
    var columns: [String] = []
    var rows: [[String: String]] = []
    for element in elements {
      var row: [String: String] = [:]
      StudyTable.flatten(element, "", &row)
      for key in row.keys.sorted() where !columns.contains(key) { columns.append(key) }
      rows.append(row)
    }
    self.name = name
    self.columns = columns
    self.rows = rows.map { row in columns.map { row[$0] ?? "" } }
  }

  private static func flatten(_ value: JSONValue, _ path: String, _ row: inout [String: String]) {
    if let members = value.object {
      for (key, value) in members { flatten(value, path.isEmpty ? key : "\(path).\(key)", &row) }
    } else if value.array == nil {
      row[path.isEmpty ? "value" : path] = CSVTable.field(value)
    }
  }

  /// - Throws: a column the table does not have.
  func index(_ column: String) throws(InputError) -> Int {
    if let index = columns.firstIndex(of: column) { return index }
    throw InputError(
      file: name, "no column '\(column)'" + suggestion(for: column, in: columns))
  }

  /// Rows that pass every filter: `column=value`, `!=`, `<`, `<=`, `>`, `>=`.
  public func rows(where filters: [String]) throws(InputError) -> [Row] {
    var kept = rows
    for filter in filters where !filter.isEmpty {
      let operators = ["!=", "<=", ">=", "=", "<", ">"]
      guard
        let sign = operators.compactMap({ sign in
          filter.firstRange(of: sign).map { (sign: sign, range: $0) }
        }).min(by: {
          ($0.range.lowerBound, -$0.sign.count) < ($1.range.lowerBound, -$1.sign.count)
        })
      else { throw InputError(file: name, "'\(filter)' is no filter such as column=value") }
      let column = try index(String(filter[..<sign.range.lowerBound]))
      let wanted = String(filter[sign.range.upperBound...])
      kept = kept.filter { StudyTable.passes($0[column], sign.sign, wanted) }
    }
    return kept
  }

  private static func passes(_ value: String, _ sign: String, _ wanted: String) -> Bool {
    if let a = Double(value), let b = Double(wanted) {
      switch sign {
      case "!=": return a != b
      case "<": return a < b
      case "<=": return a <= b
      case ">": return a > b
      case ">=": return a >= b
      default: return a == b
      }
    }
    return sign == "!=" ? value != wanted : sign == "=" && value == wanted
  }
}
