import Synchronization

/// Runs points of a sweep on some threads, each written as soon as it is done.
public struct SweepRunner: Sendable {
  /// Makes one point's bytes. Errors are the point's own failure; `InputError`s keep their code.
  public typealias Body = @Sendable (SweepPoint, Scenario) async throws -> [UInt8]

  public struct Outcome: Sendable {
    /// Points run now.
    public var finished = 0
    /// Points a previous run had finished.
    public var reused = 0
    public var failures: [SweepFailure] = []

    public init() {}
  }

  public let plan: SweepPlan
  public let store: SweepStore
  /// Part of a point's key beside the scenario's text: what else decides its bytes.
  public let salt: String
  /// Says whether an existing result is complete and of the present inputs.
  public let isWhole: @Sendable ([UInt8]) -> Bool

  private let keys = KeyCache()

  public init(
    plan: SweepPlan, store: SweepStore, salt: String,
    isWhole: @escaping @Sendable ([UInt8]) -> Bool
  ) {
    self.plan = plan
    self.store = store
    self.salt = salt
    self.isWhole = isWhole
  }

  /// The bytes of a point's result; nil when there is none, or only one that is torn or of inputs
  /// that have changed since.
  public func result(_ key: String) -> [UInt8]? {
    guard let bytes = store.result(key), isWhole(bytes) else { return nil }
    return bytes
  }

  /// What a point is: the digest of the scenario it runs. Its file bears this name.
  public func key(_ point: SweepPoint) throws(InputError) -> String {
    if let known = keys[point.index] { return known }
    let text = try ScenarioOverrides.text(plan.scenario, point.settings)
    let key = String(SHA256Digest.hex("\(salt)\n\(plan.scenario)\n\(text)").prefix(24))
    keys[point.index] = key
    return key
  }

  /// Runs those of `points` that have no whole result yet; results that are not whole go first.
  ///
  /// - Parameter progress: called after each point with the number of points done in all.
  /// - Throws: only when results cannot be written; a point that fails is in the outcome.
  public func run(
    _ points: [SweepPoint], jobs: Int,
    progress: @escaping @Sendable (Int) -> Void = { _ in }, body: @escaping Body
  ) async throws -> Outcome {
    var outcome = Outcome()
    var done = 0
    var next = 0
    try await withThrowingTaskGroup(of: Step.self) { group in
      func start() {
        let point = points[next]
        next += 1
        group.addTask { try await step(point, body) }
      }
      while next < min(max(1, jobs), points.count) { start() }
      while let step = try await group.next() {
        switch step {
        case .reused: outcome.reused += 1
        case .finished: outcome.finished += 1
        case .failed(let failure): outcome.failures.append(failure)
        }
        done += 1
        progress(done)
        if next < points.count { start() }
      }
    }
    outcome.failures.sort { $0.index < $1.index }
    return outcome
  }

  private enum Step: Sendable {
    case reused, finished
    case failed(SweepFailure)
  }

  private func step(_ point: SweepPoint, _ body: Body) async throws -> Step {
    let key = try key(point)
    if result(key) != nil { return .reused }
    store.forgetResult(key)
    let failure: SweepFailure
    do {
      let text = try ScenarioOverrides.text(plan.scenario, point.settings)
      let scenario = try ScenarioOverrides.read(text: text, of: plan.scenario)
      let bytes = try await body(point, scenario)
      try store.save(bytes, key)
      return .finished
    } catch let error as InputError {
      // A folder that cannot be written ends the sweep; what is finished is already safe.
      if error.kind == .cannotCreate || error.kind == .cannotWrite { throw error }
      failure = SweepFailure(
        index: point.index, exit: error.kind.rawValue, message: error.description)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      failure = SweepFailure(index: point.index, exit: 70, message: "\(error)")
    }
    try store.save(failure, key)
    return .failed(failure)
  }

  /// True when every point of the plan has a whole result or a recorded failure.
  public func isComplete() throws(InputError) -> Bool {
    // Cheap first: one of many shards rarely is the last.
    guard store.fileCount() >= plan.points.count else { return false }
    for point in plan.points {
      let key = try key(point)
      if !store.hasFailure(key), result(key) == nil { return false }
    }
    return true
  }
}

/// Keys by point, computed once.
private final class KeyCache: Sendable {
  private let keys = Mutex<[Int: String]>([:])

  subscript(index: Int) -> String? {
    get { keys.withLock { $0[index] } }
    set { keys.withLock { $0[index] = newValue } }
  }
}
