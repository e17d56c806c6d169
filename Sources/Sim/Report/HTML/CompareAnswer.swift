/// The answer of a comparison in a sentence an arm, from its JSON.
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
    return treatments.compactMap { name in
      let own = all.filter { $0["treatment"]?.string == name }
      let chosen =
        own.first { $0["metric"]?.string == CompareChart.ladderMetric }
        ?? own.first { $0["metric"]?.string == "walks.pki" } ?? own.first
      return chosen.flatMap(sentence)
    }
  }

  private static func sentence(_ item: JSONValue) -> String? {
    guard let metric = item["metric"]?.string, let difference = item["difference"]?.double,
      let low = item["low"]?.double, let high = item["high"]?.double
    else { return nil }
    let treatment = item["treatment"]?.string ?? "?"
    let baseline = item["baseline"]?.string ?? "?"
    let what = metric == CompareChart.ladderMetric ? "address-translation cycles" : metric
    let percent = Int(((item["confidence"]?.double ?? 0.95) * 100).rounded())
    let count = item["replicates"]?.int.map { ", \($0) paired replicates" } ?? ""
    let unit = MetricCatalog.named(metric).map { " \($0.unit)" } ?? ""
    let bounds: String
    let amount: String
    if let relative = item["relative"]?.double, relative != 0, difference != 0 {
      let base = abs(difference / relative)
      amount = "\(significant(abs(difference) / base * 100, 3)) %"
      bounds = "\(significant(low / base * 100, 3)) % to \(significant(high / base * 100, 3)) %"
    } else {
      amount = significant(abs(difference), 3) + unit
      bounds = "\(significant(low, 3)) to \(significant(high, 3))\(unit)"
    }
    let interval = "(\(percent) % interval \(bounds)\(count))"
    guard low > 0 || high < 0 else {
      return "'\(treatment)' instead of '\(baseline)' shows no difference in \(what) \(interval)."
    }
    let verb = difference > 0 ? "raises" : "lowers"
    return "'\(treatment)' instead of '\(baseline)' \(verb) \(what) by \(amount) \(interval)."
  }
}
