/// HTML under construction. Tag and attribute names are literals of this program and everything
/// else is escaped, so text from an input can never become markup.
struct HTMLWriter {
  private(set) var html = ""

  /// Attributes in the order they are written.
  typealias Attributes = KeyValuePairs<StaticString, String>

  /// `<name …>`, what `body` writes, `</name>`.
  mutating func element(
    _ name: StaticString, _ attributes: Attributes = [:], _ body: (inout HTMLWriter) -> Void
  ) {
    open(name, attributes)
    body(&self)
    html += "</\(name)>"
  }

  /// An element that holds only text.
  mutating func element(_ name: StaticString, _ attributes: Attributes = [:], text: String) {
    element(name, attributes) { $0.text(text) }
  }

  /// An element without an end tag, such as `meta`.
  mutating func open(_ name: StaticString, _ attributes: Attributes = [:]) {
    html += "<\(name)"
    for (key, value) in attributes { html += " \(key)=\"\(HTMLWriter.escaped(value))\"" }
    html += ">"
  }

  /// Text, escaped.
  mutating func text(_ text: String) { html += HTMLWriter.escaped(text) }

  mutating func newline() { html += "\n" }

  /// Markup this program made itself: a style sheet, a script, a chart gnuplot drew.
  mutating func trusted(_ markup: String) { html += markup }

  /// `text` with what HTML gives a meaning made plain, in content and in quoted attributes, and
  /// control characters, which no HTML document may hold, shown as a replacement character.
  static func escaped(_ text: String) -> String {
    var out = ""
    out.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      case "\n", "\t": out.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value):
        out += "\u{fffd}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
