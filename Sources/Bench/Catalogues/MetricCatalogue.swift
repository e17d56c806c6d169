import Sim

/// `kfrag list metrics`, `kfrag show metric NAME`.
struct MetricCatalogue: Catalogue {
  let plural = "metrics"
  let singular = "metric"
  let columns: [TextTable.Column] = [TextTable.Column("UNIT"), TextTable.Column("BETTER")]

  func items() -> [CatalogueItem] {
    MetricCatalog.all.map { metric in
      CatalogueItem(
        name: metric.name, summary: metric.definition,
        columns: [metric.unit, metric.polarity.word], members: members(metric))
    }
  }

  func show(_ name: String) throws -> CatalogueEntry {
    guard let metric = MetricCatalog.named(name) else {
      let all = MetricCatalog.all.map(\.name)
      throw InputError(
        file: name, kind: .missing, "unknown metric" + suggestion(for: name, in: all))
    }
    let text = """
      name: \(metric.name)
      unit: \(metric.unit)
      better: \(metric.polarity.word)
      per: \(metric.denominator.words)
      needs: \(metric.needsReplay ? "a reference stream" : "only a layout")
      definition: \(metric.definition)

      """
    var all = members(metric)
    all["name"] = .string(metric.name)
    all["definition"] = .string(metric.definition)
    return CatalogueEntry(text: text, members: all)
  }

  private func members(_ metric: Metric) -> [String: JSONValue] {
    [
      "unit": .string(metric.unit), "polarity": .string(metric.polarity.rawValue),
      "denominator": .string(metric.denominator.rawValue),
      "needsReplay": .bool(metric.needsReplay),
    ]
  }
}

extension MetricPolarity {
  var word: String {
    switch self {
    case .lowerIsBetter: "lower"
    case .higherIsBetter: "higher"
    case .neither: "neither"
    }
  }
}

extension MetricDenominator {
  var words: String {
    switch self {
    case .kiloInstructions: "1000 kernel instructions"
    case .references: "reference of that side, collapsed repeats included"
    case .lookups: "lookup"
    case .none: "nothing"
    }
  }
}
