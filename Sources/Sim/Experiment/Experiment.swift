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
    let count = scenario.replicates
    var results = [ReplicateResult?](repeating: nil, count: count)
    try await withThrowingTaskGroup(of: (Int, ReplicateResult).self) { group in
      var next = 0
      var done = 0
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
      while next < min(max(1, jobs), count) { start() }
      while let (number, result) = try await group.next() {
        results[number] = result
        done += 1
        progress(done)
        if next < count { start() }
      }
    }
    return ExperimentResult(scenario: scenario, replicates: results.compactMap { $0 })
  }
}
