extension MetricCatalog {
  /// The reference page of all metrics as Markdown, made from their one definition.
  public static var reference: String {
    var lines = [
      "# Metrics", "", "Every metric kfrag reports, by name, as tables, CSV and JSON call it.", "",
      "## Overview", "",
      "Rates are per 1000 kernel instructions, that is fetches with collapsed repeats counted, "
        + "after warm-up; a recorded stream has none, and counts from its first reference.",
      "This page is made from ``MetricCatalog``: `kfrag list metrics --markdown`.", "",
    ]
    for (title, needsReplay) in [("Measured by replay", true), ("Measured of a layout", false)] {
      lines += ["## \(title)", "", "| metric | unit | better | meaning |", "|---|---|---|---|"]
      for metric in all where metric.needsReplay == needsReplay {
        let better =
          switch metric.polarity {
          case .lowerIsBetter: "lower"
          case .higherIsBetter: "higher"
          case .neither: "–"
          }
        lines.append("| `\(metric.name)` | \(metric.unit) | \(better) | \(metric.definition) |")
      }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }
}
