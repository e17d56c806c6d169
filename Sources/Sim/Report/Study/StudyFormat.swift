import Foundation

/// How a page prints a value: digits (`3`), percent of a share (`%2`, signed `+%2`), signed (`+3`),
/// a factor (`x2`), a whole number with commas (`int`), or as it is.
struct StudyFormat {
  let text: String

  func shown(_ value: StudyValue) -> String {
    guard !text.isEmpty, let number = value.number else {
      return value.text.isEmpty ? "–" : value.text
    }
    var rest = text[...]
    if rest == "int" { return StudyFormat.grouped(number) }
    let signed = rest.hasPrefix("+")
    if signed { rest = rest.dropFirst() }
    let percent = rest.hasPrefix("%")
    let factor = rest.hasPrefix("x")
    if percent || factor { rest = rest.dropFirst() }
    let digits = Int(rest) ?? 3
    let shown = percent ? number * 100 : number
    var out = StudyFormat.rounded(shown, digits)
    if signed, shown > 0, out != "0" { out = "+" + out }
    out = out.replacingOccurrences(of: "-", with: "−")
    return (factor ? "×" : "") + out + (percent ? " %" : "")
  }

  /// So many significant digits, no exponent, whole parts never cut.
  static func rounded(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "–" }
    guard value != 0 else { return "0" }
    let magnitude = Int(log10(abs(value)).rounded(.down))
    let places = min(9, max(0, digits - 1 - magnitude))
    if abs(value) >= 10_000 { return grouped(value) }
    let text = String(format: "%.\(places)f", value)
    return text.allSatisfy({ "-0.".contains($0) }) ? "0" : text
  }

  static func grouped(_ value: Double) -> String {
    guard abs(value) < 1e15 else { return "–" }
    let whole = Int(value.rounded())
    var digits = String(whole.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits = String(digits.dropLast(3))
    }
    groups.insert(digits, at: 0)
    return (whole < 0 ? "−" : "") + groups.joined(separator: ",")
  }
}
