/// The answer of `attribute` as table, CSV and JSON.
public enum AttributionReport {
  public static func document(_ table: AttributionTable, top: Int) -> ReportDocument {
    var members: [String: JSONValue] = [
      "scenario": .string(table.scenario.name),
      "arms": .array(table.armNames.map { .string($0) }),
      "instructions": JSONValue(table.instructions),
      "totals": arms(table, table.totals),
      "objects": .array(table.objects.map { row($0, table) }),
      "sections": .array(table.sections.map { row($0, table) }),
    ]
    if !table.symbols.isEmpty {
      members["symbols"] = .array(table.symbols.map { row($0, table) })
    }
    return ReportDocument(
      kind: "attribute", members: members, csv: csv(table),
      table: { text(table, top: top, width: $0) })
  }

  private static func row(_ row: AttributionTable.Row, _ table: AttributionTable) -> JSONValue {
    var members: [String: JSONValue] = [
      "object": .string(row.object), "addedWalks": JSONValue(row.addedWalks),
      "addedFirstLevelMisses": JSONValue(row.addedFirstLevel),
      "arms": arms(table, row.costs),
    ]
    if let section = row.section { members["section"] = .string(section.rawValue) }
    if let symbol = row.symbol { members["symbol"] = .string(symbol) }
    return .object(members)
  }

  private static func arms(
    _ table: AttributionTable, _ costs: [AttributionTable.Cost]
  ) -> JSONValue {
    var arms: [String: JSONValue] = [:]
    for (index, cost) in costs.enumerated() {
      var arrays: [String: JSONValue] = [:]
      for (name, misses) in zip(table.arrayNames[index], cost.arrays) {
        arrays[name] = causes(misses)
      }
      arms[table.armNames[index]] = [
        "firstLevelMisses": JSONValue(cost.firstLevel), "walks": JSONValue(cost.walks),
        "walkCauses": causes(cost.walkCauses), "arrays": .object(arrays),
      ]
    }
    return .object(arms)
  }

  private static func causes(_ misses: SIMD4<Double>) -> JSONValue {
    var members: [String: JSONValue] = [:]
    for cause in MissCause.allCases { members[cause.name] = JSONValue(misses[cause.rawValue]) }
    return .object(members)
  }

  private static func csv(_ table: AttributionTable) -> CSVTable {
    var csv = CSVTable(
      header: ["object", "section", "symbol", "arm", "firstLevelMisses", "walks"]
        + MissCause.allCases.map(\.name))
    for row in table.symbols.isEmpty ? table.sections : table.symbols {
      for (name, cost) in zip(table.armNames, row.costs) {
        csv.append(
          values: [
            .string(row.object), .string(row.section?.rawValue ?? ""), .string(row.symbol ?? ""),
            .string(name), JSONValue(cost.firstLevel), JSONValue(cost.walks),
          ] + MissCause.allCases.map { JSONValue(cost.walkCauses[$0.rawValue]) })
      }
    }
    return csv
  }

  private static func text(_ table: AttributionTable, top: Int, width: Int?) -> String {
    var parts = [arrays(table, width: width), ranking(table, table.objects, top, width, "OBJECT")]
    if !table.symbols.isEmpty {
      parts.append(ranking(table, table.symbols, top, width, "OBJECT AND SYMBOLS"))
    }
    return parts.joined(separator: "\n") + """

      Per 1000 instructions, mean of replicates. A miss is compulsory at an entry's first lookup, \
      capacity when a fully associative LRU array of that size would miss too, flush when an \
      invalidation took the entry out, conflict otherwise; a walk has its last array's cause.

      """
  }

  /// Every array's misses by cause, arm by arm.
  private static func arrays(_ table: AttributionTable, width: Int?) -> String {
    let kilo = max(table.instructions, 1) / 1000
    var rows = TextTable(
      columns: [.init("ARRAY"), .init("ARM"), .number("misses")]
        + MissCause.allCases.map { .number($0.name) })
    let most = table.arrayNames.map(\.count).max() ?? 0
    for array in 0..<most {
      for (arm, total) in table.totals.enumerated() where array < total.arrays.count {
        let misses = total.arrays[array]
        guard misses.sum() > 0 else { continue }
        rows.append(
          [table.arrayNames[arm][array], table.armNames[arm], significant(misses.sum() / kilo)]
            + MissCause.allCases.map { significant(misses[$0.rawValue] / kilo, 3) })
      }
    }
    return rows.text(width: width)
  }

  private static func ranking(
    _ table: AttributionTable, _ list: [AttributionTable.Row], _ top: Int, _ width: Int?,
    _ title: String
  ) -> String {
    let kilo = max(table.instructions, 1) / 1000
    let last = table.armNames.count - 1
    var rows = TextTable(
      columns: [
        .init(title), .number("walks, \(table.armNames[0])"), .number(table.armNames[last]),
        .number("added"),
      ] + MissCause.allCases.map { .number($0.name) })
    for row in list.prefix(top) {
      let name = row.symbol.map { "\(row.object) \($0)" } ?? row.object
      rows.append(
        [
          name, significant(row.costs[0].walks / kilo), significant(row.costs[last].walks / kilo),
          significant(row.addedWalks / kilo),
        ] + MissCause.allCases.map { significant(row.addedCauses[$0.rawValue] / kilo, 3) })
    }
    let rest = list.dropFirst(top)
    if !rest.isEmpty {
      let added = rest.reduce(0) { $0 + $1.addedWalks }
      let causes = rest.reduce(SIMD4<Double>.zero) { $0 + $1.addedCauses }
      rows.append(
        ["(\(rest.count) more)", "", "", significant(added / kilo)]
          + MissCause.allCases.map { significant(causes[$0.rawValue] / kilo, 3) })
    }
    return rows.text(width: width)
  }
}
