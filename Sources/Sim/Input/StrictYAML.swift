import Yams

/// A YAML document read strictly: every key must be expected, every value of the right kind, and
/// all problems are gathered with their place before anything is thrown.
///
/// Yams' decoder accepts unknown keys and drops line numbers, so kfrag walks the node tree itself.
public struct StrictYAML {
  /// Gathers problems while a document is read.
  public final class Sink {
    public let file: String
    public private(set) var diagnostics: [Diagnostic] = []

    init(file: String) { self.file = file }

    func report(_ mark: Mark?, _ message: String) {
      diagnostics.append(
        Diagnostic(file: file, line: mark?.line ?? 0, column: mark?.column ?? 0, message))
    }
  }

  public let sink: Sink
  public let root: YAMLValue

  /// Deepest nesting taken.
  public static let depthLimit = 64
  /// Most values taken, those that aliases repeat counted every time.
  public static let valueLimit = 2_000_000

  /// - Throws: `InputError` when `text` is no YAML, is empty, or holds several documents.
  public init(text: String, file: String) throws(InputError) {
    sink = Sink(file: file)
    let node: Node?
    do {
      // Every scalar is read as text, so it need not be matched with the patterns of YAML's own
      // types: for a short document that was a third of the work.
      // The encoding is named so that none is looked for in the environment.
      node = try Yams.compose(yaml: text, .basic, .default, .utf8)
    } catch let error as YamlError {
      throw InputError([StrictYAML.diagnostic(error, file: file)])
    } catch {
      throw InputError(file: file, "\(error)")
    }
    guard let node else { throw InputError(file: file, line: 1, "the document is empty") }
    try StrictYAML.checkSize(node, file: file)
    root = YAMLValue(node: node, path: "", sink: sink)
  }

  /// - Throws: when the document is nested too deep, or aliases make it too large.
  private static func checkSize(_ root: Node, file: String) throws(InputError) {
    var left = valueLimit
    func check(_ node: Node, _ depth: Int) throws(InputError) {
      left -= 1
      guard left >= 0 else {
        throw InputError(file: file, "more than \(valueLimit) values, aliases counted")
      }
      guard depth <= depthLimit else {
        throw InputError(
          file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0,
          "nested deeper than \(depthLimit) levels")
      }
      switch node {
      case .mapping(let mapping):
        for (key, value) in mapping {
          try check(key, depth + 1)
          try check(value, depth + 1)
        }
      case .sequence(let sequence): for value in sequence { try check(value, depth + 1) }
      case .scalar, .alias: break
      }
    }
    try check(root, 0)
  }

  /// Call once everything was read. - Throws: all problems found, in file order.
  public func finish() throws(InputError) {
    guard !sink.diagnostics.isEmpty else { return }
    throw InputError(sink.diagnostics.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
  }

  private static func diagnostic(_ error: YamlError, file: String) -> Diagnostic {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return Diagnostic(file: file, line: mark.line, column: mark.column, problem)
    case .duplicatedKeysInMapping(let keys, let context):
      let names = keys.map { "'\($0)'" }.joined(separator: ", ")
      return Diagnostic(
        file: file, line: context.mark.line, column: context.mark.column,
        "given twice in one mapping: \(names)")
    default:
      return Diagnostic(file: file, line: 1, "not valid YAML: \(error)")
    }
  }
}

/// One value of a strictly read document, with its place.
public struct YAMLValue {
  let node: Node
  /// Dotted path from the root, for messages: `arms.modular.system`.
  public let path: String
  let sink: StrictYAML.Sink

  /// Reports a problem at this value's place.
  public func report(_ message: String) { sink.report(node.mark, message) }

  public var isMapping: Bool { node.mapping != nil }
  public var isSequence: Bool { node.sequence != nil }
  public var isScalar: Bool { node.scalar != nil }

