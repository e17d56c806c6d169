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

  /// The region between an earlier snapshot and this one.
  public static func - (a: ReplayCounters, b: ReplayCounters) -> ReplayCounters {
    var d = ReplayCounters(arrayCount: a.arrays.count)
    d.fetches = a.fetches - b.fetches
    d.loads = a.loads - b.loads
    d.stores = a.stores - b.stores
    d.userInstructions = a.userInstructions - b.userInstructions
    for i in d.arrays.indices {
      d.arrays[i].lookups = a.arrays[i].lookups - b.arrays[i].lookups
      d.arrays[i].misses = a.arrays[i].misses - b.arrays[i].misses
    }
    d.firstLevelInstructionMisses = a.firstLevelInstructionMisses - b.firstLevelInstructionMisses
    d.firstLevelDataMisses = a.firstLevelDataMisses - b.firstLevelDataMisses
    d.instructionWalks = a.instructionWalks - b.instructionWalks
    d.dataWalks = a.dataWalks - b.dataWalks
    d.walkReads = a.walkReads - b.walkReads
    d.walkCycles = a.walkCycles - b.walkCycles
    d.translationCycles = a.translationCycles - b.translationCycles
    d.flushes = a.flushes - b.flushes
    d.unboundReferences = a.unboundReferences - b.unboundReferences
    return d
  }
}
