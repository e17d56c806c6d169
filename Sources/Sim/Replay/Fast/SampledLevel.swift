/// Estimates a second level's misses from some of its sets: each set sees its own references only,
/// so a random choice of sets is a random sample of misses (Puzak, 1985). The first level is exact.
public struct SampledLevel: ~Copyable {
  // Safe: one tag at a time is lent with the count 1.
  /// What the sample says.
  public struct Estimate: Hashable, Sendable {
    /// Exact misses of the first level.
    public let lookups: UInt64
    public let setsSampled: Int
    /// Misses of each sampled set.
    public let missesBySet: [UInt64]
    public let sets: Int

    /// Estimated misses of the whole array.
    public var misses: Double {
      Double(missesBySet.reduce(0, +)) * Double(sets) / Double(setsSampled)
    }

    /// Standard error of `misses`, sampling without replacement.
    public var standardError: Double {
      let n = Double(setsSampled)
      let mean = Double(missesBySet.reduce(0, +)) / n
      let squares = missesBySet.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      let variance = squares / max(1, n - 1) * (1 - n / Double(sets))
      return Double(sets) * (variance / n).squareRoot()
    }
  }

  /// Fewest sets of an array whose sets are worth sampling, and fewest to sample.
  public static let fewestSets = 64
  public static let fewestSampled = 8

  private let first: RowLRU
  private let second: RowLRU
  private let shift: UInt64
  /// By set: its place in the sample, or -1.
  private var place: [Int]
  private var counts: [UInt64]
  private var lookups: UInt64 = 0
  private var interner = TagInterner()
  private let pageShift: UInt8

  /// - Throws: why sampling would say nothing about such an array.
  public init(
    _ levels: [TLBGeometry], pageSize: PageSize, sampling: Int, seed: Seed
  ) throws(GeometryError) {
    guard levels.count == 2, LRUPipeline.fits(levels) else {
      throw GeometryError(
        "sets are sampled in the second of two LRU levels; a first level of few sets is simulated "
          + "exactly, as a sample of it would be all of it or too little")
    }
    let sets = levels[1].sets
    guard sets >= SampledLevel.fewestSets, sets <= 1 << 16 else {
      throw GeometryError(
        "an array of \(sets) sets is too small to sample; \(SampledLevel.fewestSets) at least")
    }
    guard (SampledLevel.fewestSampled..<sets).contains(sampling) else {
      throw GeometryError("sample \(SampledLevel.fewestSampled)…\(sets - 1) of \(sets) sets")
    }
    first = RowLRU(levels[0], usesLanes: false)
    second = RowLRU(levels[1], usesLanes: false)
    shift = UInt64(pageSize.shift)
    pageShift = pageSize.shift
    place = Array(repeating: -1, count: sets)
    counts = Array(repeating: 0, count: sampling)
    var order = Array(0..<sets)
    var random = seed.stream("sampled sets").generator()
    random.shuffle(&order)
    for (i, set) in order.prefix(sampling).sorted().enumerated() { place[set] = i }
  }

  /// Replays addresses in order; false when they touch too many far stretches.
  public mutating func process(_ addresses: UnsafeBufferPointer<UInt64>) -> Bool {
    var miss: UInt32 = 0
    var last = UInt64.max
    for index in addresses.indices {
      let address = unsafe addresses[index]
      let page = address &>> shift
      if page == last { continue }
      last = page
      guard var tag = interner.tag(page, pageShift) else { return false }
      if unsafe first.run(&tag, 1, &miss) == 0 { continue }
      lookups &+= 1
      let sample = place[second.set(of: tag)]
      if sample >= 0, unsafe second.run(&tag, 1, &miss) == 1 { counts[sample] &+= 1 }
    }
    return true
  }

  public var estimate: Estimate {
    Estimate(
      lookups: lookups, setsSampled: counts.count, missesBySet: counts, sets: place.count)
  }
}
