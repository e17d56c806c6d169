/// The answer of `layout` as table, CSV and JSON.
public enum LayoutReport {
  public static func document(_ scenario: Scenario, _ maps: [LayoutMap]) -> ReportDocument {
    ReportDocument(
      kind: "layout",
      members: [
        "scenario": .string(scenario.name), "arms": .array(maps.map(arm)),
      ],
      csv: csv(maps),
      table: { width in
        maps.map { table($0, width: width) }.joined(separator: "\n")
      })
  }

  private static func arm(_ map: LayoutMap) -> JSONValue {
    let orders = 0..<BuddyAllocator.orderCount
    return [
      "name": .string(map.arm), "system": .string(map.system),
      "sections": .array(map.places.map(place)), "mappings": .array(map.runs.map(run)),
      "entries": ["text": sizes(map.facts.textEntries), "data": sizes(map.facts.dataEntries)],
      "modulePages": JSONValue(map.facts.modulePages),
      "moduleBytes": JSONValue(map.facts.moduleBytes),
      "memory": [
        "freePages": JSONValue(map.memory.freePages),
        "freeBlocks": .array(map.memory.blocks.map { JSONValue($0) }),
        "unusableIndex": .array(orders.map { JSONValue(map.memory.unusableIndex(order: $0)) }),
        "fragmentationIndex": .array(
          orders.map { JSONValue(map.memory.fragmentationIndex(order: $0)) }),
        "splitLeaves": JSONValue(map.splitLeaves),
      ],
    ]
  }

  private static func place(_ place: LayoutMap.Place) -> JSONValue {
    [
      "object": .string(place.object), "section": .string(place.kind.rawValue),
      "address": .string(hex(place.range.lower)), "size": JSONValue(place.range.size),
      "entries": sizes(place.entries), "frameRuns": JSONValue(place.frameRuns),
    ]
  }

  private static func run(_ run: LayoutMap.Run) -> JSONValue {
    let mapping = run.mapping
    var physical: JSONValue = .null
    // Memory whose frames nothing depends on stands at frames of its own, beyond any machine's.
    if case .contiguous(let start) = mapping.backing, start < RegionMap.frameLimit {
      physical = .string(hex(start))
    }
    return [
      "address": .string(hex(mapping.range.lower)), "size": JSONValue(mapping.range.size),
      "pageSize": JSONValue(mapping.pageSize.bytes), "pages": JSONValue(mapping.pageCount),
      "global": .bool(mapping.isGlobal), "locked": .bool(mapping.isLocked),
      "contiguousHint": .bool(mapping.hasContiguousHint), "physical": physical,
      "frameRuns": JSONValue(run.frameRuns), "owners": .array(run.owners.map { .string($0) }),
    ]
  }

  private static func sizes(_ entries: [LayoutFacts.SizeCount]) -> JSONValue {
    .object(
      Dictionary(
        entries.map { (String($0.size.bytes), JSONValue($0.count)) }, uniquingKeysWith: { $1 }))
  }

  private static func csv(_ maps: [LayoutMap]) -> CSVTable {
    var table = CSVTable(header: [
      "arm", "address", "size", "object", "section", "entries", "frameRuns",
    ])
    for map in maps {
      for place in map.places {
        table.append(values: [
          .string(map.arm), .string(hex(place.range.lower)), JSONValue(place.range.size),
          .string(place.object), .string(place.kind.rawValue), .string(words(place.entries)),
          JSONValue(place.frameRuns),
        ])
      }
    }
    return table
  }

  /// `7×2MiB + 2×4KiB`.
  private static func words(_ entries: [LayoutFacts.SizeCount]) -> String {
    entries.reversed().map { "\($0.count)×\($0.size)" }.joined(separator: " + ")
  }

  private static func table(_ map: LayoutMap, width: Int?) -> String {
    var table = TextTable(
      title: "\(map.arm) (\(map.system))",
      columns: [
        .init("ADDRESS"), .number("SIZE"), .init("OBJECT"), .init("SECTION"), .init("ENTRIES"),
        .number("FRAME RUNS"),
      ])
    for place in map.places {
      table.append([
        hex(place.range.lower), String(place.range.size), place.object, place.kind.rawValue,
        words(place.entries), String(place.frameRuns),
      ])
    }
    let memory = map.memory
    return table.text(width: width) + """
      Entries: text \(words(map.facts.textEntries)), data \(words(map.facts.dataEntries)); \
      modules on \(map.facts.modulePages) pages of their own.
      Memory before the first load: \(memory.freePages) free pages; for a 2 MiB request unusable \
      index \(memory.unusableIndex(order: 9)), fragmentation index \
      \(memory.fragmentationIndex(order: 9)); direct-map leaves split \(map.splitLeaves).

      """
  }
}
