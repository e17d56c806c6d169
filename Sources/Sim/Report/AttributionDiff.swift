/// What changed between two results of `attribute`, object by object, as `cg_diff` does.
public enum AttributionDiff {
  private struct Row {
    var object: String
    var arm: String
    /// Misses a thousand instructions: walks before and after, first level before and after.
    var walks: (Double, Double)
    var firstLevel: (Double, Double)
  }

  /// - Throws: `InputError` when either is no result of `attribute`.
  public static func document(
    _ old: JSONValue, _ oldFile: String, _ new: JSONValue, _ newFile: String, top: Int
  ) throws(InputError) -> ReportDocument {
    let (before, after) = (try rates(old, oldFile), try rates(new, newFile))
    var rows: [Row] = []
    for key in Set(before.keys).union(after.keys) {
      let (a, b) = (before[key] ?? (0, 0), after[key] ?? (0, 0))
      rows.append(
        Row(object: key.object, arm: key.arm, walks: (a.0, b.0), firstLevel: (a.1, b.1)))
    }
    rows.sort {
      (abs($1.walks.1 - $1.walks.0), $0.object, $0.arm)
        < (abs($0.walks.1 - $0.walks.0), $1.object, $1.arm)
    }
    let names = [
      "object", "arm", "walksBefore", "walksAfter", "walksDifference", "firstLevelBefore",
      "firstLevelAfter", "firstLevelDifference",
    ]
    let values: [[JSONValue]] = rows.map { row in
      let numbers = [
        row.walks.0, row.walks.1, row.walks.1 - row.walks.0, row.firstLevel.0, row.firstLevel.1,
        row.firstLevel.1 - row.firstLevel.0,
      ]
      return [.string(row.object), .string(row.arm)] + numbers.map { JSONValue($0) }
    }
    var csv = CSVTable(header: names)
    for row in values { csv.append(values: row) }
    let shown = rows.prefix(top)
    return ReportDocument(
      kind: "attributeDiff",
      members: [
        "objects": .array(
          values.map { .object(Dictionary(uniqueKeysWithValues: zip(names, $0))) }),
        "unit": "misses/1000 instructions",
      ],
      csv: csv
    ) { width in
      var table = TextTable(columns: [
        .init("OBJECT"), .init("ARM"), .number("walks, before"), .number("after"),
        .number("difference"), .number("first level, difference"),
      ])
      for row in shown {
        table.append([
          row.object, row.arm, significant(row.walks.0), significant(row.walks.1),
          significant(row.walks.1 - row.walks.0),
          significant(row.firstLevel.1 - row.firstLevel.0),
        ])
      }
      return table.text(width: width) + "\nPer 1000 instructions.\n"
    }
  }

  private struct Key: Hashable {
    let object: String
    let arm: String
  }

  private static func rates(
    _ result: JSONValue, _ file: String
  ) throws(InputError) -> [Key: (Double, Double)] {
    guard result["kind"]?.string == "attribute", let objects = result["objects"]?.array,
      let instructions = result["instructions"]?.double, instructions > 0
    else { throw InputError(file: file, "no result of 'kfrag attribute --json'") }
    var rates: [Key: (Double, Double)] = [:]
    for entry in objects {
      guard let object = entry["object"]?.string, let arms = entry["arms"]?.object else { continue }
      for (arm, cost) in arms {
        rates[Key(object: object, arm: arm)] = (
          1000 * (cost["walks"]?.double ?? 0) / instructions,
          1000 * (cost["firstLevelMisses"]?.double ?? 0) / instructions
        )
      }
    }
    return rates
  }
}
