/// The answer of `advise`: what to link in or pack, what that promises, and what replays measured.
public struct AdviceReport: Sendable {
  private static let metric = "walks.pki"
  private static let shownLimit = 30
  private let advice: Advice
  private let instructions: Double
  private let trial: Comparison

  /// - Parameter trial: the comparison of `Advice.trial`.
  public init(_ advice: Advice, _ table: AttributionTable, trial: Comparison) {
    self.advice = advice
    instructions = table.instructions
    self.trial = trial
  }

  /// Walks a thousand instructions the attribution promises to save by linking in.
  public var promised: Double { rate(advice.picks) }

  private func rate(_ picks: [Advice.Pick]) -> Double {
    1000 * picks.reduce(0) { $0 + $1.walks } / max(1, instructions)
  }

  private func difference(_ metric: String, _ arm: String) -> PairedComparison? {
    trial.differences.first { $0.metric.name == metric && $0.treatment == arm }?.pair
  }

  /// Share of the whole penalty an arm saves, as measured; nil without a penalty.
  private func share(_ arm: String) -> Double? {
    guard let own = difference(Self.metric, arm),
      let all = difference(Self.metric, "all linked in"), all.difference < 0
    else { return nil }
    return own.difference / all.difference
  }

  /// Share of the whole penalty linking in as advised saves, as measured.
  public var shareOfPenalty: Double? { share("advised") }

  /// What the replays favour: the larger saving whose interval excludes zero.
  public enum Recommendation: String, Sendable { case linkIn, pack, nothing }

  public var recommendation: Recommendation {
    let link = advice.picks.isEmpty ? nil : difference(Self.metric, "advised")
    let pack = advice.packs.isEmpty ? nil : difference(Self.metric, "packed")
    let saves = [link, pack].map { $0.map { $0.high < 0 ? $0.difference : 0 } ?? 0 }
    if saves[0] >= 0, saves[1] >= 0 { return .nothing }
    return saves[0] <= saves[1] ? .linkIn : .pack
  }

  private static func json(_ picks: [Advice.Pick]) -> JSONValue {
    .array(
      picks.map {
        [
          "module": .string($0.module), "bytes": JSONValue($0.bytes),
          "savedWalks": JSONValue($0.walks),
        ]
      })
  }

  private func verified(_ arm: String) -> JSONValue {
    .array(
      [Self.metric, "walkCycles.pki", "translationCycles.pki"].map { name in
        JSONValue(difference(name, arm)) { pair in
          [
            "metric": .string(name), "difference": JSONValue(pair.difference),
            "low": JSONValue(pair.low), "high": JSONValue(pair.high),
            "relative": JSONValue(pair.relative), "pValue": JSONValue(pair.pValue),
            "replicates": JSONValue(pair.replicates),
          ]
        }
      })
  }

  public var document: ReportDocument {
    var csv = CSVTable(header: ["module", "bytes", "savedWalks", "how"])
    for (how, picks) in [("linkIn", advice.picks), ("pack", advice.packs)] {
      for pick in picks {
        csv.append(values: [
          .string(pick.module), JSONValue(pick.bytes), JSONValue(pick.walks), .string(how),
        ])
      }
    }
    return ReportDocument(
      kind: "advise",
      members: [
        "budget": JSONValue(advice.budget), "bytes": JSONValue(advice.bytes),
        "modules": Self.json(advice.picks), "promised": ["walks.pki": JSONValue(-promised)],
        "verified": verified("advised"),
        "shareOfPenalty": JSONValue(shareOfPenalty) { JSONValue($0) },
        "packed": [
          "largePage": JSONValue(advice.largePage) { JSONValue($0) },
          "bytes": JSONValue(advice.packedBytes), "modules": Self.json(advice.packs),
          "promised": ["walks.pki": JSONValue(-rate(advice.packs))],
          "verified": verified("packed"),
          "shareOfPenalty": JSONValue(share("packed")) { JSONValue($0) },
        ],
        "recommendation": .string(recommendation.rawValue),
      ],
      csv: csv, table: { text(width: $0) })
  }

  private func text(width: Int?) -> String {
    let budget = "\(ByteCount(advice.budget))"
    var parts: [String] = []
    if advice.picks.isEmpty {
      parts.append("No module is worth linking in within \(budget).\n")
    } else {
      parts.append(part("LINK IN", advice.picks, "advised", bytes: advice.bytes, width))
    }
    if let page = advice.largePage, !advice.packs.isEmpty {
      let title = "PACK TEXT IN \(ByteCount(page)) PAGES"
      parts.append(part(title, advice.packs, "packed", bytes: advice.packedBytes, width))
    } else {
      parts.append("No text is worth packing into large pages within \(budget).\n")
    }
    let verdict =
      switch recommendation {
      case .linkIn: "Link in: the replays show the larger saving for it."
      case .pack: "Pack: the replays show the larger saving for it."
      case .nothing: "Neither: no replay shows a saving."
      }
    return (parts + [verdict]).joined(separator: "\n") + "\n"
  }

  private func part(
    _ title: String, _ picks: [Advice.Pick], _ arm: String, bytes: UInt64, _ width: Int?
  ) -> String {
    var table = TextTable(columns: [.init(title), .number("bytes"), .number("saves walks")])
    for pick in picks.prefix(Self.shownLimit) {
      table.append([pick.module, String(pick.bytes), significant(pick.walks)])
    }
    if picks.count > Self.shownLimit {
      let rest = picks.dropFirst(Self.shownLimit)
      table.append([
        "(\(rest.count) more, see --json)", String(rest.reduce(0) { $0 + $1.bytes }),
        significant(rest.reduce(0) { $0 + $1.walks }),
      ])
    }
    var lines = [
      table.text(width: width), "\(bytes) of \(advice.budget) bytes; walks a replicate.",
      "Promised: \(significant(rate(picks))) walks fewer per 1000 instructions.",
    ]
    if let pair = difference(Self.metric, arm) {
      lines.append(
        "Replayed: \(significant(-pair.difference)) fewer (\(significant(-pair.high)) to "
          + "\(significant(-pair.low)), \(pair.replicates) replicates).")
    }
    if let share = share(arm) {
      lines.append("That is \(significant(100 * share, 3)) % of what linking all saves.")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
