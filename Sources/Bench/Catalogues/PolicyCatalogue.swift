import Sim

/// `kfrag list policies`, `kfrag show policy NAME`.
struct PolicyCatalogue: Catalogue {
  let plural = "policies"
  let singular = "policy"
  let columns: [TextTable.Column] = []

  func items() -> [CatalogueItem] {
    ReplacementKind.allCases.map { CatalogueItem(name: $0.rawValue, summary: $0.summary) }
  }

  func show(_ name: String) throws -> CatalogueEntry {
    guard let kind = ReplacementKind(rawValue: name) else {
      let all = ReplacementKind.allCases.map(\.rawValue)
      throw InputError(
        file: name, kind: .missing, "unknown policy" + suggestion(for: name, in: all))
    }
    let users = try MachineCatalog.all().flatMap { machine in
      machine.arrays.filter { $0.geometry.policy == kind }
        .map { (machine.id, $0.name, $0.policyEvidence) }
    }
    var text = "\(name): \(kind.summary)\n"
    if !users.isEmpty {
      let rows = users.map { [$0.0, $0.1, $0.2.rawValue] }
      let columns = ["MACHINE", "ARRAY", "EVIDENCE"].map { TextTable.Column($0) }
      text += "\n" + TextTable(columns: columns, rows: rows).text()
    }
    return CatalogueEntry(
      text: text,
      members: [
        "name": .string(name), "summary": .string(kind.summary),
        "usedBy": .array(
          users.map {
            ["machine": .string($0.0), "array": .string($0.1), "evidence": .string($0.2.rawValue)]
          }),
      ])
  }
}

extension ReplacementKind {
  /// What the policy evicts.
  var summary: String {
    switch self {
    case .lru: "least recently used"
    case .fifo: "oldest fill; a round-robin pointer"
    case .random: "any entry, uniformly"
    case .tplru: "tree pseudo-LRU: one bit a node points away from the last use"
    case .nru: "one used bit an entry; the first unused one, all cleared when the last is set"
    case .srrip: "static re-reference interval prediction, two bits"
    case .lfu: "least frequently used"
    case .nlu: "not last used: a round-robin pointer that steps past the entry just used"
    case .clock: "second chance: a hand clears used bits until it finds one clear"
    case .mru3plru4: "three groups of four ways: the group after the last used, tree PLRU inside"
    case .opt: "Belady's optimum: the entry used furthest in the future; a bound, no hardware"
    }
  }
}
