import Foundation

/// A Swift file, and the same text with comments and string contents blanked out.
struct SourceText {
  /// Path below the repository's root.
  let path: String
  let text: String
  let lines: [Substring]
  /// `text` line by line, comments and what quotes hold replaced by blanks.
  let code: [[UInt8]]

  init(path: String, text: String) {
    self.path = path
    self.text = text
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var blank = Blanker(Array(text.utf8))
    blank.run()
    code = blank.bytes.split(separator: 10, omittingEmptySubsequences: false).map { Array($0) }
  }

  /// `Sources/Sim/Layout/…` → `Layout`; nil outside `Sources/Sim`.
  var folder: String? {
    let parts = path.split(separator: "/")
    guard parts.count > 3, parts[0] == "Sources", parts[1] == "Sim" else { return nil }
    return String(parts[2])
  }

  /// Whether the line at this index is nothing but the inside of a string literal.
  func isInsideLiteral(_ index: Int) -> Bool {
    let line = lines[index].drop { $0 == " " }
    return code[index].allSatisfy { $0 == 32 } && !line.hasPrefix("/")
  }

  var imports: [String] {
    lines.compactMap { line in
      let words = line.split(separator: " ")
      guard let at = words.firstIndex(of: "import"), at <= 2, words.count > at + 1 else {
        return nil
      }
      return String(words[words.count - 1])
    }
  }

  /// Identifiers of the code that no dot precedes, with their lines (1-based).
  func identifiers() -> [(name: String, line: Int)] {
    var found: [(name: String, line: Int)] = []
    for (number, line) in code.enumerated() {
      var word: [UInt8] = []
      var before: UInt8 = 32
      for byte in line + [32] {
        if SourceText.isWord(byte) {
          word.append(byte)
          continue
        }
        if let first = word.first, !(48...57).contains(first), before != 46 {
          found.append((String(decoding: word, as: UTF8.self), number + 1))
        }
        if !word.isEmpty || byte != 32 { before = byte }
        word = []
      }
    }
    return found
  }

  static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 95, 97...122, 128...255: true
    default: false
    }
  }

  private static let declarations = ["struct", "class", "enum", "protocol", "actor", "typealias"]

  /// Names of the types declared in this file: at the top level, and inside other types.
  func declaredTypes() -> (top: [String], nested: [String]) {
    var top: [String] = []
    var nested: [String] = []
    var depth = 0
    for line in code {
      let words = line.split(whereSeparator: { !SourceText.isWord($0) })
        .map { String(decoding: $0, as: UTF8.self) }
      if let at = words.firstIndex(where: { SourceText.declarations.contains($0) }),
        at + 1 < words.count, words[at + 1].first?.isUppercase == true
      {
        let isPrivate = words[..<at].contains("private") || words[..<at].contains("fileprivate")
        if depth == 0 && !isPrivate {
          top.append(words[at + 1])
        } else {
          nested.append(words[at + 1])
        }
      }
      for byte in line {
        if byte == 123 { depth += 1 }
        if byte == 125 { depth -= 1 }
      }
    }
    return (top, nested)
  }

  /// Functions, initialisers and computed properties with their first line and length in lines.
  func bodies() -> [(name: String, line: Int, length: Int)] {
    var found: [(name: String, line: Int, length: Int)] = []
    for (index, line) in code.enumerated() {
      let words = line.split(whereSeparator: { !SourceText.isWord($0) })
        .map { String(decoding: $0, as: UTF8.self) }
      guard let at = words.firstIndex(where: { ["func", "init", "subscript"].contains($0) }),
        words[..<at].allSatisfy({ SourceText.modifiers.contains($0) }),
        let end = bodyEnd(from: index)
      else { continue }
      let name = words[at] == "func" && at + 1 < words.count ? words[at + 1] : words[at]
      found.append((name, index + 1, end - index + 1))
    }
    return found
  }

  private static let modifiers = [
    "public", "private", "fileprivate", "internal", "static", "mutating", "override", "final",
    "inline", "__always", "discardableResult", "nonisolated", "consuming", "borrowing", "package",
    "required", "convenience", "never", "main", "Test", "specialized",
  ]

  /// The line on which the braces opened at or after `start` close; nil for one without a body.
  private func bodyEnd(from start: Int) -> Int? {
    var braces = 0
    var parentheses = 0
    var opened = false
    for index in start..<code.count {
      for byte in code[index] {
        switch byte {
        case 40: parentheses += 1
        case 41: parentheses -= 1
        case 123 where parentheses == 0 || opened:
          braces += 1
          opened = true
        case 125 where opened: braces -= 1
        case 125: return nil
        default: break
        }
        if opened && braces == 0 { return index }
      }
    }
    return nil
  }
}

