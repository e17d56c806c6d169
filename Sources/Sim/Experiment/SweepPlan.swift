/// One point of a sweep: a scenario with some values set.
public struct SweepPoint: Hashable, Sendable {
  /// 1-based place in the plan.
  public let index: Int
  /// Axis values, in the order of the plan's axes.
  public let settings: [ScenarioOverrides.Setting]

  /// `machine=intel-skylake replicates=20`.
  public var label: String { settings.map(\.argument).joined(separator: " ") }

  public func value(_ axis: String) -> String? { settings.first { $0.path == axis }?.text }
}

/// Which of n equal parts of a sweep to run.
public struct SweepShard: Hashable, Sendable {
  public let part: Int
  public let of: Int

  /// Parses `i/n` with 1 ≤ i ≤ n ≤ 100,000; nil otherwise.
  public init?(_ text: String) {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let part = numbers[0], let of = numbers[1],
      (1...100_000).contains(of), (1...of).contains(part)
    else { return nil }
    (self.part, self.of) = (part, of)
  }

  public func contains(_ point: SweepPoint) -> Bool { (point.index - 1) % of == part - 1 }
}

/// A sweep: a scenario, the axes along which it varies, and the points that follow.
public struct SweepPlan: Sendable {
  public let name: String
  public let file: String
  /// Path of the scenario, relative to the working folder.
  public let scenario: String
  /// Every axis some point sets, in the order the plan names them.
  public let axes: [String]
  public let points: [SweepPoint]

  /// Most points of a plan.
  public static let pointLimit = 1_000_000
}
