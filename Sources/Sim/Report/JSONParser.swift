extension JSONValue {
  /// Reads one JSON document (RFC 8259) strictly: no comments, no trailing commas, no repeated
  /// keys, nothing after the value, nesting to 256 levels.
  ///
  /// - Throws: `InputError` with `file`, line and column of the first problem.
  public init(parsing bytes: some Sequence<UInt8>, file: String) throws(InputError) {
    var parser = JSONParser(bytes: Array(bytes), file: file)
    self = try parser.document()
  }

  public init(parsing text: String, file: String) throws(InputError) {
    try self.init(parsing: text.utf8, file: file)
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  let file: String
  var at = 0
  var depth = 0

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  mutating func document() throws(InputError) -> JSONValue {
    let result = try value()
    skipSpace()
    guard at == bytes.count else { throw problem("text after the document's end") }
    return result
  }

  private func problem(_ message: String) -> InputError {
    var line = 1
    var column = 1
    for byte in bytes.prefix(at) {
      column += 1
      if byte == 0x0a { (line, column) = (line + 1, 1) }
    }
    return InputError(file: file, line: line, column: column, message)
  }

  private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      at += 1
    }
  }

  private mutating func value() throws(InputError) -> JSONValue {
    skipSpace()
    guard let byte = current else { throw problem("the document ends where a value should be") }
    switch byte {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws(InputError) -> JSONValue {
    guard bytes[at...].starts(with: text.utf8) else { throw problem("not a JSON value") }
    at += text.utf8.count
    return value
  }

  private mutating func enter() throws(InputError) {
    at += 1
    depth += 1
    guard depth <= 256 else { throw problem("nested deeper than 256 levels") }
    skipSpace()
  }

  /// Moves past `,` (true) or the closing `end` (false).
  private mutating func more(_ end: Character) throws(InputError) -> Bool {
    skipSpace()
    guard let byte = current else { throw problem("missing '\(end)'") }
    guard byte == UInt8(ascii: ",") || byte == end.asciiValue else {
      throw problem("wants ',' or '\(end)' here")
    }
    at += 1
    if byte == end.asciiValue { depth -= 1 }
    return byte == UInt8(ascii: ",")
  }

  private mutating func array() throws(InputError) -> JSONValue {
    try enter()
    var elements: [JSONValue] = []
    if current == UInt8(ascii: "]") {
      at += 1
      depth -= 1
      return .array([])
    }
    repeat { elements.append(try value()) } while try more("]")
    return .array(elements)
  }

  private mutating func object() throws(InputError) -> JSONValue {
    try enter()
    var members: [String: JSONValue] = [:]
    if current == UInt8(ascii: "}") {
      at += 1
      depth -= 1
      return .object([:])
    }
    repeat {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw problem("wants a key in quotes here") }
      let start = at
      let key = try string()
      if members[key] != nil {
        at = start
        throw problem("key '\(key)' is given twice")
      }
      skipSpace()
      guard current == UInt8(ascii: ":") else { throw problem("wants ':' after a key") }
      at += 1
      members[key] = try value()
    } while try more("}")
    return .object(members)
  }

  private mutating func number() throws(InputError) -> JSONValue {
    let start = at
    var isInteger = true
    if current == UInt8(ascii: "-") { at += 1 }
    let first = current
    let whole = digits()
    guard whole > 0, whole == 1 || first != UInt8(ascii: "0") else {
      at = start
      throw problem("not a JSON value")
    }
    if current == UInt8(ascii: ".") {
      at += 1
      isInteger = false
      guard digits() > 0 else { throw problem("wants a digit after '.'") }
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      at += 1
      isInteger = false
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
      guard digits() > 0 else { throw problem("wants a digit in the exponent") }
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .integer(value) }
    if isInteger, let value = UInt64(text) { return .unsigned(value) }
    guard let value = Double(text), value.isFinite else {
      at = start
      throw problem("'\(text.prefix(40))' is beyond a double's range")
    }
    return .number(value)
  }

  private mutating func digits() -> Int {
    let start = at
    while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { at += 1 }
    return at - start
  }

  private mutating func string() throws(InputError) -> String {
    at += 1
    var out: [UInt8] = []
    while true {
      guard let byte = current else { throw problem("the string does not end") }
      guard byte >= 0x20 else { throw problem("control character in a string") }
      at += 1
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") { try escape(into: &out) } else { out.append(byte) }
    }
    guard let text = String(validating: out, as: UTF8.self) else {
      throw problem("the string is not UTF-8")
    }
    return text
  }

  private mutating func escape(into out: inout [UInt8]) throws(InputError) {
    guard let byte = current else { throw problem("the string does not end") }
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0c)
    case UInt8(ascii: "n"): out.append(0x0a)
    case UInt8(ascii: "r"): out.append(0x0d)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "u"):
      var unit = try hexUnit()
      if (0xd800..<0xdc00).contains(unit), bytes[at...].starts(with: "\\u".utf8) {
        at += 2
        let low = try hexUnit()
        guard (0xdc00..<0xe000).contains(low) else { throw problem("half a surrogate pair") }
        unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw problem("half a surrogate pair") }
      out.append(contentsOf: String(Character(scalar)).utf8)
    default: throw problem("unknown escape in a string")
    }
  }

  private mutating func hexUnit() throws(InputError) -> UInt32 {
    guard at + 4 <= bytes.count else { throw problem("the string does not end") }
    let text = String(decoding: bytes[at..<at + 4], as: UTF8.self)
    guard text.first != "+", text.first != "-", let unit = UInt32(text, radix: 16) else {
      throw problem("wants four hexadecimal digits after \\u")
    }
    at += 4
    return unit
  }
}
