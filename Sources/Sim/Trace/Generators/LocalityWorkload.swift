/// A synthetic reference stream that is as local as the recording its `LocalityFit` was counted on.
///
/// The stream names sites, so every layout of one replicate sees the very same references.
public struct LocalityWorkload: ReferenceSource, OperationSource {
  // Safe: the block is the caller's for the length of the call.
  private typealias Class = LocalityFit.MemoryClass

  private let model: LocalityModel
  private let plan: FittedWorkload
  private let draws: AliasTables
  private let tables: [ClassTables]
  private let dataRuns: Int
  private var random: Xoshiro
  /// Units of each side, newest first.
  private var stacks: [RecencyStack]
  /// Sites of every unit, newest first; of units of one page nothing.
  private var insides: [RecencyStack]
  private var lastClass: [Int]
  private var lastSite: [UInt32] = [.max, .max]
  var pending: PendingReferences

  /// What a class draws from, as numbers of tables.
  private struct ClassTables {
    /// Units of the class, when depth counts them alone.
    var own: Int?
    var next: Int
    var stay: Int
    var change: Int
    /// Of the first of the tables within a unit; those of other contexts follow.
    var within: Int
    var run: Int
    var storeShare: Double
  }

  /// - Parameter cpu: processors of one kernel share the model and draw their own references. Only
  ///   processor 0 loads and unloads.
  public init(model: LocalityModel, plan: FittedWorkload, seed: Seed, cpu: Int = 0) {
    self.model = model
    self.plan = plan
    pending = PendingReferences(
      references: plan.references, warmup: plan.warmup, reloads: cpu == 0 ? plan.reloads : 0)
    let references = seed.stream("references")
    random = (cpu == 0 ? references : references.stream(cpu)).generator()
    let fit = plan.fit
    var draws = AliasTables()
    dataRuns = draws.add(.geometric(mean: fit.dataRunsPerFetchRun + 1))
    let counts = Class.allCases.map { model.count($0) }
    tables = Class.allCases.map { memory in
      LocalityWorkload.tables(memory, fit, counts, &draws)
    }
    self.draws = draws
    stacks = model.order.map { RecencyStack($0) }
    insides = model.units.map { $0.count > 1 ? RecencyStack($0.map { Int32($0) }) : RecencyStack() }
    lastClass = [true, false].map { isCode in
      LocalityFit.index(Class.side(isCode).first { counts[LocalityFit.index($0)] > 0 } ?? .direct)
    }
  }

  private static func tables(
    _ memory: Class, _ fit: LocalityFit, _ counts: [Int], _ draws: inout AliasTables
  ) -> ClassTables {
    let own = fit[memory]
    // Classes this kernel has no pages of are never next.
    let side = Class.side(memory.isCode)
    var next = zip(side, own.next).map { kind, count in
      counts[LocalityFit.index(kind)] > 0 ? Double(count) : 0
    }
    if next.reduce(0, +) == 0 {
      next = side.map { counts[LocalityFit.index($0)] > 0 ? 1 : 0 }
    }
    if next.reduce(0, +) == 0 { next = [1] }
    let within = own.within.map { draws.add(alias($0)) }
    return ClassTables(
      own: memory.countsOwnOnly ? counts[LocalityFit.index(memory)] : nil,
      next: draws.add(AliasTable(weights: next)), stay: draws.add(alias(own.stay)),
      change: draws.add(alias(own.change)), within: within.first ?? 0,
      run: draws.add(.geometric(mean: own.meanRun)), storeShare: own.storeShare)
  }

  /// Buckets, and behind them first use.
  private static func alias(_ depths: LocalityFit.Depths) -> AliasTable {
    var weights = depths.counts.map { Double($0) } + [Double(depths.first)]
    if weights.reduce(0, +) == 0 { weights[weights.count - 1] = 1 }
    return AliasTable(weights: weights)
  }

  public var table: SiteTable { model.table }

  /// References before which nothing is counted.
  public var warmupReferences: UInt64 { pending.warmup }

  /// Whether fewer references were drawn than asked for: the fit has too few pages to draw from.
  public var isShort: Bool { !pending.isComplete }

  public mutating func read(
    into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) -> Int { unsafe fill(block) }

