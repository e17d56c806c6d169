/// One sentence a study stands by: what it says, the value that shows it, and the bounds that value
/// must keep.
public struct StudyClaim: Sendable {
  public var id: String
  public var says: String
  /// Expression over the study's data.
  public var value: String
  public var format: String
  /// The command that makes the data, and how long it takes on two cores.
  public var command: String
  public var minutes: Double
  public var low: Double
  public var high: Double
  /// The word expected, when the value is one.
  public var word: String?
  /// The bounds in words.
  public var bounds: String

  /// A claim and what the data says to it.
  public struct Outcome: Sendable {
    public let claim: StudyClaim
    public let found: StudyValue
    public let holds: Bool
  }

  func outcome(_ data: StudyData) throws(InputError) -> Outcome {
    let found = try StudyExpression.value(value, data)
    if let word { return Outcome(claim: self, found: found, holds: found.text == word) }
    let number = found.number ?? .nan
    return Outcome(claim: self, found: found, holds: number >= low && number <= high)
  }

  static func table(_ outcomes: [Outcome]) -> String {
    var lines = [
      "| id | claim | expected | found | holds | command | minutes |",
      "|---|---|---|---:|---|---|---:|",
    ]
    for outcome in outcomes {
      let claim = outcome.claim
      lines.append(
        "| \(claim.id) | \(claim.says) | \(claim.bounds) "
          + "| \(StudyFormat(text: claim.format).shown(outcome.found)) "
          + "| \(outcome.holds ? "yes" : "**no**") | `\(claim.command)` "
          + "| \(StudyFormat.rounded(claim.minutes, 2)) |")
    }
    return lines.joined(separator: "\n")
  }
}

/// A study's file `claims.yaml`: named values, then claims.
struct StudyClaimsReader {
  static func read(_ path: String, _ data: StudyData) throws(InputError) -> [StudyClaim] {
    let (claims, values, document) = try parse(path)
    for (name, expression, place) in values {
      do {
        data.define(name, try StudyExpression.value(expression, data))
      } catch {
        for fault in error.diagnostics { place.report(fault.message) }
      }
    }
    try document.finish()
    return claims
  }

  /// What the file says, before anything is worked out.
  static func parse(
    _ path: String
  ) throws(InputError) -> (
    claims: [StudyClaim], values: [(name: String, expression: String, place: YAMLValue)],
    document: StrictYAML
  ) {
    let document = try StrictYAML(text: InputFile.text(path, limit: 1 << 22), file: path)
    var values: [(name: String, expression: String, place: YAMLValue)] = []
    let claims = document.root.mapping { root -> [StudyClaim] in
      for (name, _, value) in root.optional("values")?.pairs() ?? [] {
        values.append((name, value.string() ?? "", value))
      }
      let command = root.string("command", default: "")
      let minutes = root.double("minutes", 0...600, default: 0)
      return (root.optional("claims")?.list() ?? []).map { one($0, command, minutes) }
    }
    try document.finish()
    return (claims, values, document)
  }

  private static func one(_ value: YAMLValue, _ command: String, _ minutes: Double) -> StudyClaim {
    value.mapping { map in
      let format = map.string("format", default: "3")
      func shown(_ value: Double) -> String { StudyFormat(text: format).shown(.number(value)) }
      var low = -Double.infinity
      var high = Double.infinity
      var bounds: [String] = []
      let word = map.optional("is")?.string()
      if let word { bounds.append("`\(word)`") }
      if let expected = map.optional("expect")?.double() {
        let slack = max(
          map.double("tolerance", 0...1e12, default: 0),
          abs(expected) * map.double("relative", 0...100, default: 0))
        (low, high) = (expected - slack, expected + slack)
        bounds.append(slack > 0 ? "\(shown(expected)) ± \(shown(slack))" : shown(expected))
      }
      if let least = map.optional("atLeast")?.double() {
        low = least
        bounds.append("≥ \(shown(least))")
      }
      if let most = map.optional("atMost")?.double() {
        high = most
        bounds.append("≤ \(shown(most))")
      }
      if bounds.isEmpty {
        map.whole.report("say what to expect: 'expect', 'atLeast', 'atMost' or 'is'")
      }
      return StudyClaim(
        id: map.string("id"), says: map.string("says"), value: map.string("value"),
        format: format, command: map.string("command", default: command),
        minutes: map.double("minutes", 0...600, default: minutes), low: low, high: high,
        word: word, bounds: bounds.joined(separator: ", "))
    }
  }
}
