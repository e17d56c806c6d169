/// Registers that map one large block each beside the TLB: BAT (PowerPC), block TLB (PA-RISC).
public struct BlockRegisters: Hashable, Sendable {
  public var name: String
  public var instruction: Int
  public var data: Int
  /// Registers that serve both sides.
  public var unified: Int
  public var smallestBytes: UInt64
  public var largestBytes: UInt64
  public var evidence: Evidence
}

/// Entries software can pin against replacement: lock bits, wired entries, translation registers.
public struct LockedEntries: Hashable, Sendable {
  public var mechanism: String
  /// Most entries on each side; nil: any number that leaves one free.
  public var instruction: Int?
  public var data: Int?
  /// True when they are registers beside the arrays, not entries of the arrays.
  public var separate: Bool
  public var evidence: Evidence
}

/// The segment table's cache in front of hashed tables (POWER SLB). Shown, without effect: a kernel
/// lives in few segments, which stay in it.
public struct SegmentBuffer: Hashable, Sendable {
  public var entries: Int
  public var segmentBytes: [UInt64]
  public var evidence: Evidence
}

/// Pages that make one contiguous-hint run.
public struct ContiguousHint: Hashable, Sendable {
  public var pageSize: PageSize
  public var pages: Int
}

/// A capacity step someone measured: the working set at a stride where misses begin.
public struct Knee: Hashable, Sendable {
  public var array: String
  /// Distance of consecutive pages, in pages.
  public var stridePages: Int
  /// Largest working set, in pages, still without misses.
  public var fitsPages: Int
  /// First sampled size seen to miss; nil when the measurer states the capacity itself.
  public var overflowsPages: Int?
  /// Height of the step, cycles; nil when not read off.
  public var stepCycles: Double?
  /// The step is smeared; not to be tested exactly.
  public var blurred: Bool
}

/// A source and what it is.
public struct Citation: Hashable, Sendable {
  public var key: String
  public var meaning: String
}

/// A processor's address translation hardware.
public struct Machine: Sendable {
  public var id: String
  public var name: String
  /// Maker or line, for sorting: `Intel`, `AMD`, `Arm`, `POWER`, `teaching`.
  public var family: String = ""
  public var year: Int
  public var isa: String
  public var pageSizes: [PageSize]
  public var arrays: [TLBArray]
  public var walk: WalkKind
  public var table: TableShape
  /// Further table shapes the part knows, beside the one modelled. Shown, without effect.
  public var otherTables: [TableShape] = []
  /// Entries of the kernel's table, where it is probed once instead of walked; 0: not so.
  public var tableEntries = Stated(0, .assumed)
  public var walkCaches: [WalkCache]
  public var walkers: Int
  public var walkersEvidence = Evidence.assumed
  public var costs: WalkCosts
  public var fill = FillRules()
  public var prefetch = Stated(WalkPrefetch.none, .assumed)
  /// Width of the address-space tag; 0: the TLB is flushed on a switch.
  public var asidBits: Int
  /// Address spaces the arrays keep at once; 0: as many as the tag names.
  public var asidSlots: Int
  public var hasGlobalBit: Bool
  public var asidEvidence = Evidence.assumed
  /// Pages of one contiguous-hint run of the smallest page (Arm); 0: none.
  public var contiguousHintPages: Int
  public var contiguousHints: [ContiguousHint] = []
  public var blockRegisters: BlockRegisters?
  public var lockedEntries: LockedEntries?
  public var segmentBuffer: SegmentBuffer?
  public var knees: [Knee] = []
  /// How systems usually map the base kernel and modules here, in words.
  public var kernelMapping: [(what: String, how: String)] = []
  public var notes: String = ""
  public var sources: [Citation] = []

  /// The table has a fixed size and is probed once: a TSB, a VHPT, a hashed table with a handler.
  var probesTable: Bool {
    switch table {
    case .tsb, .vhpt: true
    case .hashed: walk != .hardware
    case .radix2, .radix3, .radix4, .radix5, .linear: false
    }
  }

  public init(id: String, name: String, arrays: [TLBArray]) {
    self.id = id
    self.name = name
    self.arrays = arrays
    year = 0
    isa = ""
    pageSizes = Array(Set(arrays.flatMap(\.pageSizes))).sorted()
    walk = .hardware
    table = .radix4
    walkCaches = []
    walkers = 1
    costs = WalkCosts()
    asidBits = 0
    asidSlots = 0
    hasGlobalBit = true
    contiguousHintPages = 0
  }

  /// Most walks the walkers sustain, a cycle: walkers over the latency of one (Little's law); nil
  /// when software walks.
  public var walksPerCycleLimit: Double? {
    walkers > 0 && costs.walk > 0 ? Double(walkers) / costs.walk : nil
  }

  /// The lookup order of references of `kind`: indices of arrays, grouped by level. Arrays of one
  /// level are looked up together; a level no array of which serves the kind is left out, so the
  /// first group is that kind's first level whatever number it carries.
  public func lookupOrder(_ kind: AccessKind) -> [[Int]] {
    let serving = arrays.indices.filter { arrays[$0].side.serves(kind) }
    let levels = Array(Set(serving.map { arrays[$0].level })).sorted()
    return levels.map { level in serving.filter { arrays[$0].level == level } }
  }
}
