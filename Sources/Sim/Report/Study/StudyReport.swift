/// The claims of a study and whether they hold, in every form.
public enum StudyReport {
  public static func document(
    _ name: String, _ outcomes: [StudyClaim.Outcome]
  ) -> ReportDocument {
    func found(_ outcome: StudyClaim.Outcome) -> String {
      StudyFormat(text: outcome.claim.format).shown(outcome.found)
    }
    let rows = outcomes.map { outcome in
      [
        outcome.claim.id, outcome.holds ? "holds" : "FAILS", found(outcome), outcome.claim.bounds,
        outcome.claim.says,
      ]
    }
    let claims = outcomes.map { outcome -> JSONValue in
      [
        "id": .string(outcome.claim.id), "holds": .bool(outcome.holds),
        "found": outcome.found.number.map { JSONValue($0) } ?? .string(outcome.found.text),
        "expected": .string(outcome.claim.bounds), "says": .string(outcome.claim.says),
      ]
    }
    let failed = outcomes.filter { !$0.holds }.count
    return ReportDocument(
      kind: "study", members: ["study": .string(name), "claims": .array(claims)],
      csv: CSVTable(header: ["id", "verdict", "found", "expected", "claim"], rows: rows),
      table: { width in
        TextTable(
          columns: [
            TextTable.Column("CLAIM"), TextTable.Column("VERDICT"), .number("FOUND"),
            .number("EXPECTED"), TextTable.Column("SAYS"),
          ], rows: rows
        ).text(width: width)
          + "\(name): \(outcomes.count - failed) of \(outcomes.count) claims hold\n"
      })
  }
}
