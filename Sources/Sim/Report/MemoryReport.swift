/// A machine's memory as the kernel's own files show it.
public enum MemoryReport {
  /// Free memory of all zones together and of each.
  public static func members(_ memory: PageAllocator) -> [String: JSONValue] {
    var members = indices(memory.freeCounts)
    members["freePages"] = JSONValue(memory.freeFrames)
    members["perCPUPages"] = JSONValue(memory.zones.reduce(0) { $0 + $1.perCPU.pages })
    members["compactionMoved"] = JSONValue(memory.compaction.moved)
    members["zones"] = .array(
      memory.zones.map { zone in
        var members = indices(zone.buddy.freeCounts)
        members["zone"] = .string(zone.name)
        members["managedPages"] = JSONValue(zone.buddy.managedFrames)
        members["freePages"] = JSONValue(zone.freePages)
        members["perCPUPages"] = JSONValue(zone.perCPU.pages)
        members["fallbacks"] = JSONValue(zone.buddy.fallbackCount)
        members["claimedPageblocks"] = JSONValue(zone.buddy.claimedPageblocks)
        members["watermarks"] = [
          "min": JSONValue(zone.watermarks.min), "low": JSONValue(zone.watermarks.low),
          "high": JSONValue(zone.watermarks.high), "boost": JSONValue(zone.boost),
        ]
        return .object(members)
      })
    return members
  }

  private static func indices(_ counts: FreeCounts) -> [String: JSONValue] {
    let orders = 0..<BuddyAllocator.orderCount
    return [
      "freeBlocks": .array(counts.blocks.map { JSONValue($0) }),
      "unusableIndex": .array(orders.map { JSONValue(counts.unusableIndex(order: $0)) }),
      "fragmentationIndex": .array(orders.map { JSONValue(counts.fragmentationIndex(order: $0)) }),
    ]
  }

  /// `/proc/buddyinfo`, the two files of debugfs `extfrag`, `/proc/pagetypeinfo`.
  public static func files(_ memory: PageAllocator) -> String {
    let zones = memory.reports
    return "/proc/buddyinfo\n" + zones.map(\.buddyinfo).joined() + "\nunusable_index\n"
      + zones.map(\.unusableIndex).joined() + "\nextfrag_index\n"
      + zones.map(\.extfragIndex).joined() + "\n/proc/pagetypeinfo\n"
      + ZoneReport.pagetypeinfo(zones)
  }

  /// Leaves of the direct map by their bytes.
  static func leaves(_ map: DirectMap) -> JSONValue {
    var members: [String: JSONValue] = [:]
    for (size, kilobytes) in [
      (PageSize.base4K, map.kilobytes4K), (.large2M, map.kilobytes2M), (.huge1G, map.kilobytes1G),
    ] where kilobytes > 0 {
      members[String(size.bytes)] = JSONValue((kilobytes << 10) / size.bytes)
    }
    return .object(members)
  }

  /// The direct map's lines of `/proc/meminfo` (kB) and `/proc/vmstat`.
  static func counters(_ map: DirectMap) -> JSONValue {
    let shown = map.shown
    return [
      "DirectMap4k": JSONValue(shown.kilobytes4K), "DirectMap2M": JSONValue(shown.kilobytes2M),
      "DirectMap1G": JSONValue(shown.kilobytes1G),
      "direct_map_level2_splits": JSONValue(map.level2Splits),
      "direct_map_level3_splits": JSONValue(map.level3Splits),
    ]
  }
}
