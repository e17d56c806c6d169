/// Splits of the direct map predicted by `SplitExperiment`, in every form.
public enum SplitReport {
  public static func document(starts: [Int], pages: Int) -> ReportDocument {
    let maps = starts.map { ($0, SplitExperiment.run(starts: $0, pages: pages)) }
    let rows = maps.map { [String($0), String($1.level2Splits), String($1.level3Splits)] }
    let members = maps.map { starts, map -> JSONValue in
      [
        "starts": JSONValue(starts), "splits2M": JSONValue(map.level2Splits),
        "splits1G": JSONValue(map.level3Splits),
      ]
    }
    return ReportDocument(
      kind: "splits", members: ["pages": JSONValue(pages), "rows": .array(members)],
      csv: CSVTable(header: ["starts", "splits2M", "splits1G"], rows: rows),
      table: { width in
        TextTable(
          columns: [.number("STARTS"), .number("2 MiB SPLITS"), .number("1 GiB SPLITS")],
          rows: rows
        ).text(width: width)
      })
  }
}
