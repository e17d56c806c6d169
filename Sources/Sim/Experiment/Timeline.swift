/// Takes the arms' counters while one replicate runs, block by block.
final class TimelineSampler {
  /// Sums since the start of the stream.
  struct Sample {
    var instructions: UInt64
    /// By arm.
    var counters: [ReplayCounters]
  }

  private(set) var samples: [Sample] = []
  private(set) var events: [Timeline.Event] = []
  private var arms: [CPUGroup] = []
  private var steps: [StreamStep] = []
  private var warmup: UInt64 = 0
  private var every = 1
  private var calls = 0

  /// Keeps at most this many samples; beyond that every second one goes.
  private static let limit = 4096

  /// - Parameter warmup: references of the first processor that belong to the warm-up.
  func begin(_ arms: [CPUGroup], warmup: UInt64, steps: [StreamStep]) {
    self.arms = arms
    self.warmup = warmup
    self.steps = steps
  }

  func sample() {
    calls += 1
    guard calls % every == 0 else { return }
    let counters = arms.map(\.counters)
    guard let first = counters.first, first.fetches > samples.last?.instructions ?? 0 else {
      return
    }
    samples.append(Sample(instructions: first.fetches, counters: counters))
    let own = arms[0].cpus[0].counters
    if warmup > 0, own.fetches + own.loads + own.stores >= warmup {
      events.append(.init(instructions: first.fetches, what: "warm-up ends"))
      warmup = 0
    }
    if samples.count >= Self.limit {
      samples = samples.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
      every *= 2
    }
  }

  func mark(_ marker: StreamMarker, _ value: UInt32) {
    guard let arm = arms.first, events.count < 1000 else { return }
    let now = arm.counters.fetches
    switch marker {
    case .lifecycle: events.append(.init(instructions: now, what: "reload \(value)"))
    case .step:
      let name = steps.first { $0.number == value }?.name ?? "step \(value)"
      events.append(.init(instructions: now, what: name))
    default: break
    }
  }
}

/// A source that takes a sample when its next block is drawn: all before it has been replayed.
struct SampledSource<Base: ReferenceSource>: ReferenceSource {
  // Safe: hands the caller's block on, as it is.
  var base: Base
  let sampler: TimelineSampler?

  var table: SiteTable { base.table }

  mutating func read(
    into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) throws -> Int {
    sampler?.sample()
    return try unsafe base.read(into: block)
  }
}

/// One replicate over time: every arm's metrics in windows of the stream, with what happened in
/// between, where the warm-up ends, and the mean with an interval from inside this one run.
public struct Timeline: Sendable {
  public struct Event: Hashable, Sendable {
    /// Kernel instructions before it.
    public let instructions: UInt64
    /// `reload 1`, a step's name, `warm-up ends`.
    public let what: String
  }

  /// One metric of one arm, window by window.
  public struct Series: Sendable {
    public let arm: String
    public let metric: Metric
    public let values: [Double]
    /// Windows MSER-5 gives up as warm-up, and whether the rest was long enough to tell.
    public let warmUp: (discard: Int, isReliable: Bool)
    /// Mean of the rest from batch means; nil when too few windows are left.
    public let means: BatchMeans?
  }

  public let scenario: Scenario
  /// Instructions at the end of each window.
  public let ends: [UInt64]
  public let events: [Event]
  public let series: [Series]

  /// Metrics that are followed.
  public static let metrics = ["l1i.mpki", "l1d.mpki", "walks.pki", "translationCycles.pki"]

  /// Replays one replicate of `scenario`.
  /// - Parameter windows: how many, of about equally many instructions.
  /// - Throws: what the replay throws; `InputError` when the stream is too short to cut.
  public init(_ scenario: Scenario, replicate: Int = 0, windows: Int = 200) throws {
    self.scenario = scenario
    let sampler = TimelineSampler()
    var options = ExperimentOptions()
    options.ladder = .none
    var runner = ReplicateRunner(scenario: scenario, number: replicate, options: options)
    runner.sampler = sampler
    _ = try runner.run()
    events = sampler.events
    let samples = sampler.samples
    guard samples.count >= 20, let last = samples.last else {
      throw InputError(file: scenario.file, "the stream is too short for a timeline")
    }
    var cuts: [TimelineSampler.Sample] = []
    for window in 1...max(1, windows) {
      let due = last.instructions / UInt64(max(1, windows)) * UInt64(window)
      guard let sample = samples.first(where: { $0.instructions >= due }),
        sample.instructions > cuts.last?.instructions ?? 0
      else { continue }
      cuts.append(sample)
    }
    ends = cuts.map(\.instructions)
    var series: [Series] = []
    for (arm, plan) in scenario.arms.enumerated() {
      for metric in Timeline.metrics.compactMap(MetricCatalog.named) {
        let values = cuts.indices.map { window -> Double in
          let end = cuts[window].counters[arm]
          let own = window == 0 ? end : end - cuts[window - 1].counters[arm]
          return metric.value(
            MetricInputs(counters: own, machine: plan.machine ?? scenario.machine)) ?? 0
        }
        let warmUp = WarmUp.mser(values)
        let rest = Array(values.dropFirst(warmUp.discard))
        series.append(
          Series(
            arm: plan.name, metric: metric, values: values, warmUp: warmUp,
            means: try? BatchMeans(
              rest, batches: min(20, rest.count / 2), confidence: scenario.confidence)))
      }
    }
    self.series = series
  }
}
