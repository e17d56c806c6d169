import Sim

/// What `kfrag tlb` prints.
struct TlbResult {
  let machine: Machine
  let counters: ReplayCounters
  /// The machine says what a walk costs; geometries by hand do not.
  var pricesWalks = false

  var document: ReportDocument {
    let arrays = zip(machine.arrays, counters.arrays).map { array, counts in
      JSONValue.object([
        "name": .string(array.name), "entries": JSONValue(array.geometry.entries),
        "ways": JSONValue(array.geometry.ways), "sets": JSONValue(array.geometry.sets),
        "policy": .string(array.geometry.policy.rawValue), "lookups": JSONValue(counts.lookups),
        "hits": JSONValue(counts.hits), "misses": JSONValue(counts.misses),
      ])
    }
    let references = JSONValue.object([
      "fetch": JSONValue(counters.fetches), "load": JSONValue(counters.loads),
      "store": JSONValue(counters.stores),
    ])
    var members: [String: JSONValue] = [
      "references": references, "arrays": .array(arrays),
      "walks": .object([
        "instruction": JSONValue(counters.instructionWalks), "data": JSONValue(counters.dataWalks),
      ]),
    ]
    if pricesWalks {
      members["walkReads"] = JSONValue(counters.walkReads)
      members["walkCycles"] = JSONValue(counters.walkCycles)
      members["translationCycles"] = JSONValue(counters.translationCycles)
    }
    if counters.unboundReferences > 0 {
      members["unboundReferences"] = JSONValue(counters.unboundReferences)
    }
    let rows = zip(machine.arrays, counters.arrays).map { array, counts in
      [
        array.name, array.geometry.description, String(counts.lookups), String(counts.hits),
        String(counts.misses), TlbResult.percent(counts.misses, of: counts.lookups),
      ]
    }
    let total = "\(counters.fetches) fetches, \(counters.loads) loads, \(counters.stores) stores"
    return ReportDocument(
      kind: "tlb", members: members,
      csv: CSVTable(
        header: ["name", "geometry", "lookups", "hits", "misses"],
        rows: rows.map { Array($0.prefix(5)) }),
      table: { width in
        TextTable(
          title: total,
          columns: [
            .init("ARRAY"), .init("GEOMETRY"), .number("LOOKUPS"), .number("HITS"),
            .number("MISSES"), .number("MISS %"),
          ], rows: rows
        ).text(width: width)
      })
  }

  static func percent(_ part: UInt64, of whole: UInt64) -> String {
    guard whole > 0 else { return "-" }
    let scaled = (100_000 * Double(part) / Double(whole)).rounded() / 1000
    return String(scaled)
  }
}
