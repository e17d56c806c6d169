/// Who says a value: the label every number of a machine or system carries.
public enum Evidence: String, CaseIterable, Sendable, Comparable {
  /// Read in source code.
  case source
  /// Vendor manual, or the chip's own CPUID leaf.
  case vendor
  /// Measured or reverse-engineered by someone named.
  case measured
  /// A book, survey or third-party page.
  case secondary
  /// Recalled from literature, not re-read.
  case recalled
  /// Our default.
  case assumed

  /// True for labels a report has to warn about.
  public var isAssumption: Bool { self == .recalled || self == .assumed }

  public static func < (a: Evidence, b: Evidence) -> Bool { a.rank < b.rank }
  private var rank: Int { Evidence.allCases.firstIndex(of: self) ?? 0 }
}

/// A value and who says so.
public struct Stated<Value: Hashable & Sendable>: Hashable, Sendable {
  public var value: Value
  public var evidence: Evidence

  public init(_ value: Value, _ evidence: Evidence) {
    self.value = value
    self.evidence = evidence
  }
}
