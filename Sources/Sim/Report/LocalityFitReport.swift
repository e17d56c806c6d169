/// How close a fitted workload comes to its recording, in every form.
public enum LocalityFitReport {
  public static func document(_ fit: LocalityFit) -> ReportDocument {
    let curves = fit.curves.map { curve -> JSONValue in
      [
        "side": .string(curve.side), "pages": .string(curve.pages),
        "meanError": JSONValue(curve.meanError), "maxError": JSONValue(curve.maxError),
        "points": .array(
          curve.entries.indices.map { index in
            [
              "entries": JSONValue(curve.entries[index]),
              "recorded": JSONValue(curve.recorded[index]),
              "fitted": JSONValue(curve.fitted[index]),
            ]
          }),
      ]
    }
    let rows = fit.curves.flatMap { curve in
      curve.entries.indices.map { index in
        [
          curve.side, curve.pages, String(curve.entries[index]),
          significant(curve.recorded[index], 4), significant(curve.fitted[index], 4),
        ]
      }
    }
    let header = ["side", "pages", "entries", "recorded", "fitted"]
    return ReportDocument(
      kind: "fit",
      members: [
        "source": .string(fit.source), "withinScale": JSONValue(fit.withinScale),
        "curves": .array(curves),
      ],
      csv: CSVTable(header: header, rows: rows),
      table: { width in
        let table = TextTable(
          columns: [
            TextTable.Column("SIDE"), TextTable.Column("PAGES"), .number("ENTRIES"),
            .number("RECORDED"),
            .number("FITTED"),
          ], rows: rows
        ).text(width: width)
        return table + errors(fit)
      })
  }

  private static func errors(_ fit: LocalityFit) -> String {
    "\nMisses per 1000 instructions, fully associative LRU, first touches apart.\n"
      + "Relative error from 16 to 2048 entries, where the recording misses 0.01 or more:\n"
      + fit.curves.map { curve in
        "  \(curve.side), \(curve.pages): mean \(significant(curve.meanError * 100, 2)) %, "
          + "greatest \(significant(curve.maxError * 100, 2)) %\n"
      }.joined()
  }
}
