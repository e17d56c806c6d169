import Foundation

/// A value of a page: a number or a word.
public enum StudyValue: Hashable, Sendable {
  case number(Double)
  case text(String)

  public var number: Double? {
    switch self {
    case .number(let value): value
    case .text(let text): Double(text)
    }
  }

  public var text: String {
    switch self {
    case .number(let value): significant(value, 12)
    case .text(let text): text
    }
  }
}

/// Computes what a page prints from a study's tables: numbers, words in double quotes, `+ - * /`,
/// comparisons, names of values defined before, and functions (`StudyData.call`).
struct StudyExpression {
  private enum Token: Equatable {
    case number(Double), text(String), name(String), sign(String)
  }

  private var tokens: [Token] = []
  private var at = 0
  private let source: String
  private let data: StudyData

  static func value(_ source: String, _ data: StudyData) throws(InputError) -> StudyValue {
    var parser = StudyExpression(source, data)
    try parser.scan()
    let value = try parser.comparison()
    guard parser.at == parser.tokens.count else { throw parser.fault("something is left over") }
    return value
  }

  private init(_ source: String, _ data: StudyData) {
    self.source = source
    self.data = data
  }

  private func fault(_ message: String) -> InputError {
    InputError(file: data.file, "'\(source)': \(message)")
  }

  private mutating func scan() throws(InputError) {
    var rest = source[...]
    while let first = rest.first {
      if first.isWhitespace {
        rest = rest.dropFirst()
      } else if first == "\"" {
        let text = rest.dropFirst().prefix { $0 != "\"" }
        rest = rest.dropFirst(text.count + 2)
        tokens.append(.text(String(text)))
      } else if first.isNumber {
        let text = rest.prefix { $0.isNumber || $0 == "." || $0 == "e" }
        guard let number = Double(text) else { throw fault("'\(text)' is no number") }
        tokens.append(.number(number))
        rest = rest.dropFirst(text.count)
      } else if first.isLetter {
        let text = rest.prefix { $0.isLetter || $0.isNumber }
        tokens.append(.name(String(text)))
        rest = rest.dropFirst(text.count)
      } else {
        let two = String(rest.prefix(2))
        let sign = ["<=", ">=", "==", "!="].contains(two) ? two : String(first)
        guard sign.count == 2 || "+-*/(),<>".contains(first) else {
          throw fault("'\(first)' is unknown")
        }
        tokens.append(.sign(sign))
        rest = rest.dropFirst(sign.count)
      }
    }
  }

  private mutating func take(_ signs: String...) -> String? {
    guard at < tokens.count, case .sign(let sign) = tokens[at], signs.contains(sign) else {
      return nil
    }
    at += 1
    return sign
  }

  private mutating func comparison() throws(InputError) -> StudyValue {
    let left = try sum()
    guard let sign = take("<", ">", "<=", ">=", "==", "!=") else { return left }
    let right = try sum()
    if sign == "==" || sign == "!=" {
      let same = left.number != nil ? left.number == right.number : left.text == right.text
      return .number(same == (sign == "==") ? 1 : 0)
    }
    let (a, b) = (try number(left), try number(right))
    let holds = sign == "<" ? a < b : sign == ">" ? a > b : sign == "<=" ? a <= b : a >= b
    return .number(holds ? 1 : 0)
  }

  private mutating func sum() throws(InputError) -> StudyValue {
    var value = try product()
    while let sign = take("+", "-") {
      let (a, b) = (try number(value), try number(product()))
      value = .number(sign == "+" ? a + b : a - b)
    }
    return value
  }

  private mutating func product() throws(InputError) -> StudyValue {
    var value = try factor()
    while let sign = take("*", "/") {
      let (a, b) = (try number(value), try number(factor()))
      value = .number(sign == "*" ? a * b : a / b)
    }
    return value
  }

  private mutating func factor() throws(InputError) -> StudyValue {
    if take("-") != nil { return .number(-(try number(factor()))) }
    if take("(") != nil {
      let value = try comparison()
      guard take(")") != nil else { throw fault("')' is missing") }
      return value
    }
    guard at < tokens.count else { throw fault("it ends too soon") }
    let token = tokens[at]
    at += 1
    switch token {
    case .number(let number): return .number(number)
    case .text(let text): return .text(text)
    case .sign(let sign): throw fault("'\(sign)' is out of place")
    case .name(let name):
      guard take("(") != nil else { return try data.named(name) }
      var arguments: [StudyValue] = []
      while take(")") == nil {
        arguments.append(try comparison())
        if take(",") == nil {
          guard take(")") != nil else { throw fault("')' is missing") }
          break
        }
      }
      return try data.call(name, arguments)
    }
  }

  private func number(_ value: StudyValue) throws(InputError) -> Double {
    guard let number = value.number else { throw fault("'\(value.text)' is no number") }
    return number
  }
}
