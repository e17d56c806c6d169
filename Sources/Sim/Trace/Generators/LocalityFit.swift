/// What a recording taught about where a kernel's references go next: the parameters of
/// `LocalityWorkload`, counted by `LocalityCounter`, read by `LocalityFitReader`.
///
/// References fall in classes of memory; the class a run of references falls in depends on the
/// class of the run before it on its side (code or data). Inside a class a run goes to a *unit*,
/// chosen by how many other units of that side were used since it was used last: its depth in an
/// LRU stack (Mattson et al., 1970; Spirn, 1976). Units are pages of 4 KiB, and stretches of 2 MiB
/// where a kernel maps memory with large pages; inside a stretch a page is chosen by its depth
/// among the stretch's pages.
public struct LocalityFit: Hashable, Sendable {
  /// A class of memory; the first two are code.
  public enum MemoryClass: String, CaseIterable, Sendable {
    case baseText, moduleText, direct, vmalloc, user, perCPU, vmemmap, baseData, moduleData

    public var isCode: Bool { self == .baseText || self == .moduleText }
    /// Units are stretches of 2 MiB.
    public var isLarge: Bool { self == .baseText || self == .direct || self == .vmemmap }
    /// Depth counts units of this class only. Modules run in bursts: what stands between two uses
    /// of a page is module code, not the kernel at large.
    public var countsOwnOnly: Bool { self == .moduleText }

    static func side(_ isCode: Bool) -> [MemoryClass] { allCases.filter { $0.isCode == isCode } }
  }

  /// How often each depth was seen.
  public struct Depths: Hashable, Sendable {
    /// Counts by bucket: depths 0, 1, 2 and 3, then two buckets an octave.
    public var counts: [UInt64] = []
    /// Units or pages used for the first time.
    public var first: UInt64 = 0

    public init() {}

    static let limit = 64

    @inline(__always)
    static func bucket(_ depth: Int) -> Int {
      guard depth >= 4 else { return depth }
      let octave = Int.bitWidth - 1 - depth.leadingZeroBitCount
      return octave * 2 + (depth >> (octave - 1)) & 1
    }

    /// Depths of a bucket.
    static func range(_ bucket: Int) -> Range<Int> {
      if bucket < 4 { return bucket..<(bucket + 1) }
      let octave = bucket / 2
      let lower = (2 + bucket % 2) << (octave - 1)
      return lower..<(lower + 1 << (octave - 1))
    }

    @inline(__always)
    mutating func add(_ depth: Int) {
      let bucket = Depths.bucket(depth)
      while counts.count <= bucket { counts.append(0) }
      counts[bucket] += 1
    }
  }

  /// What was seen of one class.
  public struct ClassFit: Hashable, Sendable {
    /// Units and pages used at all.
    public var units = 0
    public var pages = 0
    /// Of the pages of sections that were used, the share that was; only stated for modules.
    public var touchedShare: Double = 1
    public var runs: UInt64 = 0
    /// References of a run, mean.
    public var meanRun: Double = 1
    /// Share of runs that store.
    public var storeShare: Double = 0
    /// Class of the next run of this side, counts in the order of `MemoryClass.side`.
    public var next: [UInt64] = []
    /// Depth of a run's unit when the run before was of this class, and when it was not.
    public var stay = Depths()
    public var change = Depths()
    /// In large units: depth of the page when its unit was at depth 0, at 1 to 7, and deeper.
    public var within: [Depths] = []

    public init() {}
  }

  /// The recording's file name.
  public var source = ""
  /// Data runs between two runs of instructions, mean.
  public var dataRunsPerFetchRun: Double = 0
  /// Factor on depths within a unit of data. Draws are independent, which spreads a unit's pages
  /// more than a program does; the factor that brings the miss curve closest makes up for that.
  public var withinScale: Double = 1
  /// In the order of `MemoryClass.allCases`.
  public var classes: [ClassFit] = MemoryClass.allCases.map { _ in ClassFit() }
  /// How close the generated stream's miss curves come to the recording's.
  public var curves: [LocalityCurve] = []

  public init() {}

  public subscript(memory: MemoryClass) -> ClassFit {
    get { classes[LocalityFit.index(memory)] }
    set { classes[LocalityFit.index(memory)] = newValue }
  }

  static func index(_ memory: MemoryClass) -> Int {
    MemoryClass.allCases.firstIndex(of: memory) ?? 0
  }

  static func withinContext(unitDepth: Int) -> Int { unitDepth == 0 ? 0 : unitDepth < 8 ? 1 : 2 }
}

/// One miss curve of the recording and of the stream made from its fit: fully associative LRU.
public struct LocalityCurve: Hashable, Sendable {
  /// `code` or `data`.
  public var side: String
  /// `4KiB`, or `2MiB` where the base image's text, the direct map and vmemmap are large pages.
  public var pages: String
  public var entries: [Int]
  /// Misses per 1000 instructions, first touches apart.
  public var recorded: [Double]
  public var fitted: [Double]

  public init(
    side: String, pages: String, entries: [Int], recorded: [Double], fitted: [Double]
  ) {
    self.side = side
    self.pages = pages
    self.entries = entries
    self.recorded = recorded
    self.fitted = fitted
  }

  /// |fitted / recorded - 1| over the capacities TLBs have, 16 to 2048 entries, where the recording
  /// misses at least once in 100,000 instructions.
  public var relativeErrors: [Double] {
    entries.indices.filter { (16...2048).contains(entries[$0]) && recorded[$0] >= 0.01 }.map {
      abs(fitted[$0] / recorded[$0] - 1)
    }
  }

  public var meanError: Double {
    relativeErrors.reduce(0, +) / Double(max(1, relativeErrors.count))
  }
  public var maxError: Double { relativeErrors.max() ?? 0 }
}
