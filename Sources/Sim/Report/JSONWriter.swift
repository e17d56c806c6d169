extension JSONValue {
  /// Two-space indented text with sorted keys and a final newline; lists of plain values stay on
  /// one line.
  public var prettyText: String { String(decoding: prettyBytes, as: UTF8.self) }

  /// `prettyText` as UTF-8.
  public var prettyBytes: [UInt8] {
    var out: [UInt8] = []
    write(into: &out, indent: 0)
    out.append(UInt8(ascii: "\n"))
    return out
  }

  /// The shortest text, keys sorted, without a final newline: what digests are taken of.
  public var compactText: String { String(decoding: compactBytes, as: UTF8.self) }

  /// `compactText` as UTF-8.
  public var compactBytes: [UInt8] {
    var out: [UInt8] = []
    write(into: &out, indent: nil)
    return out
  }

  private var isPlain: Bool {
    switch self {
    case .array(let elements): return elements.isEmpty
    case .object(let members): return members.isEmpty
    default: return true
    }
  }

  /// `indent` is the depth of pretty printing, nil for compact.
  func write(into out: inout [UInt8], indent: Int?) {
    switch self {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): out.append(contentsOf: String(value).utf8)
    case .unsigned(let value): out.append(contentsOf: String(value).utf8)
    case .number(let value): JSONValue.write(value, into: &out)
    case .string(let text): JSONValue.write(text, into: &out)
    case .array(let elements):
      let oneLine = indent == nil || elements.allSatisfy(\.isPlain)
      out.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { out.append(contentsOf: (oneLine && indent != nil ? ", " : ",").utf8) }
        if !oneLine, let indent { JSONValue.newline(indent + 1, into: &out) }
        element.write(into: &out, indent: indent.map { $0 + 1 })
      }
      if !oneLine, let indent { JSONValue.newline(indent, into: &out) }
      out.append(UInt8(ascii: "]"))
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (index, key) in members.keys.sorted().enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        if let indent { JSONValue.newline(indent + 1, into: &out) }
        JSONValue.write(key, into: &out)
        out.append(contentsOf: (indent == nil ? ":" : ": ").utf8)
        (members[key] ?? .null).write(into: &out, indent: indent.map { $0 + 1 })
      }
      if let indent, !members.isEmpty { JSONValue.newline(indent, into: &out) }
      out.append(UInt8(ascii: "}"))
    }
  }

  private static func newline(_ depth: Int, into out: inout [UInt8]) {
    out.append(UInt8(ascii: "\n"))
    for _ in 0..<depth { out.append(contentsOf: "  ".utf8) }
  }

  /// Swift's description is the shortest text that reads back as the same value.
  private static func write(_ value: Double, into out: inout [UInt8]) {
    if !value.isFinite {
      out.append(contentsOf: "null".utf8)
    } else {
      out.append(contentsOf: (value == 0 ? "0.0" : value.description).utf8)
    }
  }

  private static func write(_ text: String, into out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): out.append(contentsOf: "\\\"".utf8)
      case UInt8(ascii: "\\"): out.append(contentsOf: "\\\\".utf8)
      case 0x0a: out.append(contentsOf: "\\n".utf8)
      case 0x0d: out.append(contentsOf: "\\r".utf8)
      case 0x09: out.append(contentsOf: "\\t".utf8)
      case 0..<0x20, 0x7f:
        let digits = Array("0123456789abcdef".utf8)
        out.append(contentsOf: "\\u00".utf8)
        out.append(digits[Int(byte >> 4)])
        out.append(digits[Int(byte & 15)])
      default: out.append(byte)
      }
    }
    out.append(UInt8(ascii: "\""))
  }
}
