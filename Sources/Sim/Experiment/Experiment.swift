/// All replicates of a scenario.
public struct ExperimentResult: Sendable {
  public let scenario: Scenario
  public let replicates: [ReplicateResult]
}

/// Runs the replicates of a scenario on some threads. The result does not depend on how many.
public enum Experiment {
  /// - Parameters:
  ///   - jobs: replicates under way at once, at least 1.
  ///   - attributes: charge misses to sections; slower.
  ///   - progress: called after each replicate with how many are done.
  public static func run(
    _ scenario: Scenario, jobs: Int, attributes: Bool = false,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws -> ExperimentResult {
    let numbers = 0..<scenario.replicates
    return ExperimentResult(
      scenario: scenario,
      replicates: try await replicates(
        scenario, numbers, jobs: jobs, attributes: attributes, progress: progress))
  }

  /// Some of the replicates, in order. `progress` hears how many are done, earlier ones included.
  static func replicates(
    _ scenario: Scenario, _ numbers: Range<Int>, jobs: Int, attributes: Bool = false,
    progress: @escaping @Sendable (Int) -> Void
  ) async throws -> [ReplicateResult] {
    var results = [ReplicateResult?](repeating: nil, count: numbers.count)
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
              scenario: scenario, number: number, attributes: attributes
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