  /// The scalar's text, whatever its type; nil (and a problem) for a mapping or list.
  public func string() -> String? {
    guard let scalar = node.scalar else {
      report("'\(path)' wants a word, found \(kindName)")
      return nil
    }
    return scalar.string
  }

  public func bool() -> Bool? {
    guard let text = string() else { return nil }
    switch text {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default:
      report("'\(text)' is not true or false (\(path))")
      return nil
    }
  }

  public func unsigned(_ range: ClosedRange<UInt64> = 0...UInt64.max) -> UInt64? {
    guard let text = string() else { return nil }
    guard let value = parseUnsigned(text) else {
      report("'\(text)' is not a whole number (\(path))")
      return nil
    }
    guard range.contains(value) else {
      report("\(text) is outside \(range.lowerBound)…\(range.upperBound) (\(path))")
      return nil
    }
    return value
  }

  public func int(_ range: ClosedRange<Int> = 0...Int.max) -> Int? {
    let lower = UInt64(max(0, range.lowerBound))
    return unsigned(lower...UInt64(range.upperBound)).map { Int($0) }
  }

  public func double(_ range: ClosedRange<Double> = -1e300...1e300) -> Double? {
    guard let text = string() else { return nil }
    guard let value = Double(text.filter { $0 != "_" }), value.isFinite else {
      report("'\(text)' is not a number (\(path))")
      return nil
    }
    guard range.contains(value) else {
      report("\(text) is outside \(range.lowerBound)…\(range.upperBound) (\(path))")
      return nil
    }
    return value
  }

  public func byteCount() -> UInt64? {
    guard let text = string() else { return nil }
    guard let size = ByteCount(text) else {
      report("'\(text)' is not a size such as 4KiB or 2MiB (\(path))")
      return nil
    }
    return size.bytes
  }

  public func pageSize() -> PageSize? {
    guard let text = string() else { return nil }
    guard let size = PageSize(text) else {
      report("'\(text)' is not a page size: a power of two such as 4KiB or 2MiB (\(path))")
      return nil
    }
    return size
  }

  /// One of an enumeration's raw values.
  public func choice<E: RawRepresentable & CaseIterable>(_ type: E.Type) -> E?
  where E.RawValue == String {
    guard let text = string() else { return nil }
    if let value = E(rawValue: text) { return value }
    report(
      "'\(text)' is unknown (\(path))"
        + suggestion(for: text, in: E.allCases.map(\.rawValue)))
    return nil
  }

  /// The elements of a list; a problem and nothing when this is no list.
  public func list() -> [YAMLValue] {
    guard let sequence = node.sequence else {
      report("'\(path)' wants a list, found \(kindName)")
      return []
    }
    return sequence.enumerated().map {
      YAMLValue(node: $1, path: "\(path)[\($0)]", sink: sink)
    }
  }

  /// The pairs of a mapping whose keys are free names, in file order; duplicates are reported.
  public func pairs() -> [(key: String, keyValue: YAMLValue, value: YAMLValue)] {
    guard let mapping = node.mapping else {
      report("'\(path)' wants a mapping, found \(kindName)")
      return []
    }
    return mapping.map { key, value in
      let name = key.scalar?.string ?? "?"
      let below = path.isEmpty ? name : "\(path).\(name)"
      return (
        name, YAMLValue(node: key, path: below, sink: sink),
        YAMLValue(node: value, path: below, sink: sink)
      )
    }
  }

  /// The scalar under `key` of a mapping that was read already; nil when there is none.
  func scalar(of key: String) -> String? {
    node.mapping?.first { $0.key.scalar?.string == key }?.value.scalar?.string
  }

  /// Reads this mapping key by key; keys `body` never asks for are reported as unknown.
  public func mapping<R>(_ body: (YAMLMapping) -> R) -> R {
    let mapping = YAMLMapping(self)
    let result = body(mapping)
    mapping.reportUnknownKeys()
    return result
  }

  var kindName: String { isMapping ? "a mapping" : isSequence ? "a list" : "a word" }
}
