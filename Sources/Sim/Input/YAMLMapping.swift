/// A mapping being read strictly. Ask for each key by name; what is never asked for is unknown.
public final class YAMLMapping {
  /// The mapping itself, for reporting problems that concern the whole.
  public let whole: YAMLValue
  private let entries: [(key: String, keyValue: YAMLValue, value: YAMLValue)]
  private var asked: [String] = []
  /// Keys whose absence is reported already.
  private var missing: Set<String> = []

  init(_ value: YAMLValue) {
    whole = value
    entries = value.pairs()
  }

  /// The value of an optional key.
  public func optional(_ key: String) -> YAMLValue? {
    if !asked.contains(key) { asked.append(key) }
    return entries.first { $0.key == key }?.value
  }

  /// The value of a key that must be there; reports its absence.
  public func required(_ key: String) -> YAMLValue? {
    if let value = optional(key) { return value }
    if whole.isMapping, missing.insert(key).inserted {
      let place = whole.path.isEmpty ? "" : " in '\(whole.path)'"
      whole.report("missing key '\(key)'\(place)")
    }
    return nil
  }

  public func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

  public func string(_ key: String, default fallback: String? = nil) -> String {
    (fallback == nil ? required(key) : optional(key))?.string() ?? fallback ?? ""
  }

  public func int(
    _ key: String, _ range: ClosedRange<Int> = 0...Int.max, default fallback: Int? = nil
  ) -> Int {
    (fallback == nil ? required(key) : optional(key))?.int(range) ?? fallback ?? range.lowerBound
  }

  public func double(
    _ key: String, _ range: ClosedRange<Double> = -1e300...1e300, default fallback: Double? = nil
  ) -> Double {
    (fallback == nil ? required(key) : optional(key))?.double(range) ?? fallback
      ?? range.lowerBound
  }

  public func bool(_ key: String, default fallback: Bool? = nil) -> Bool {
    (fallback == nil ? required(key) : optional(key))?.bool() ?? fallback ?? false
  }

  public func bytes(_ key: String, default fallback: UInt64? = nil) -> UInt64 {
    (fallback == nil ? required(key) : optional(key))?.byteCount() ?? fallback ?? 0
  }

  /// Reports keys given twice and keys nothing asked for, with the nearest known key.
  func reportUnknownKeys() {
    var seen: [String] = []
    for entry in entries {
      if seen.contains(entry.key) {
        entry.keyValue.report("key '\(entry.key)' is given twice")
      } else if !asked.contains(entry.key) {
        entry.keyValue.report(
          "unknown key '\(entry.key)'" + suggestion(for: entry.key, in: asked))
      }
      seen.append(entry.key)
    }
  }
}
