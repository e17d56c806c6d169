/// The answer of a comparison in two sentences an arm, from its JSON.
public enum CompareAnswer {
  /// "'modular' instead of 'monolithic' raises address-translation cycles by …".
  public static func sentences(_ json: JSONValue) -> [String] {
    let all = json["comparisons"]?.array ?? []
    var treatments: [String] = []
    for item in all {
      if let name = item["treatment"]?.string, !treatments.contains(name) {
        treatments.append(name)
      }
    }
    return treatments.flatMap { name -> [String] in
      let own = all.filter { $0["treatment"]?.string == name }
      let chosen = CompareTable.headlineMetrics.compactMap { metric in
        own.first { $0["metric"]?.string == metric.name }
      }
      return (chosen.isEmpty ? Array(own.prefix(1)) : chosen).compactMap(sentence)
    }
  }

  private static func sentence(_ item: JSONValue) -> String? {
    guard let metric = item["metric"]?.string, let difference = item["difference"]?.double
    else { return nil }
    // One replicate has no interval, which JSON spells null.
    let (low, high) = (item["low"]?.double ?? -.infinity, item["high"]?.double ?? .infinity)
    let what = CompareTable.headlineMetrics.first { $0.name == metric }?.what ?? metric
    let count = item["replicates"]?.int.map { ", \($0) replicates" } ?? ""
    return CompareTable.sentence(
      what: what, treatment: item["treatment"]?.string ?? "?",
      baseline: item["baseline"]?.string ?? "?", difference: difference,
      relative: item["relative"]?.double ?? 0, low: low, high: high,
      confidence: item["confidence"]?.double ?? 0.95) + count + "."
  }
}
