extension MemoryFileReader {
  /// Free blocks by type, and pageblocks by type, of every zone.
  /// - Throws: every malformed line at once.
  public static func pagetypeinfo(_ text: String, file: String) throws(InputError) -> [ZoneReport] {
    var reader = PageTypeReader(file: file, orders: orders(text))
    ProcLines.each(text) { number, line, fields in reader.take(number, line, fields) }
    return try reader.zones()
  }
}

/// The rows of `/proc/pagetypeinfo`: free blocks of a zone and type, then pageblocks of a zone.
private struct PageTypeReader {
  struct Zone {
    let node: Int
    let name: String
    var free: [MigrateType: FreeCounts] = [:]
    var blocks: [UInt64] = []
  }

  private var lines: ProcLines
  /// Counts a row of free blocks has.
  private let orders: Int
  private var found: [Zone] = []
  /// Columns of the second table, once it has begun.
  private var blockTypes: [MigrateType?]?
  private var last = 1

  init(file: String, orders: Int) {
    lines = ProcLines(file: file)
    self.orders = orders
  }

  mutating func take(_ number: Int, _ line: Substring, _ fields: [Substring]) {
    last = number
    if line.hasPrefix("Page") || line.hasPrefix("Free pages") { return }
    if line.hasPrefix("Number of") {
      blockTypes = fields.dropFirst(4).map(MemoryFileReader.type)
      return
    }
    guard fields.count >= 4, fields[0] == "Node", fields[2] == "zone",
      let node = Int(fields[1].dropLast())
    else {
      lines.report(
        number, "'\(ProcLines.shown(line))' is no line of /proc/pagetypeinfo",
        column: fields[0] == "Node" ? ProcLines.end(line) : ProcLines.column(fields[0], in: line))
      return
    }
    let zone = Zone(
      node: node, name: String(fields[3].last == "," ? fields[3].dropLast() : fields[3]))
    if let blockTypes {
      takeBlocks(zone, blockTypes, number, line, fields)
    } else {
      takeFree(zone, number, line, fields)
    }
  }

  private func index(_ zone: Zone) -> Int? {
    found.firstIndex { $0.node == zone.node && $0.name == zone.name }
  }

  private mutating func takeFree(
    _ zone: Zone, _ number: Int, _ line: Substring, _ fields: [Substring]
  ) {
    guard fields.count > 6, fields[4] == "type" else {
      lines.report(
        number, "zone \(zone.name): the line ends before its block counts",
        column: ProcLines.end(line))
      return
    }
    // A type this allocator does not have is left out.
    guard let kind = MemoryFileReader.type(fields[5]) else { return }
    let what = "zone \(zone.name), type \(fields[5])"
    guard let counts = MemoryFileReader.counts(fields[6...]) else {
      lines.report(
        number, "\(what): block counts are malformed",
        column: MemoryFileReader.badCount(fields[6...], in: line))
      return
    }
    guard fields.count - 6 >= orders else {
      lines.report(
        number, "\(what) ends after \(fields.count - 6) of \(orders) block counts",
        column: ProcLines.end(line))
      return
    }
    if index(zone) == nil { found.append(zone) }
    if let at = index(zone) { found[at].free[kind] = counts }
  }

  private mutating func takeBlocks(
    _ zone: Zone, _ types: [MigrateType?], _ number: Int, _ line: Substring, _ fields: [Substring]
  ) {
    guard let at = index(zone) else {
      lines.report(
        number, "zone \(zone.name) has pageblocks but no free lists",
        column: ProcLines.column(fields[3], in: line))
      return
    }
    let values = fields[4...].map { UInt64($0) }
    guard values.count == types.count, !values.contains(nil) else {
      let bad = fields[4...].first { UInt64($0) == nil }
      lines.report(
        number, "zone \(zone.name): pageblock counts are malformed",
        column: bad.map { ProcLines.column($0, in: line) } ?? ProcLines.end(line))
      return
    }
    found[at].blocks = MigrateType.allCases.map { wanted in
      zip(types, values).first { $0.0 == wanted }.flatMap(\.1) ?? 0
    }
  }

  /// - Throws: everything reported; a file that ends too early.
  mutating func zones() throws(InputError) -> [ZoneReport] {
    if lines.problems.isEmpty {
      if found.isEmpty {
        lines.report(1, "no zone is listed")
      } else if blockTypes == nil {
        lines.report(last, "the file ends before 'Number of blocks type'")
      } else if let zone = found.first(where: \.blocks.isEmpty) {
        lines.report(last, "the file ends before the pageblocks of zone \(zone.name)")
      }
    }
    try lines.finish()
    return found.map { zone in
      ZoneReport(
        node: zone.node, zone: zone.name,
        counts: MigrateType.allCases.map { zone.free[$0] ?? FreeCounts([]) },
        pageblocks: zone.blocks)
    }
  }
}
