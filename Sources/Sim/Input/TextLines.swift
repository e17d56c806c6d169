/// Lines and fields of whole texts by bytes: Character views are an order of magnitude slower, and
/// to Swift a CR LF pair is one Character that splitting on "\n" never sees.
public enum TextLines {
  /// The lines of `text`, without LF or CR LF. A last line without an end counts.
  public static func lines(_ text: String) -> [Substring] {
    var lines: [Substring] = []
    let bytes = text.utf8
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let end = bytes[start...].firstIndex(of: 10) ?? bytes.endIndex
      var last = end
      if last > start {
        let before = bytes.index(before: last)
        if bytes[before] == 13 { last = before }
      }
      lines.append(Substring(bytes[start..<last]))
      start = end < bytes.endIndex ? bytes.index(after: end) : end
    }
    return lines
  }

  /// The parts of `line` between `separator`s, empty ones kept.
  public static func fields(_ line: Substring, separator: UInt8 = 44) -> [Substring] {
    line.utf8.split(separator: separator, omittingEmptySubsequences: false).map { Substring($0) }
  }

  /// The parts of `line` between blanks and tabs.
  public static func words(_ line: Substring) -> [Substring] {
    line.utf8.split(whereSeparator: { $0 == 32 || $0 == 9 }).map { Substring($0) }
  }
}
