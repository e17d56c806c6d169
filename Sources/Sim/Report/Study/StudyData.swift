import Foundation

/// A study's tables and named values, as pages and claims ask for them.
public final class StudyData {
  /// The file that asks, for messages.
  let file: String
  private let folder: String
  private let root: String
  private var tables: [String: StudyTable] = [:]
  private var documents: [String: JSONValue] = [:]
  private var values: [String: StudyValue] = [:]

  /// - Parameter root: the repository's folder.
  public init(folder: String, file: String, root: String = ".") {
    self.folder = folder
    self.root = root
    self.file = file
  }

  func define(_ name: String, _ value: StudyValue) { values[name] = value }

  func named(_ name: String) throws(InputError) -> StudyValue {
    if let value = values[name] { return value }
    let hint = suggestion(for: name, in: values.keys.sorted())
    throw InputError(file: file, "no value '\(name)'" + hint)
  }

  func table(_ name: String) throws(InputError) -> StudyTable {
    if let table = tables[name] { return table }
    let table = try StudyTable.read(name, in: folder)
    tables[name] = table
    return table
  }

  private func json(_ name: String, _ path: String) throws(InputError) -> StudyValue {
    let full = folder + "/" + name
    let document: JSONValue
    if let known = documents[name] {
      document = known
    } else {
      document = try JSONValue(parsing: InputFile.contents(full), file: full)
      documents[name] = document
    }
    guard let found = StudyTable.member(document, path) else {
      throw InputError(file: full, "no member '\(path)'")
    }
    if let array = found.array { return .number(Double(array.count)) }
    return found.double.map { .number($0) } ?? .text(CSVTable.field(found))
  }

  /// `get(table, column, filters…)` the one row's value; `min max mean sum` of a column, `count`
  /// of rows; `argmin argmax(table, column, label, filters…)`; `names(table, column, filters…)`
  /// distinct words; `json(file, path)`, of an array its count; `held(study)`, how many of its
  /// claims hold; `if(test, then, else)`; `and or`; `abs log2 sqrt round`.
  func call(_ name: String, _ arguments: [StudyValue]) throws(InputError) -> StudyValue {
    let words = arguments.map(\.text)
    func word(_ index: Int) throws(InputError) -> String {
      guard words.indices.contains(index) else {
        throw InputError(file: file, "\(name)() wants more arguments")
      }
      return words[index]
    }
    func number(_ index: Int) throws(InputError) -> Double {
      let text = try word(index)
      guard let value = arguments[index].number else {
        throw InputError(file: file, "\(name)(): '\(text)' is no number")
      }
      return value
    }
    switch name {
    case "json": return try json(word(0), word(1))
    case "held":
      let outcomes = try Study(word(0), root: root).outcomes
      return .text("\(outcomes.count(where: \.holds)) of \(outcomes.count)")
    case "if":
      _ = try word(2)
      return try number(0) != 0 ? arguments[1] : arguments[2]
    case "and": return .number(arguments.allSatisfy { ($0.number ?? 0) != 0 } ? 1 : 0)
    case "or": return .number(arguments.contains { ($0.number ?? 0) != 0 } ? 1 : 0)
    case "abs": return .number(abs(try number(0)))
    case "log2": return .number(log2(try number(0)))
    case "sqrt": return .number(try number(0).squareRoot())
    case "round": return .number(try number(0).rounded())
    default: return try aggregate(name, word(0), Array(words.dropFirst()))
    }
  }

  private func aggregate(
    _ name: String, _ tableName: String, _ words: [String]
  ) throws(InputError) -> StudyValue {
    let table = try table(tableName)
    if name == "count" { return .number(Double(try table.rows(where: words).count)) }
    guard let column = words.first else {
      throw InputError(file: file, "\(name)(table, column, …) wants a column")
    }
    let index = try table.index(column)
    let labelled = name == "argmin" || name == "argmax"
    guard !labelled || words.count > 1 else {
      throw InputError(file: file, "\(name)(table, column, label, …) wants a label column")
    }
    let rows = try table.rows(where: Array(words.dropFirst(labelled ? 2 : 1)))
    if name == "get" {
      guard rows.count == 1 else {
        throw InputError(
          file: file, "get(\(tableName), \(words.joined(separator: ", "))) finds \(rows.count) rows"
        )
      }
      return Double(rows[0][index]).map { .number($0) } ?? .text(rows[0][index])
    }
    if name == "names" {
      var seen: [String] = []
      for row in rows where !seen.contains(row[index]) { seen.append(row[index]) }
      return .text(seen.joined(separator: ", "))
    }
    let numbers = rows.enumerated().compactMap { at, row in Double(row[index]).map { (at, $0) } }
    guard let first = numbers.first else {
      throw InputError(
        file: file, "\(name)(\(tableName), \(words.joined(separator: ", "))) finds no number")
    }
    let sum = numbers.reduce(0) { $0 + $1.1 }
    let least = numbers.reduce(first) { $1.1 < $0.1 ? $1 : $0 }
    let most = numbers.reduce(first) { $1.1 > $0.1 ? $1 : $0 }
    switch name {
    case "min": return .number(least.1)
    case "max": return .number(most.1)
    case "sum": return .number(sum)
    case "mean": return .number(sum / Double(numbers.count))
    case "argmin": return .text(rows[least.0][try table.index(words[1])])
    case "argmax": return .text(rows[most.0][try table.index(words[1])])
    default:
      throw InputError(
        file: file,
        "unknown function '\(name)'"
          + suggestion(
            for: name, in: ["get", "min", "max", "sum", "mean", "count", "names", "argmax"]))
    }
  }
}
