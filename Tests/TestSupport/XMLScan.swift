/// Checks that tags nest, in a few lines: the oracle for what our writers print.
public enum XMLScan {
  /// Elements HTML never closes.
  static let empty: Set<String> = ["meta", "br", "img", "link", "input", "hr"]

  public static func isWellFormed(_ text: String) -> Bool { firstProblem(text) == nil }

  /// What is wrong with the nesting of `text`, HTML or XML; nil when nothing is.
  public static func firstProblem(_ text: String) -> String? {
    var open: [String] = []
    var rest = text[...]
    while let start = rest.firstIndex(of: "<") {
      rest = rest[start...]
      guard let end = rest.firstIndex(of: ">") else { return "a tag does not end" }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("!") || tag.hasPrefix("?") || tag.hasSuffix("/") { continue }
      let name = tag.drop { $0 == "/" }.prefix { !$0.isWhitespace }
      if tag.hasPrefix("/") {
        guard open.popLast() == String(name) else { return "</\(name)> closes nothing" }
        continue
      }
      if empty.contains(String(name)) { continue }
      open.append(String(name))
      if name == "script" || name == "style" {
        let close = "</\(name)>"
        guard let end = rest.firstRange(of: close) else { return "<\(name)> does not end" }
        rest = rest[end.upperBound...]
        open.removeLast()
      }
    }
    return open.isEmpty ? nil : "<\(open.last ?? "")> does not end"
  }
}
