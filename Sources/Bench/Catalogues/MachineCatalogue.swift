import Sim

/// `kfrag list machines`, `kfrag show machine NAME`.
struct MachineCatalogue: Catalogue {
  let plural = "machines"
  let singular = "machine"
  let columns = [
    TextTable.Column("FAMILY"), .number("YEAR"), TextTable.Column("L1 I"),
    TextTable.Column("L1 D"), TextTable.Column("NEXT"), TextTable.Column("WALK"),
  ]

  func items() throws -> [CatalogueItem] {
    try MachineCatalog.all().map { machine in
      CatalogueItem(
        name: machine.id, summary: machine.name,
        columns: [
          machine.family, machine.year == 0 ? "–" : String(machine.year),
          level(machine, .fetch, 0), level(machine, .load, 0), level(machine, .load, 1),
          "\(machine.walk.rawValue) \(machine.table.rawValue)",
        ],
        members: [
          "family": .string(machine.family), "isa": .string(machine.isa),
          "year": machine.year == 0 ? .null : JSONValue(machine.year),
        ])
    }
  }

  func show(_ name: String) throws -> CatalogueEntry {
    let resolved = try MachineCatalog.resolve(name)
    return CatalogueEntry(
      text: resolved.yaml,
      members: [
        "name": .string(resolved.machine.id), "summary": .string(resolved.machine.name),
        "yaml": .string(resolved.yaml), "arrays": MachineJSON.arrays(resolved.machine),
      ])
  }

  /// `64x4+32x4` of the arrays one level of a kind of reference has.
  private func level(_ machine: Machine, _ kind: AccessKind, _ level: Int) -> String {
    let order = machine.lookupOrder(kind)
    guard order.indices.contains(level) else { return "–" }
    return order[level].map { index in
      let geometry = machine.arrays[index].geometry
      let full = geometry.ways == geometry.entries
      return "\(geometry.entries)x\(full ? "full" : String(geometry.ways))"
    }.joined(separator: "+")
  }
}

/// A machine's parts as JSON.
enum MachineJSON {
  static func arrays(_ machine: Machine) -> JSONValue {
    .array(
      machine.arrays.map { array in
        [
          "name": .string(array.name), "level": JSONValue(array.level),
          "side": .string(array.side.rawValue), "entries": JSONValue(array.geometry.entries),
          "ways": JSONValue(array.geometry.ways), "sets": JSONValue(array.geometry.sets),
          "policy": .string(array.geometry.policy.rawValue),
          "index": .string(array.geometry.index.description),
          "pageSizes": .array(array.pageSizes.map { JSONValue($0.bytes) }),
          "evidence": [
            "shape": .string(array.evidence.rawValue),
            "policy": .string(array.policyEvidence.rawValue),
            "index": .string(array.indexEvidence.rawValue),
          ],
        ]
      })
  }
}
