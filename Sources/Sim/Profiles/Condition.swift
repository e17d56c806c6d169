/// A test over facts, as profiles write it: `securelevel > 0`, `user != root and userLoad == no`,
/// `signature in none|revoked or mode has 022`.
///
/// `and` binds tighter than `or`. Two whole numbers of 64 bits compare as numbers, anything else as
/// words;
/// `has` is true when two octal or decimal numbers share a bit.
public struct Condition: Hashable, Sendable {
  /// How a fact is held against a value.
  public enum Comparison: String, CaseIterable, Sendable {
    case equal = "=="
    case different = "!="
    case less = "<"
    case more = ">"
    case atMost = "<="
    case atLeast = ">="
    case isOneOf = "in"
    case hasBit = "has"
  }

  /// One `fact comparison value`. The value may name another fact as `$name`.
  public struct Test: Hashable, Sendable {
    public var fact: String
    public var comparison: Comparison
    public var value: String
  }

  /// Any of these, each all of its tests. Empty: always true.
  public let alternatives: [[Test]]

  /// Always true.
  public static let always = Condition(alternatives: [])

  private init(alternatives: [[Test]]) { self.alternatives = alternatives }

  /// Nil when `text` is no condition; `problem` says why.
  public init?(_ text: String, problem: inout String) {
    if text == "always" {
      self = .always
      return
    }
    var alternatives: [[Test]] = [[]]
    var words = text.split(separator: " ").map(String.init)[...]
    while true {
      guard words.count >= 3 else {
        problem = "'\(text)' is no condition; it wants 'FACT == VALUE', joined by 'and' or 'or'"
        return nil
      }
      let sign = words[words.startIndex + 1]
      guard let comparison = Comparison(rawValue: sign) else {
        problem =
          "'\(sign)' is no comparison"
          + suggestion(for: sign, in: Comparison.allCases.map(\.rawValue))
        return nil
      }
      let test = Test(
        fact: words[words.startIndex], comparison: comparison, value: words[words.startIndex + 2])
      alternatives[alternatives.count - 1].append(test)
      words = words.dropFirst(3)
      guard let joint = words.popFirst() else { break }
      switch joint {
      case "and": continue
      case "or": alternatives.append([])
      default:
        problem = "'\(joint)' stands where 'and' or 'or' should"
        return nil
      }
    }
    self.alternatives = alternatives
  }

  /// Names of every fact it looks at, in order.
  public var facts: [String] {
    alternatives.joined().flatMap { test in
      test.value.hasPrefix("$") ? [test.fact, String(test.value.dropFirst())] : [test.fact]
    }
  }

  /// Whether it holds; `fact` gives a fact's value.
  public func holds(_ fact: (String) -> String) -> Bool {
    if alternatives.isEmpty { return true }
    return alternatives.contains { tests in
      tests.allSatisfy { test in
        let value =
          test.value.hasPrefix("$") ? fact(String(test.value.dropFirst())) : test.value
        return Condition.compare(fact(test.fact), test.comparison, value)
      }
    }
  }

  private static func compare(_ a: String, _ comparison: Comparison, _ b: String) -> Bool {
    switch comparison {
    case .isOneOf: return b.split(separator: "|").contains { $0 == a }
    case .hasBit: return (octal(a) ?? 0) & (octal(b) ?? 0) != 0
    default: break
    }
    let order: Int
    if let x = Int(a), let y = Int(b) {
      order = x < y ? -1 : x > y ? 1 : 0
    } else {
      order = a < b ? -1 : a > b ? 1 : 0
    }
    switch comparison {
    case .equal: return order == 0
    case .different: return order != 0
    case .less: return order < 0
    case .more: return order > 0
    case .atMost: return order <= 0
    case .atLeast: return order >= 0
    case .isOneOf, .hasBit: return false
    }
  }

  private static func octal(_ text: String) -> UInt64? {
    text.hasPrefix("0") ? UInt64(text, radix: 8) : UInt64(text)
  }
}
