/// One zone's line of `/proc/buddyinfo`.
public struct BuddyInfoZone: Hashable, Sendable {
  public let node: Int
  public let zone: String
  public let counts: FreeCounts
}

/// Reads `/proc/buddyinfo` and `/proc/pagetypeinfo`.
public enum MemoryFileReader {
  /// Most free blocks of one order a file may claim: 16 TiB of base pages.
  static let countLimit: UInt64 = 1 << 32

  /// - Throws: every malformed line at once.
  public static func buddyinfo(_ text: String, file: String) throws(InputError) -> [BuddyInfoZone] {
    var lines = ProcLines(file: file)
    var zones: [BuddyInfoZone] = []
    let orders = orders(text)
    ProcLines.each(text) { number, line, fields in
      guard fields.count >= 5, fields[0] == "Node", fields[2] == "zone",
        let node = Int(fields[1].dropLast()), fields[1].hasSuffix(",")
      else {
        lines.report(
          number, "'\(ProcLines.shown(line))' is no 'Node N, zone NAME COUNTS…' line",
          column: fields.count < 5 ? ProcLines.end(line) : ProcLines.column(fields[0], in: line))
        return
      }
      guard let counts = counts(fields[4...]) else {
        lines.report(
          number,
          "zone \(fields[3]) wants up to \(BuddyAllocator.orderCount) block counts below 2^32",
          column: badCount(fields[4...], in: line))
        return
      }
      guard fields.count - 4 >= orders else {
        lines.report(
          number, "zone \(fields[3]) ends after \(fields.count - 4) of \(orders) block counts",
          column: ProcLines.end(line))
        return
      }
      zones.append(BuddyInfoZone(node: node, zone: String(fields[3]), counts: counts))
    }
    if zones.isEmpty && lines.problems.isEmpty { lines.report(1, "no zone is listed") }
    try lines.finish()
    return zones
  }

  /// Where the first field lies that is no count, or the first there is no order for.
  static func badCount(_ fields: ArraySlice<Substring>, in line: Substring) -> Int {
    let bad = fields.prefix(BuddyAllocator.orderCount).first { counts([$0]) == nil }
    return (bad ?? fields.dropFirst(BuddyAllocator.orderCount).first).map {
      ProcLines.column($0, in: line)
    } ?? ProcLines.end(line)
  }

  /// Most well-formed counts a zone's line has: a line with fewer is cut.
  static func orders(_ text: String) -> Int {
    var most = 0
    ProcLines.each(text) { _, _, fields in
      guard fields.count > 4, fields[0] == "Node" else { return }
      let row = fields[4] == "type" ? fields.dropFirst(6) : fields[4...]
      if counts(row) != nil { most = max(most, row.count) }
    }
    return most
  }

  static func type(_ name: Substring) -> MigrateType? {
    MigrateType.allCases.first { $0.kernelName == name }
  }

  /// Counts of orders 0 to 10; `>100000` is read as its bound.
  static func counts(_ fields: ArraySlice<Substring>) -> FreeCounts? {
    guard !fields.isEmpty, fields.count <= BuddyAllocator.orderCount else { return nil }
    let values = fields.map { UInt64($0.hasPrefix(">") ? $0.dropFirst() : $0) }
    guard values.allSatisfy({ ($0 ?? countLimit) < countLimit }) else { return nil }
    return FreeCounts(values.compactMap { $0 })
  }
}
