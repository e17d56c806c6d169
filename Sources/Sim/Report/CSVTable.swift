/// A table as RFC 4180 text: comma-separated, fields quoted when they must be, records ended by a
/// line feed alone, as Unix tools want it.
public struct CSVTable: Hashable, Sendable {
  public let header: [String]
  public private(set) var rows: [[String]] = []

  public init(header: [String], rows: [[String]] = []) {
    self.header = header
    for row in rows { append(row) }
  }

  /// - Precondition: `row` has as many fields as the header.
  public mutating func append(_ row: [String]) {
    precondition(row.count == header.count, "row of \(row.count) under \(header.count) columns")
    rows.append(row)
  }

  /// Adds a row of values, numbers printed as JSON prints them, null as an empty field.
  public mutating func append(values: [JSONValue]) { append(values.map(CSVTable.field)) }

  /// A value as a field's text.
  public static func field(_ value: JSONValue) -> String {
    switch value {
    case .null: return ""
    case .string(let text): return text
    default: return value.compactText
    }
  }

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public var bytes: [UInt8] {
    var out: [UInt8] = []
    CSVTable.write(header, into: &out)
    for row in rows { CSVTable.write(row, into: &out) }
    return out
  }

  /// Appends one record.
  public static func write(_ fields: [String], into out: inout [UInt8]) {
    for (index, field) in fields.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      let quote = UInt8(ascii: "\"")
      let special: [UInt8] = [quote, UInt8(ascii: ","), 0x0a, 0x0d]
      if field.utf8.contains(where: { special.contains($0) })
        || (fields.count == 1 && field.isEmpty)
      {
        out.append(quote)
        for byte in field.utf8 {
          if byte == quote { out.append(quote) }
          out.append(byte)
        }
        out.append(quote)
      } else {
        out.append(contentsOf: field.utf8)
      }
    }
    out.append(0x0a)
  }
}
