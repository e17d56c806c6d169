/// What modprobe's configuration says: `modprobe.d/*.conf`, `modules.alias`, `modules.softdep`.
///
/// Source: kmod 30, modprobe.d(5) and libkmod-module.c. `-` equals `_` in names; a `\` at a line's
/// end joins it with the next.
public struct ModprobeConfiguration: Hashable, Sendable {
  public struct Alias: Hashable, Sendable {
    /// Shell pattern, `-` written as `_`.
    public let pattern: String
    public let module: String
  }

  /// In file order; every pattern that matches counts.
  public internal(set) var aliases: [Alias] = []
  public internal(set) var blacklist: [String] = []
  /// Commands run instead of inserting a module; the last line of a name wins.
  public internal(set) var installs: [Command] = []
  /// Commands run instead of removing one.
  public internal(set) var removes: [Command] = []
  public internal(set) var softDependencies: [Command] = []

  /// A line of the form `WORD MODULE TEXT`.
  public struct Command: Hashable, Sendable {
    public let module: String
    public let command: String
  }

  public init() {}

  /// Adds a file's lines.
  /// - Throws: every malformed line at once.
  public mutating func read(_ text: String, file: String) throws(InputError) {
    var problems: [Diagnostic] = []
    var joined = ""
    for (index, line) in TextLines.lines(text).enumerated() {
      if line.hasSuffix("\\") {
        joined += line.dropLast() + " "
        continue
      }
      let whole = joined + line
      joined = ""
      let words = TextLines.words(Substring(whole)).map(String.init)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      if let problem = add(words) {
        let column = line.utf8.count - line.drop { $0 == " " || $0 == "\t" }.utf8.count + 1
        problems.append(Diagnostic(file: file, line: index + 1, column: column, problem))
      }
    }
    guard problems.isEmpty else { throw InputError(problems) }
  }

  static let words = ["alias", "blacklist", "install", "options", "remove", "softdep"]

  /// Adds one line; what is wrong with it, or nil.
  mutating func add(_ words: [String]) -> String? {
    let rest = words.dropFirst(2).joined(separator: " ")
    let name = words.count > 1 ? Self.name(words[1]) : ""
    switch words[0] {
    case "blacklist" where words.count >= 2: blacklist.append(name)
    case "alias" where words.count >= 3:
      aliases.append(Alias(pattern: name, module: Self.name(words[2])))
    case "install" where words.count >= 3: installs.append(Command(module: name, command: rest))
    case "remove" where words.count >= 3: removes.append(Command(module: name, command: rest))
    case "softdep" where words.count >= 3:
      softDependencies.append(Command(module: name, command: rest))
    case "options": break
    case let word where Self.words.contains(word):
      return "'\(word)' wants \(word == "blacklist" ? "a module" : "a name and what follows it")"
    default:
      return "'\(words[0])' is no word of modprobe's configuration"
        + suggestion(for: words[0], in: Self.words)
    }
    return nil
  }

  static func name(_ text: String) -> String { String(text.map { $0 == "-" ? "_" : $0 }) }

  /// Modules a name stands for by its aliases; empty when no alias matches.
  public func modules(for name: String) -> [String] {
    let name = Self.name(name)
    var found: [String] = []
    for alias in aliases where Self.matches(alias.pattern, name) && !found.contains(alias.module) {
      found.append(alias.module)
    }
    return found
  }

  public func command(instead module: String) -> String? {
    // A soft dependency of the same name wins over an install line.
    guard !softDependencies.contains(where: { $0.module == module }) else { return nil }
    return installs.last { $0.module == module }?.command
  }

  /// Shell pattern: `*`, `?`, `[abc]`, `[a-c]`, `[!a]`. Linear in text for each star.
  static func matches(_ pattern: String, _ text: String) -> Bool {
    let pattern = Array(pattern.utf8)
    let text = Array(text.utf8)
    var (p, t) = (0, 0)
    var star: (p: Int, t: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        star = (p + 1, t)
        p += 1
      } else if let next = one(pattern, p, text[t]) {
        p = next
        t += 1
      } else if let last = star {
        star = (last.p, last.t + 1)
        p = last.p
        t = last.t + 1
      } else {
        return false
      }
    }
    while p < pattern.count, pattern[p] == UInt8(ascii: "*") { p += 1 }
    return p == pattern.count
  }

  /// Where the pattern goes on when its element at `p` takes `byte`.
  private static func one(_ pattern: [UInt8], _ p: Int, _ byte: UInt8) -> Int? {
    guard p < pattern.count else { return nil }
    if pattern[p] == UInt8(ascii: "?") { return p + 1 }
    guard pattern[p] == UInt8(ascii: "["),
      let close = pattern[(p + 1)...].firstIndex(of: UInt8(ascii: "]")), close > p + 1
    else { return pattern[p] == byte ? p + 1 : nil }
    var members = pattern[(p + 1)..<close]
    let isInverted = members.first == UInt8(ascii: "!")
    if isInverted { members = members.dropFirst() }
    var isMember = false
    var at = members.startIndex
    while at < members.endIndex {
      // `-` was written as `_` with the rest of the name.
      if at + 2 < members.endIndex, members[at + 1] == UInt8(ascii: "_") {
        isMember = isMember || members[at] <= byte && byte <= members[at + 2]
        at += 3
      } else {
        isMember = isMember || members[at] == byte
        at += 1
      }
    }
    return isMember != isInverted ? close + 1 : nil
  }
}