  /// One run of code and the runs of data that come with it.
  mutating func operation() {
    run(side: 0)
    for _ in 0..<draws.draw(dataRuns, &random) { run(side: 1) }
  }

  /// One run of references to one page.
  private mutating func run(side: Int) {
    let before = lastClass[side]
    let memory = draws.draw(tables[before].next, &random) + (side == 0 ? 0 : 2)
    lastClass[side] = memory
    let depths = memory == before ? tables[memory].stay : tables[memory].change
    guard let (depth, wanted) = unitDepth(depths, memory, side) else { return }
    let unit = Int(stacks[side][depth])
    stacks[side].use(depth: depth)
    var site = model.units[unit][0]
    if insides[unit].count > 1 {
      let context = LocalityFit.withinContext(unitDepth: wanted)
      let inside = pageDepth(tables[memory].within + context, insides[unit].count, side, unit)
      site = UInt32(insides[unit][inside])
      insides[unit].use(depth: inside)
    }
    lastSite[side] = site
    let kind: AccessKind =
      side == 0 ? .fetch : random.unit() < tables[memory].storeShare ? .store : .load
    pending.append(kind, site: site, count: draws.draw(tables[memory].run, &random) + 1)
  }

  /// A depth out of a bucket, kept below `count`; first uses come from the older half.
  private mutating func draw(_ depths: Int, below count: Int) -> Int {
    let bucket = draws.draw(depths, &random)
    if bucket == draws.count(depths) - 1 { return count / 2 + random.below(count - count / 2) }
    let range = LocalityFit.Depths.range(bucket)
    return min(range.lowerBound + random.below(range.count), count - 1)
  }

  /// Where in its side's stack the unit lies that comes closest to the depth drawn, and that depth.
  private mutating func unitDepth(
    _ depths: Int, _ memory: Int, _ side: Int
  ) -> (at: Int, wanted: Int)? {
    let count = stacks[side].count
    if let own = tables[memory].own {
      guard own > 0 else { return nil }
      var left = draw(depths, below: own)
      let wanted = left
      for at in 0..<count where model.classOfUnit[Int(stacks[side][at])] == UInt8(memory) {
        if left == 0 { return (at, wanted) }
        left -= 1
      }
      return nil
    }
    let wanted = draw(depths, below: count)
    for step in 0..<count {
      if wanted >= step, fits(wanted - step, memory, side) { return (wanted - step, wanted) }
      if wanted + step < count, fits(wanted + step, memory, side) { return (wanted + step, wanted) }
    }
    return nil
  }

  /// Of the class wanted, and not the very page the run before was on.
  @inline(__always)
  private func fits(_ at: Int, _ memory: Int, _ side: Int) -> Bool {
    let unit = Int(stacks[side][at])
    return model.classOfUnit[unit] == UInt8(memory) && (at > 0 || insides[unit].count > 1)
  }

  private mutating func pageDepth(
    _ depths: Int, _ count: Int, _ side: Int, _ unit: Int
  ) -> Int {
    let bucket = draws.draw(depths, &random)
    var depth = 0
    if bucket == draws.count(depths) - 1 {
      depth = count / 2 + random.below(count - count / 2)
    } else {
      let range = LocalityFit.Depths.range(bucket)
      depth = range.lowerBound + random.below(range.count)
      if depth > 1, side == 1 {
        depth = 1 + Int(Double(depth - 1) * plan.fit.withinScale + random.unit())
      }
      depth = min(depth, count - 1)
    }
    return depth == 0 && UInt32(insides[unit][0]) == lastSite[side] ? 1 : depth
  }
}

/// A stream to draw from a fit.
public struct FittedWorkload: Hashable, Sendable {
  /// References to generate, collapsed repeats counted, warm-up included.
  public var references: UInt64 = 10_000_000
  /// Share of the references that warms the TLB and is not counted.
  public var warmup: Double = 0.2
  /// Module reloads (unload, load again) spread over the counted part.
  public var reloads: Int = 0
  /// A fit that ships, or the path of a user's own.
  public var name: String
  public var fit: LocalityFit

  public init(_ name: String, _ fit: LocalityFit) {
    self.name = name
    self.fit = fit
  }
}
