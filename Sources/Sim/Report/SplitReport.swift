/// Splits of the direct map predicted by `SplitExperiment`, in every form: one row a number of
/// starts and replicate.
public enum SplitReport {
  /// - Parameter replicates: runs with drawn gaps and memory; 0 is one run with equal gaps.
  public static func document(
    starts: [Int], pages: Int, replicates: Int = 0, seed: Seed = Seed(1)
  ) -> ReportDocument {
    let starts = Array(Set(starts)).sorted()
    let settings = (0..<max(1, replicates)).map { index in
      SplitExperiment.Setting(pages: pages, seed: replicates > 0 ? seed.stream(index) : nil)
    }
    let rows = settings.enumerated().flatMap { index, setting in
      zip(starts, SplitExperiment.run(starts: starts, setting)).map {
        [index + 1, $0, Int($1.level2Splits), Int($1.level3Splits)]
      }
    }
    let header = ["replicate", "starts", "splits2M", "splits1G"]
    let members = rows.map { row in
      JSONValue.object(
        Dictionary(zip(header, row.map { JSONValue($0) }), uniquingKeysWith: { $1 }))
    }
    let words = rows.map { $0.map { String($0) } }
    return ReportDocument(
      kind: "splits", members: ["pages": JSONValue(pages), "rows": .array(members)],
      csv: CSVTable(header: header, rows: words),
      table: { width in
        TextTable(
          columns: [
            .number("REPLICATE"), .number("STARTS"), .number("2 MiB SPLITS"),
            .number("1 GiB SPLITS"),
          ],
          rows: words
        ).text(width: width)
      })
  }
}
