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
    ProcLines.each(text) { number, line, fields in
      guard fields.count >= 5, fields[0] == "Node", fields[2] == "zone",
        let node = Int(fields[1].dropLast()), fields[1].hasSuffix(",")
      else {
        lines.report(
          number, "'\(ProcLines.shown(line))' is no 'Node N, zone NAME COUNTS…' line")
        return
      }
      guard let counts = counts(fields[4...]) else {
        lines.report(
          number,
          "zone \(fields[3]) wants up to \(BuddyAllocator.orderCount) block counts below 2^32")
        return
      }
      zones.append(BuddyInfoZone(node: node, zone: String(fields[3]), counts: counts))
    }
    if zones.isEmpty && lines.problems.isEmpty { lines.report(1, "no zone is listed") }
    try lines.finish()
    return zones
  }

  /// Free blocks by type, and pageblocks by type, of every zone.
  /// - Throws: every malformed line at once.
  public static func pagetypeinfo(_ text: String, file: String) throws(InputError) -> [ZoneReport] {
    var lines = ProcLines(file: file)
    var zones: [(node: Int, name: String, free: [MigrateType: FreeCounts], blocks: [UInt64])] = []
    var blockTypes: [MigrateType?] = []
    ProcLines.each(text) { number, line, fields in
      if line.hasPrefix("Page") || line.hasPrefix("Free pages") { return }
      if line.hasPrefix("Number of") {
        blockTypes = fields.dropFirst(4).map(type)
        return
      }
      guard fields.count >= 4, fields[0] == "Node", fields[2] == "zone",
        let node = Int(fields[1].dropLast())
      else {
        lines.report(number, "'\(ProcLines.shown(line))' is no line of /proc/pagetypeinfo")
        return
      }
      let name = String(fields[3].last == "," ? fields[3].dropLast() : fields[3])
      if fields.count > 6, fields[4] == "type" {
        // A type this allocator does not have is left out.
        guard let kind = type(fields[5]) else { return }
        guard let counts = counts(fields[6...]) else {
          lines.report(number, "zone \(name), type \(fields[5]): block counts are malformed")
          return
        }
        if let at = zones.firstIndex(where: { $0.node == node && $0.name == name }) {
          zones[at].free[kind] = counts
        } else {
          zones.append((node, name, [kind: counts], []))
        }
      } else if let at = zones.firstIndex(where: { $0.node == node && $0.name == name }) {
        let values = fields[4...].map { UInt64($0) }
        guard values.count == blockTypes.count, !values.contains(nil) else {
          lines.report(number, "zone \(name): pageblock counts are malformed")
          return
        }
        zones[at].blocks = MigrateType.allCases.map { wanted in
          zip(blockTypes, values).first { $0.0 == wanted }.flatMap(\.1) ?? 0
        }
      } else {
        lines.report(number, "zone \(name) has pageblocks but no free lists")
      }
    }
    if zones.isEmpty && lines.problems.isEmpty { lines.report(1, "no zone is listed") }
    try lines.finish()
    return zones.map { zone in
      ZoneReport(
        node: zone.node, zone: zone.name,
        counts: MigrateType.allCases.map { zone.free[$0] ?? FreeCounts([]) },
        pageblocks: zone.blocks)
    }
  }

  private static func type(_ name: Substring) -> MigrateType? {
    MigrateType.allCases.first { $0.kernelName == name }
  }

  /// Counts of orders 0 to 10; `>100000` is read as its bound.
  private static func counts(_ fields: ArraySlice<Substring>) -> FreeCounts? {
    guard !fields.isEmpty, fields.count <= BuddyAllocator.orderCount else { return nil }
    let values = fields.map { UInt64($0.hasPrefix(">") ? $0.dropFirst() : $0) }
    guard values.allSatisfy({ ($0 ?? countLimit) < countLimit }) else { return nil }
    return FreeCounts(values.compactMap { $0 })
  }
}
