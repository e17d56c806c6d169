/// One command's answer in every form a user can ask for.
public struct ReportDocument: Sendable {
  /// `compare`, `tlb`, `replay`, …: the JSON member `kind`.
  public var kind: String
  /// Members beside `kind`, `schemaVersion` and `manifest`.
  public var members: [String: JSONValue]
  /// What `--csv` prints; nil when the command has no table.
  public var csv: CSVTable?
  /// What a person reads: text that fits the given width.
  public var table: @Sendable (_ width: Int?) -> String
  public var manifest: JSONValue

  public init(
    kind: String, members: [String: JSONValue], csv: CSVTable? = nil,
    manifest: JSONValue = .object([:]), table: @escaping @Sendable (_ width: Int?) -> String
  ) {
    self.kind = kind
    self.members = members
    self.csv = csv
    self.table = table
    self.manifest = manifest
  }

  /// The version of the JSON shapes this build prints.
  public static let schemaVersion = 1

  /// The whole JSON object.
  public var json: JSONValue {
    var all = members
    all["schemaVersion"] = JSONValue(ReportDocument.schemaVersion)
    all["kind"] = .string(kind)
    all["manifest"] = manifest
    return .object(all)
  }
}
