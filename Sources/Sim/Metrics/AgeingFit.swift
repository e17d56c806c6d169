private import CGSL
private import Foundation

/// Fits the ageing generator to a real machine's free lists and says how good the fit is.
///
/// The distance is the root mean square difference of the unusable free space index over orders
/// 1 to 10, on a scale of 0 to 1. GSL's Nelder–Mead simplex minimises it over the logarithms of the
/// parameters; the zone simulated may be a scaled-down one, since the index is a share.
public struct AgeingFit: Sendable {
  // Safe: every GSL object is checked for null, freed once by `defer`, and used with the sizes it
  // was made with; `search` and `function` outlive the minimiser that points to them.
  public let parameters: AgeingParameters
  /// Root mean square index difference at the fit, mean over the seeds used.
  public let distance: Double
  /// Share of machines with these parameters that lie at least as far from their common mean as the
  /// real one does: small means the generator does not explain the snapshot.
  public let pValue: Double
  public let observed: FreeCounts
  /// Mean index by order, in thousandths, over the seeds.
  public let fittedIndex: [Double]
  public let evaluations: Int

  /// - Parameters:
  ///   - observed: free blocks of the zone.
  ///   - managedFrames: frames of the real zone.
  ///   - frames: frames of the zone simulated.
  /// - Throws: what GSL could not do.
  public static func fit(
    _ observed: FreeCounts, managedFrames: UInt64, frames: UInt64 = 1 << 15, seed: Seed,
    iterations: Int = 40, replicates: Int = 20, advance: () -> Void = {}
  ) throws(StatisticsError) -> AgeingFit {
    guard GSL.isReady else { throw StatisticsError("GSL is not available") }
    let free = Double(min(observed.freePages, managedFrames)) / Double(max(1, managedFrames))
    let search = Search(
      target: index(observed), fill: min(0.995, max(0.02, 1 - free)), frames: frames, seed: seed)
    let start = search.logarithms(of: MemoryAge.month.parameters)
    let best = try minimise(search, from: start, iterations: iterations, advance)
    let parameters = search.parameters(best)
    let samples = (0..<replicates).map {
      search.sample(parameters, seed.stream("replicate").stream($0))
    }
    let mean = (0..<samples[0].count).map { order in GSL.mean(samples.map { $0[order] }) }
    let spread = samples.map { distance($0, mean) }
    let real = distance(search.target, mean)
    let farther = spread.count { $0 >= real }
    return AgeingFit(
      parameters: parameters, distance: real,
      pValue: Double(farther + 1) / Double(replicates + 1), observed: observed,
      fittedIndex: mean.map { $0 * 1000 }, evaluations: search.evaluations)
  }

  /// Unusable index of orders 1 to 10, 0 to 1.
  static func index(_ counts: FreeCounts) -> [Double] {
    (1...BuddyAllocator.maxOrder).map { Double(counts.unusableIndex(order: $0)) / 1000 }
  }

  static func distance(_ a: [Double], _ b: [Double]) -> Double {
    let sum = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (sum / Double(max(1, a.count))).squareRoot()
  }

  /// What is minimised: two seeds' mean distance, the same seeds at every point.
  private final class Search {
    let target: [Double]
    let fill: Double
    let frames: UInt64
    let seed: Seed
    var evaluations = 0

    init(target: [Double], fill: Double, frames: UInt64, seed: Seed) {
      self.target = target
      self.fill = fill
      self.frames = frames
      self.seed = seed
    }

    func logarithms(of start: AgeingParameters) -> [Double] {
      [start.turnover, start.unmovable, start.reclaimable, start.cacheRun - 1].map {
        log($0)
      }
    }

    func parameters(_ x: [Double]) -> AgeingParameters {
      func bounded(_ value: Double, _ low: Double, _ high: Double) -> Double {
        min(high, max(low, value.isFinite ? value : low))
      }
      let raised = x.map { exp($0) }
      return AgeingParameters(
        fill: fill, turnover: bounded(raised[0], 0.01, 12),
        unmovable: bounded(raised[1], 0.002, 0.4), reclaimable: bounded(raised[2], 0.002, 0.4),
        cacheRun: 1 + bounded(raised[3], 0.01, 2000))
    }

    func sample(_ parameters: AgeingParameters, _ seed: Seed) -> [Double] {
      var zone = BuddyAllocator(frames: frames)
      _ = Ageing.age(&zone, parameters, seed: seed)
      return AgeingFit.index(zone.freeCounts)
    }

    func value(_ x: [Double]) -> Double {
      evaluations += 1
      let parameters = parameters(x)
      let distances = (0..<2).map {
        AgeingFit.distance(sample(parameters, seed.stream("fit").stream($0)), target)
      }
      return GSL.mean(distances)
    }
  }

  private static func minimise(
    _ search: Search, from start: [Double], iterations: Int, _ advance: () -> Void
  ) throws(StatisticsError) -> [Double] {
    let count = start.count
    guard let x = unsafe gsl_vector_alloc(count), let step = unsafe gsl_vector_alloc(count),
      let state = unsafe gsl_multimin_fminimizer_alloc(kfrag_gsl_nmsimplex2(), count)
    else { throw StatisticsError("no memory for the simplex") }
    defer {
      unsafe gsl_vector_free(x)
      unsafe gsl_vector_free(step)
      unsafe gsl_multimin_fminimizer_free(state)
    }
    for (at, value) in start.enumerated() { unsafe gsl_vector_set(x, at, value) }
    unsafe gsl_vector_set_all(step, 0.7)
    var function = unsafe gsl_multimin_function(
      f: { point, context in
        guard let point = unsafe point, let context = unsafe context else { return .infinity }
        let search = unsafe Unmanaged<Search>.fromOpaque(context).takeUnretainedValue()
        return unsafe search.value(
          (0..<point.pointee.size).map { unsafe gsl_vector_get(point, $0) })
      }, n: count, params: unsafe Unmanaged.passUnretained(search).toOpaque())
    return try unsafe withUnsafeMutablePointer(to: &function) { pointer in
      Result<[Double], StatisticsError> { () throws(StatisticsError) in
        try unsafe GSL.check(
          gsl_multimin_fminimizer_set(state, pointer, x, step), "starting the simplex")
        for _ in 0..<iterations {
          let status = unsafe gsl_multimin_fminimizer_iterate(state)
          if status != 0 { break }
          advance()
          if unsafe gsl_multimin_fminimizer_size(state) < 0.02 { break }
        }
        guard let best = unsafe gsl_multimin_fminimizer_x(state) else {
          throw StatisticsError("the simplex has no minimum")
        }
        return (0..<count).map { unsafe gsl_vector_get(best, $0) }
      }
    }.get()
  }
}
