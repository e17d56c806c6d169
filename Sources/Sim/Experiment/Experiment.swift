/// All replicates of a scenario.
public struct ExperimentResult: Sendable {
  public let scenario: Scenario
  public let replicates: [ReplicateResult]
}

/// What is measured beside the arms.
public struct ExperimentOptions: Sendable {
  /// Which layouts between the baseline and the treatment are replayed too.
  public enum Ladder: Sendable {
    case none
    /// One cause after another, in the order of `Cause`.
    case successive
    /// Every set of causes, for contributions averaged over all orders.
    case allSubsets
  }

  public var ladder = Ladder.successive
  /// Charge misses to sections, with their causes; slower.
  public var attributes = false
  /// Names places within sections, when misses are charged.
  public var symbols: SymbolTable?

  public init() {}

  /// Misses charged to sections, and no ladder.
  public static var attribution: ExperimentOptions {
    var options = ExperimentOptions()
    options.attributes = true
    options.ladder = .none
    return options
  }
}

/// Runs the replicates of a scenario on some threads. The result does not depend on how many.
public enum Experiment {
  /// - Parameters:
  ///   - jobs: replicates under way at once, at least 1.
  ///   - progress: called after each replicate with how many are done.
  public static func run(
    _ scenario: Scenario, jobs: Int, options: ExperimentOptions = ExperimentOptions(),
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws -> ExperimentResult {
    let numbers = 0..<scenario.replicates
    return ExperimentResult(
      scenario: scenario,
      replicates: try await replicates(
        scenario, numbers, jobs: jobs, options: options, progress: progress))
  }

  /// Some of the replicates, in order. `progress` hears how many are done, earlier ones included.
  static func replicates(
    _ scenario: Scenario, _ numbers: Range<Int>, jobs: Int,
    options: ExperimentOptions = ExperimentOptions(),
    progress: @escaping @Sendable (Int) -> Void
  ) async throws -> [ReplicateResult] {
    var results = [ReplicateResult?](repeating: nil, count: numbers.count)
    // Jobs that find no replicate of their own take layouts of the others'.
    let threads = max(1, jobs / max(1, numbers.count))
    try await withThrowingTaskGroup(of: (Int, ReplicateResult).self) { group in
      var next = numbers.lowerBound
      var done = numbers.lowerBound
      func start() {
        let number = next
        next += 1
        group.addTask {
          (
            number,
            try ReplicateRunner(
              scenario: scenario, number: number, options: options, threads: threads
            ).run()
          )
        }
      }
      while next < min(numbers.lowerBound + max(1, jobs), numbers.upperBound) { start() }
      while let (number, result) = try await group.next() {
        results[number - numbers.lowerBound] = result
        done += 1
        progress(done)
        if next < numbers.upperBound { start() }
      }
    }
    return results.compactMap { $0 }
  }
}
