/// One command's answer in every form a user can ask for.
public struct ReportDocument: Sendable {
  /// `compare`, `tlb`, `replay`, …: the JSON member `kind`.
  public var kind: String
  /// Members beside `kind`, `schemaVersion` and `manifest`.
  public var members: [String: JSONValue]
  /// Members too long to hold as trees.
  public var lists: [String: JSONList] = [:]
  /// Makes what `--csv` prints.
  public var makeCSV: @Sendable () -> CSVTable?
  /// What a person reads: text that fits the given width.
  public var table: @Sendable (_ width: Int?) -> String
  public var manifest: JSONValue

  public init(
    kind: String, members: [String: JSONValue], csv: CSVTable? = nil,
    manifest: JSONValue = .object([:]), table: @escaping @Sendable (_ width: Int?) -> String
  ) {
    self.kind = kind
    self.members = members
    makeCSV = { csv }
    self.table = table
    self.manifest = manifest
  }

  /// The version of the JSON shapes this build prints.
  public static let schemaVersion = 1

  /// What `--csv` prints; nil when the command has no table.
  public var csv: CSVTable? { makeCSV() }

  /// The whole JSON object.
  public var json: JSONValue {
    var all = plainMembers
    for (key, list) in lists { all[key] = .array((0..<list.count).map(list.element)) }
    return .object(all)
  }

  private var plainMembers: [String: JSONValue] {
    var all = members
    all["schemaVersion"] = JSONValue(ReportDocument.schemaVersion)
    all["kind"] = .string(kind)
    all["manifest"] = manifest
    return all
  }

  /// Hands over `json.prettyBytes` piece by piece, never holding the lists as trees or as bytes.
  public func writeJSON(_ sink: ([UInt8]) throws -> Void) rethrows {
    let plain = plainMembers
    var out: [UInt8] = []
    for (index, key) in (Array(plain.keys) + lists.keys).sorted().enumerated() {
      out.append(contentsOf: (index == 0 ? "{\n  " : ",\n  ").utf8)
      JSONValue.string(key).write(into: &out, indent: 1)
      out.append(contentsOf: ": ".utf8)
      guard let list = lists[key] else {
        (plain[key] ?? .null).write(into: &out, indent: 1)
        continue
      }
      for position in 0..<list.count {
        out.append(contentsOf: (position == 0 ? "[\n    " : ",\n    ").utf8)
        list.element(position).write(into: &out, indent: 2)
        if out.count >= 1 << 16 {
          try sink(out)
          out.removeAll(keepingCapacity: true)
        }
      }
      out.append(contentsOf: (list.count == 0 ? "[]" : "\n  ]").utf8)
    }
    out.append(contentsOf: "\n}\n".utf8)
    try sink(out)
  }
}

/// A JSON array too long to hold as a tree: its elements, objects all, are made while written.
public struct JSONList: Sendable {
  public let count: Int
  public let element: @Sendable (Int) -> JSONValue

  public init(count: Int, element: @escaping @Sendable (Int) -> JSONValue) {
    self.count = count
    self.element = element
  }
}
