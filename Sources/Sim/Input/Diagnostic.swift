/// One thing wrong with an input: where, what, and the nearest right thing.
public struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
  public let file: String
  /// 1-based; 0 when the place is the whole file.
  public let line: Int
  /// 1-based; 0 when the whole line is meant.
  public let column: Int
  public let message: String

  public init(file: String, line: Int = 0, column: Int = 0, _ message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  /// `FILE:LINE:COL: error: what`.
  public var description: String {
    let place = line == 0 ? "" : column == 0 ? ":\(line)" : ":\(line):\(column)"
    return "\(file)\(place): error: \(message)"
  }
}

/// What readers throw: all that is wrong with one input, in file order.
public struct InputError: Error, Sendable, CustomStringConvertible {
  /// Which exit code the command ends with.
  public enum Kind: Int32, Sendable {
    case badData = 65
    case missing = 66
    case cannotCreate = 73
    case cannotWrite = 74
  }

  public let kind: Kind
  public let diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic], kind: Kind = .badData) {
    self.kind = kind
    self.diagnostics = diagnostics
  }

  /// One problem at one place; `byte` names an offset in a binary input.
  public init(
    file: String, line: Int = 0, column: Int = 0, byte: UInt64? = nil, kind: Kind = .badData,
    _ message: String
  ) {
    let at = byte.map { "byte \($0): " } ?? ""
    self.init([Diagnostic(file: file, line: line, column: column, at + message)], kind: kind)
  }

  /// The first 20 problems, one a line, and how many more there are.
  public var description: String {
    var lines = diagnostics.prefix(20).map(\.description)
    if diagnostics.count > 20 { lines.append("(\(diagnostics.count - 20) more)") }
    return lines.joined(separator: "\n")
  }
}

/// The candidate closest to `word` by edit distance, when close enough to be a likely slip.
public func nearest(_ word: String, in candidates: [String]) -> String? {
  let target = lowercased(word)
  let letters = lettersOf(word)
  let limit = max(2, target.count / 3)
  var best: (distance: Int, candidate: String)?
  for candidate in candidates {
    // An edit takes away one letter and brings one. Most candidates end here.
    let others = lettersOf(candidate)
    guard
      (letters & ~others).nonzeroBitCount <= limit, (others & ~letters).nonzeroBitCount <= limit
    else { continue }
    let other = lowercased(candidate)
    guard
      let distance = editDistance(target, other, atMost: best?.distance ?? limit),
      best.map({ (distance, candidate) < $0 }) ?? true
    else { continue }
    best = (distance, candidate)
  }
  return best?.candidate
}

/// The first 64 bytes of a word, ASCII letters in lower case.
private func lowercased(_ word: String) -> [UInt8] {
  word.utf8.prefix(64).map { (65...90).contains($0) ? $0 | 32 : $0 }
}

/// A bit for each letter or digit, of either case, among the first 64 bytes of a word.
private func lettersOf(_ word: String) -> UInt32 {
  word.utf8.prefix(64).reduce(0) { $0 | 1 << UInt32($1 & 31) }
}

/// Levenshtein distance in bytes; nil when it is above `limit`.
func editDistance(_ a: [UInt8], _ b: [UInt8], atMost limit: Int) -> Int? {
  // Each byte one is longer than the other is an edit.
  guard abs(a.count - b.count) <= limit else { return nil }
  var row = Array(0...b.count)
  for i in 0..<a.count {
    var diagonal = row[0]
    row[0] = i + 1
    var least = row[0]
    for j in 0..<b.count {
      let cost = a[i] == b[j] ? diagonal : 1 + min(diagonal, row[j], row[j + 1])
      diagonal = row[j + 1]
      row[j + 1] = cost
      least = min(least, cost)
    }
    guard least <= limit else { return nil }
  }
  return row[b.count] <= limit ? row[b.count] : nil
}

/// `; did you mean 'X'?` or, when nothing is close, `; one of A, B, C`.
public func suggestion(for word: String, in candidates: [String]) -> String {
  if let near = nearest(word, in: candidates) { return "; did you mean '\(near)'?" }
  if candidates.isEmpty { return "" }
  let shown = candidates.prefix(12).joined(separator: ", ")
  return "; one of \(shown)" + (candidates.count > 12 ? ", …" : "")
}