/// Overwrites comments and the contents of string literals with blanks, line ends kept. Code in
/// interpolations stays.
private struct Blanker {
  var bytes: [UInt8]
  private var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func run() { code(untilParenthesis: false) }

  private func looking(at text: String) -> Bool {
    let wanted = Array(text.utf8)
    return at + wanted.count <= bytes.count && bytes[at..<(at + wanted.count)].elementsEqual(wanted)
  }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where at < bytes.count {
      if bytes[at] != 10 { bytes[at] = 32 }
      at += 1
    }
  }

  private mutating func code(untilParenthesis: Bool) {
    var depth = 0
    while at < bytes.count {
      if looking(at: "//") {
        while at < bytes.count, bytes[at] != 10 { blank() }
      } else if looking(at: "/*") {
        while at < bytes.count, !looking(at: "*/") { blank() }
        blank(2)
      } else if bytes[at] == 34 || (bytes[at] == 35 && hashes() > 0) {
        string()
      } else {
        if bytes[at] == 40 { depth += 1 }
        if bytes[at] == 41 {
          if untilParenthesis && depth == 0 { return }
          depth -= 1
        }
        at += 1
      }
    }
  }

  /// How many `#` stand before a quote here; 0 when no quote follows.
  private func hashes() -> Int {
    var end = at
    while end < bytes.count, bytes[end] == 35 { end += 1 }
    return end < bytes.count && bytes[end] == 34 ? end - at : 0
  }

  private mutating func string() {
    let pound = String(repeating: "#", count: hashes())
    blank(pound.utf8.count)
    let quote = looking(at: "\"\"\"") ? "\"\"\"" : "\""
    blank(quote.utf8.count)
    let closing = quote + pound
    let escape = "\\" + pound
    while at < bytes.count, !looking(at: closing) {
      if looking(at: escape + "(") {
        blank(escape.utf8.count + 1)
        code(untilParenthesis: true)
        blank()
      } else if looking(at: escape) {
        blank(escape.utf8.count + 1)
      } else if bytes[at] == 10 && quote == "\"" {
        return
      } else {
        blank()
      }
    }
    blank(closing.utf8.count)
  }
}

/// The repository's own text files.
enum Repository {
  static let root: URL = {
    var folder = URL(filePath: #filePath)
    while folder.lastPathComponent != "Tests" { folder.deleteLastPathComponent() }
    return folder.deletingLastPathComponent()
  }()

  /// Paths below the root of all files in `folders` with one of these endings, sorted.
  static func files(_ folders: [String], _ endings: [String]) -> [String] {
    var found: [String] = []
    for folder in folders {
      let names =
        (try? FileManager.default.subpathsOfDirectory(
          atPath: root.appending(path: folder).path())) ?? []
      found += names.filter { name in endings.contains { name.hasSuffix($0) } }
        .map { "\(folder)/\($0)" }
    }
    return found.sorted()
  }

  static func text(_ path: String) -> String {
    (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
  }

  /// Every Swift file, read once.
  static let sources: [SourceText] =
    (["Package.swift"] + files(["Plugins", "Sources", "Tests"], [".swift"])).map {
      SourceText(path: $0, text: text($0))
    }
}
