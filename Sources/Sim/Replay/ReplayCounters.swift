/// What one array counted. `lookups = hits + misses`.
public struct ArrayCounters: Hashable, Sendable {
  public var lookups: UInt64 = 0
  public var misses: UInt64 = 0
  public var hits: UInt64 { lookups - misses }
  public init() {}
}

/// What one replay of one stream under one binding on one machine counted.
///
/// Subtracting two snapshots gives a region of interest.
public struct ReplayCounters: Hashable, Sendable {
  /// References, collapsed repeats included: the denominator of every ratio.
  public var fetches: UInt64 = 0
  public var loads: UInt64 = 0
  public var stores: UInt64 = 0
  /// Kernel instructions = fetches; user instructions come from gap markers.
  public var userInstructions: UInt64 = 0
  /// One a machine array, in the machine's order.
  public var arrays: [ArrayCounters]
  /// References that missed every first-level array of their side, by side.
  public var firstLevelInstructionMisses: UInt64 = 0
  public var firstLevelDataMisses: UInt64 = 0
  /// References no TLB level held: page walks (or software refills) begun, by side.
  public var instructionWalks: UInt64 = 0
  public var dataWalks: UInt64 = 0
  /// Of the walks, those for a page no walk was made for before: first touches.
  public var firstWalks: UInt64 = 0
  /// Page-table reads the walks made.
  public var walkReads: UInt64 = 0
  /// Cycles spent in walks or refill handlers.
  public var walkCycles: Double = 0
  /// Cycles over first-level hits: second-level hits and walks together.
  public var translationCycles: Double = 0
  public var flushes: UInt64 = 0
  /// References to sites that lie on no mapped page; counted, not looked up.
  public var unboundReferences: UInt64 = 0

  public init(arrayCount: Int) { arrays = Array(repeating: ArrayCounters(), count: arrayCount) }

  public var walks: UInt64 { instructionWalks + dataWalks }
  /// Walks for pages that had been walked for before: what capacity, conflicts and flushes cost.
  public var repeatedWalks: UInt64 { walks - firstWalks }

  /// The region between an earlier snapshot and this one.
  public static func - (a: ReplayCounters, b: ReplayCounters) -> ReplayCounters {
    combine(a, b, -, -)
  }

  /// What two processors counted together.
  public static func + (a: ReplayCounters, b: ReplayCounters) -> ReplayCounters {
    combine(a, b, +, +)
  }

  private static func combine(
    _ a: ReplayCounters, _ b: ReplayCounters, _ count: (UInt64, UInt64) -> UInt64,
    _ cycles: (Double, Double) -> Double
  ) -> ReplayCounters {
    var d = ReplayCounters(arrayCount: a.arrays.count)
    d.fetches = count(a.fetches, b.fetches)
    d.loads = count(a.loads, b.loads)
    d.stores = count(a.stores, b.stores)
    d.userInstructions = count(a.userInstructions, b.userInstructions)
    for i in d.arrays.indices {
      d.arrays[i].lookups = count(a.arrays[i].lookups, b.arrays[i].lookups)
      d.arrays[i].misses = count(a.arrays[i].misses, b.arrays[i].misses)
    }
    d.firstLevelInstructionMisses = count(
      a.firstLevelInstructionMisses, b.firstLevelInstructionMisses)
    d.firstLevelDataMisses = count(a.firstLevelDataMisses, b.firstLevelDataMisses)
    d.instructionWalks = count(a.instructionWalks, b.instructionWalks)
    d.dataWalks = count(a.dataWalks, b.dataWalks)
    d.firstWalks = count(a.firstWalks, b.firstWalks)
    d.walkReads = count(a.walkReads, b.walkReads)
    d.walkCycles = cycles(a.walkCycles, b.walkCycles)
    d.translationCycles = cycles(a.translationCycles, b.translationCycles)
    d.flushes = count(a.flushes, b.flushes)
    d.unboundReferences = count(a.unboundReferences, b.unboundReferences)
    return d
  }
}
