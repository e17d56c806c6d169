/// The answer of `attribute` as table, CSV and JSON.
public enum AttributionReport {
  public static func document(_ table: AttributionTable, top: Int) -> ReportDocument {
    ReportDocument(
      kind: "attribute",
      members: [
        "scenario": .string(table.scenario.name),
        "arms": .array(table.armNames.map { .string($0) }),
        "instructions": JSONValue(table.instructions),
        "objects": .array(table.objects.map { row($0, table) }),
        "sections": .array(table.sections.map { row($0, table) }),
      ],
      csv: csv(table),
      table: { text(table, top: top, width: $0) })
  }

  private static func row(_ row: AttributionTable.Row, _ table: AttributionTable) -> JSONValue {
    var members: [String: JSONValue] = [
      "object": .string(row.object), "addedWalks": JSONValue(row.addedWalks),
      "addedFirstLevelMisses": JSONValue(row.addedFirstLevel),
    ]
    if let section = row.section { members["section"] = .string(section.rawValue) }
    var arms: [String: JSONValue] = [:]
    for (name, cost) in zip(table.armNames, row.costs) {
      arms[name] = [
        "firstLevelMisses": JSONValue(cost.firstLevel), "walks": JSONValue(cost.walks),
      ]
    }
    members["arms"] = .object(arms)
    return .object(members)
  }

  private static func csv(_ table: AttributionTable) -> CSVTable {
    var csv = CSVTable(header: ["object", "section", "arm", "firstLevelMisses", "walks"])
    for row in table.sections {
      for (name, cost) in zip(table.armNames, row.costs) {
        csv.append(values: [
          .string(row.object), .string(row.section?.rawValue ?? ""), .string(name),
          JSONValue(cost.firstLevel), JSONValue(cost.walks),
        ])
      }
    }
    return csv
  }

  private static func text(_ table: AttributionTable, top: Int, width: Int?) -> String {
    let kilo = max(table.instructions, 1) / 1000
    let last = table.armNames.count - 1
    var rows = TextTable(columns: [
      .init("OBJECT"), .number("walks, \(table.armNames[0])"),
      .number("walks, \(table.armNames[last])"), .number("added"), .number("first level added"),
    ])
    for row in table.objects.prefix(top) {
      rows.append([
        row.object, significant(row.costs[0].walks / kilo),
        significant(row.costs[last].walks / kilo), significant(row.addedWalks / kilo),
        significant(row.addedFirstLevel / kilo),
      ])
    }
    let rest = table.objects.dropFirst(top)
    if !rest.isEmpty {
      let added = rest.reduce(0) { $0 + $1.addedWalks }
      rows.append(["(\(rest.count) more)", "", "", significant(added / kilo), ""])
    }
    return rows.text(width: width) + "\nPer 1000 instructions, mean of replicates.\n"
  }
}
