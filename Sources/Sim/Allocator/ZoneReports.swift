/// What the kernel's own files say about one zone, and how they print it.
public struct ZoneReport: Hashable, Sendable {
  public let node: Int
  public let zone: String
  /// Free blocks of each order by type, in the order of `MigrateType.allCases`.
  public let counts: [FreeCounts]
  public let pageblocks: [UInt64]

  public init(node: Int = 0, zone: String, counts: [FreeCounts], pageblocks: [UInt64]) {
    self.node = node
    self.zone = zone
    self.counts = counts
    self.pageblocks = pageblocks
  }

  public init(node: Int = 0, zone: String, _ allocator: borrowing BuddyAllocator) {
    self.init(
      node: node, zone: zone, counts: MigrateType.allCases.map(allocator.freeCounts),
      pageblocks: allocator.pageblockCounts)
  }

  /// All types together.
  public var total: FreeCounts {
    FreeCounts(
      (0..<BuddyAllocator.orderCount).map { order in
        counts.reduce(0) { $0 + $1.blocks[order] }
      })
  }

  /// The zone's line of `/proc/buddyinfo`.
  public var buddyinfo: String {
    "Node \(node), zone \(padded(zone, 8)) "
      + total.blocks.map { padded($0, 6) + " " }.joined() + "\n"
  }

  /// The zone's line of debugfs `extfrag/unusable_index`.
  public var unusableIndex: String {
    indexLine(width: 0) { total.unusableIndex(order: $0) }
  }

  /// The zone's line of debugfs `extfrag/extfrag_index`. Negative values print as C's division
  /// leaves them: -500 is ` 0.-500`.
  public var extfragIndex: String {
    indexLine(width: 2) { total.fragmentationIndex(order: $0) }
  }

  private func indexLine(width: Int, _ index: (Int) -> Int) -> String {
    let fields = (0..<BuddyAllocator.orderCount).map { order in
      let value = index(order)
      return padded(value / 1000, width) + "." + zeroPadded(value % 1000) + " "
    }
    return "Node \(node), zone \(padded(zone, 8)) " + fields.joined() + "\n"
  }

  /// The whole of `/proc/pagetypeinfo`. Counts over 100,000 print as `>100000`.
  public static func pagetypeinfo(_ zones: [ZoneReport]) -> String {
    let order = BuddyAllocator.pageblockOrder
    var text = "Page block order: \(order)\nPages per block:  \(1 << order)\n\n"
    let title = "Free pages count per migrate type at order"
    text += title + String(repeating: " ", count: 44 - title.utf8.count)
    text += (0..<BuddyAllocator.orderCount).map { padded($0, 6) + " " }.joined() + "\n"
    // CMA rows are printed where the kernel is built with it; here, where something is reserved.
    let cma = MigrateType.allCases.firstIndex(of: .cma) ?? 0
    let hasCMA = zones.contains { $0.pageblocks.count > cma && $0.pageblocks[cma] > 0 }
    for zone in zones {
      for (type, counts) in zip(MigrateType.allCases, zone.counts) where hasCMA || type != .cma {
        text += "Node \(padded(zone.node, 4)), zone \(padded(zone.zone, 8)), "
        text += "type \(padded(type.kernelName, 12)) "
        for count in counts.blocks {
          text += count > 100_000 ? ">100000 " : padded(count, 6) + " "
        }
        text += "\n"
      }
    }
    text += "\nNumber of blocks type  "
    text +=
      MigrateType.allCases.filter { hasCMA || $0 != .cma }
      .map { padded($0.kernelName, 12) + " " }.joined() + "\n"
    for zone in zones {
      text += "Node \(zone.node), zone \(padded(zone.zone, 8)) "
      text +=
        zip(MigrateType.allCases, zone.pageblocks).filter { hasCMA || $0.0 != .cma }
        .map { padded($0.1, 12) + " " }.joined() + "\n"
    }
    return text
  }
}

/// `value` right-aligned in `width` columns.
private func padded(_ value: some CustomStringConvertible, _ width: Int) -> String {
  let text = value.description
  return String(repeating: " ", count: max(0, width - text.utf8.count)) + text
}

/// C's `%03d`: the sign counts as a column.
private func zeroPadded(_ value: Int) -> String {
  let digits = String(value.magnitude)
  let sign = value < 0 ? "-" : ""
  return sign + String(repeating: "0", count: max(0, 3 - digits.utf8.count - sign.utf8.count))
    + digits
}
