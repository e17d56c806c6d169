public import Sim

/// JSON Schema draft 7, the part our schemas use, in obvious code.
public struct SchemaScan {
  public let root: JSONValue

  public init(_ schema: JSONValue) { root = schema }

  /// Words this scan knows; others would be passed over in silence.
  static let words: Set<String> = [
    "$schema", "$id", "title", "description", "type", "properties", "required",
    "additionalProperties", "items", "minItems", "enum", "anyOf", "oneOf", "minimum", "maximum",
    "pattern",
  ]

  /// Schema words the scan does not know.
  public func unknownWords() -> [String] { unknown(root) }

  private func unknown(_ schema: JSONValue) -> [String] {
    var found: [String] = []
    for (key, value) in schema.object ?? [:] {
      if !Self.words.contains(key) { found.append(key) }
      switch key {
      case "properties": for inner in (value.object ?? [:]).values { found += unknown(inner) }
      case "items": found += unknown(value)
      case "additionalProperties" where value.object != nil: found += unknown(value)
      case "anyOf", "oneOf": for inner in value.array ?? [] { found += unknown(inner) }
      default: break
      }
    }
    return found
  }

  /// What is wrong with `value`, by path.
  public func problems(_ value: JSONValue) -> [String] { check(value, root, "") }

  private func check(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
    var problems: [String] = []
    if let type = schema["type"] {
      let names = type.array?.compactMap(\.string) ?? [type.string ?? ""]
      if !names.contains(where: { Self.isA(value, $0) }) { problems.append("\(path): type") }
    }
    if let choices = schema["enum"]?.array, !choices.contains(value) {
      problems.append("\(path): enum")
    }
    if let number = value.double {
      if let least = schema["minimum"]?.double, number < least { problems.append("\(path): low") }
      if let most = schema["maximum"]?.double, number > most { problems.append("\(path): high") }
    }
    if let text = value.string, let pattern = schema["pattern"]?.string {
      let regex = try? Regex(pattern)
      if regex.flatMap({ try? $0.firstMatch(in: text) }) == nil { problems.append("\(path): form") }
    }
    if let items = value.array {
      if let least = schema["minItems"]?.int, items.count < least {
        problems.append("\(path): few")
      }
      if let item = schema["items"] {
        for (index, element) in items.enumerated() {
          problems += check(element, item, "\(path)[\(index)]")
        }
      }
    }
    if let members = value.object {
      for key in schema["required"]?.array ?? [] where members[key.string ?? ""] == nil {
        problems.append("\(path): lacks \(key.string ?? "")")
      }
      for (key, member) in members {
        if let own = schema["properties"]?[key] {
          problems += check(member, own, "\(path).\(key)")
        } else if let other = schema["additionalProperties"], other.object != nil {
          problems += check(member, other, "\(path).\(key)")
        } else if schema["additionalProperties"]?.bool == false {
          problems.append("\(path): unknown \(key)")
        }
      }
    }
    if let choices = schema["anyOf"]?.array,
      choices.allSatisfy({ !check(value, $0, path).isEmpty })
    {
      problems.append("\(path): none of the forms")
    }
    if let choices = schema["oneOf"]?.array,
      choices.count(where: { check(value, $0, path).isEmpty }) != 1
    {
      problems.append("\(path): not one of the forms")
    }
    return problems
  }

  private static func isA(_ value: JSONValue, _ type: String) -> Bool {
    switch (type, value) {
    case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool),
      ("null", .null), ("integer", .integer), ("integer", .unsigned), ("number", .integer),
      ("number", .unsigned), ("number", .number):
      true
    default: false
    }
  }
}
