/// One line of a recorded placement log.
public struct PlacementEvent: Hashable, Sendable {
  /// What happened.
  public enum Kind: Hashable, Sendable {
    /// Logged when the allocation returned. Size as asked for, bytes.
    case allocation(address: UInt64, size: UInt64)
    /// Logged when the free was called, before the area was unmapped.
    case free(address: UInt64)
    /// A module's init runs; its layout by the loader's own field names, in file order.
    case load(module: String, fields: [Field])
    case unload(module: String)
    case mark(String)
  }

  /// `csize=20480`, `core=0xffffffffc0203000`.
  public struct Field: Hashable, Sendable {
    public let name: String
    public let value: UInt64
  }

  public let kind: Kind
  public let microseconds: UInt64
  /// 1-based line in the file.
  public let line: Int
}

/// Reads placement logs: CSV `t_us,event,addr,size,name,detail`.
public enum PlacementEventReader {
  static let header = "t_us,event,addr,size,name,detail"
  static let kinds = ["alloc", "free", "load", "unload", "mark"]

  /// - Throws: every malformed line at once.
  public static func read(_ text: String, file: String) throws(InputError) -> [PlacementEvent] {
    var problems: [Diagnostic] = []
    var events: [PlacementEvent] = []
    var number = 0
    for line in TextLines.lines(text) {
      number += 1
      if number == 1 {
        if line != header { problems.append(Diagnostic(file: file, line: 1, wrongHeader(line))) }
        continue
      }
      if line.isEmpty { continue }
      switch event(line, number) {
      case .success(let event): events.append(event)
      case .failure(let slip):
        problems.append(
          Diagnostic(file: file, line: number, column: slip.column, slip.message))
      }
    }
    if events.isEmpty && problems.isEmpty {
      problems.append(Diagnostic(file: file, line: 1, "no event is recorded"))
    }
    guard problems.isEmpty else { throw InputError(problems) }
    return events
  }

  private struct Slip: Error {
    let column: Int
    let message: String
  }

  private static func wrongHeader(_ line: Substring) -> String {
    "the first line is '\(ProcLines.shown(line))'; a placement log starts '\(header)'"
  }

  private static func event(
    _ line: Substring, _ number: Int
  ) -> Result<PlacementEvent, Slip> {
    let fields = CatalogReader.splitCSV(line)
    guard fields.count == 6 else {
      return .failure(Slip(column: 0, message: "\(fields.count) fields where six belong"))
    }
    let starts = fields.reduce(into: [1]) { $0.append($0[$0.count - 1] + $1.utf8.count + 1) }
    guard let time = UInt64(fields[0]) else {
      return .failure(Slip(column: 1, message: "'\(fields[0])' is no time in microseconds"))
    }
    let address = UInt64(
      fields[2].hasPrefix("0x") ? fields[2].dropFirst(2) : fields[2][...], radix: 16)
    let kind: PlacementEvent.Kind
    switch fields[1] {
    case "alloc", "free":
      guard let address, address > 0 else {
        return .failure(Slip(column: starts[2], message: "'\(fields[2])' is no address"))
      }
      if fields[1] == "free" {
        kind = .free(address: address)
        break
      }
      guard let size = UInt64(fields[3]), size > 0, size <= 1 << 40,
        address <= UInt64.max - size - 8192
      else {
        return .failure(Slip(column: starts[3], message: "'\(fields[3])' is no size in bytes"))
      }
      kind = .allocation(address: address, size: size)
    case "load":
      var layout: [PlacementEvent.Field] = []
      for word in fields[5].split(separator: " ") {
        let sides = word.split(separator: "=", maxSplits: 1)
        guard sides.count == 2, let value = parseUnsigned(sides[1]) else {
          return .failure(
            Slip(column: starts[5], message: "'\(word)' is no FIELD=NUMBER of a load"))
        }
        layout.append(PlacementEvent.Field(name: String(sides[0]), value: value))
      }
      kind = .load(module: fields[4], fields: layout)
    case "unload": kind = .unload(module: fields[4])
    case "mark": kind = .mark(fields[4])
    default:
      return .failure(
        Slip(
          column: starts[1],
          message: "unknown event '\(fields[1])'"
            + suggestion(for: fields[1], in: kinds)))
    }
    return .success(PlacementEvent(kind: kind, microseconds: time, line: number))
  }
}
