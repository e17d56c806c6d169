/// Who says a value: the label every number of a machine or system carries.
public enum Evidence: String, CaseIterable, Sendable, Comparable {
  /// Read in source code.
  case source
  /// Vendor manual, or the chip's own CPUID leaf.
  case vendor
  /// Measured or reverse-engineered by someone named.
  case measured
  /// A book, survey or third-party page.
  case secondary
  /// Recalled from literature, not re-read.
  case recalled
  /// Our default.
  case assumed

  /// True for labels a report has to warn about.
  public var isAssumption: Bool { self == .recalled || self == .assumed }

  public static func < (a: Evidence, b: Evidence) -> Bool { a.rank < b.rank }
  private var rank: Int { Evidence.allCases.firstIndex(of: self) ?? 0 }
}

/// Which references an array serves.
public enum ArraySide: String, CaseIterable, Sendable {
  case instruction, data, load, store, unified
}

/// One physical TLB array of a machine.
public struct TLBArray: Hashable, Sendable {
  public var name: String
  /// 1 is looked up first; level n+1 is looked up on a miss of level n.
  public var level: Int
  public var side: ArraySide
  /// Page sizes that may live here.
  public var pageSizes: [PageSize]
  public var geometry: TLBGeometry
  /// Entries hold pieces of this size even of larger pages (splintering); nil: whole pages.
  public var splinter: PageSize?
  /// Neighbouring pages one tag covers whatever their frames, with a valid bit each (sectored,
  /// or the MIPS even/odd pair); 1: none.
  public var sectorPages: Int = 1
  /// Most pages merged into one entry when their frames are contiguous and aligned; 1: none.
  public var coalescePages: Int = 1
  /// Entries taken by locked or wired translations, lost to replacement.
  public var wiredEntries: Int = 0
  public var evidence: Evidence

  public init(
    name: String, level: Int, side: ArraySide, pageSizes: [PageSize], geometry: TLBGeometry,
    evidence: Evidence
  ) {
    self.name = name
    self.level = level
    self.side = side
    self.pageSizes = pageSizes
    self.geometry = geometry
    self.evidence = evidence
  }
}

/// Who refills the TLB.
public enum WalkKind: String, CaseIterable, Sendable { case hardware, software, hybrid }

/// Shape of the page table.
public enum TableShape: String, CaseIterable, Sendable {
  case radix2, radix3, radix4, radix5, hashed, tsb, vhpt, linear
}

/// One paging-structure cache.
public struct WalkCache: Hashable, Sendable {
  /// Table level whose entries it holds: 2 = page-directory entries, 3 = PDPTE, 4 = PML4E, 5 = PML5E.
  public var level: Int
  public var geometry: TLBGeometry
  public var evidence: Evidence

  public init(level: Int, geometry: TLBGeometry, evidence: Evidence) {
    self.level = level
    self.geometry = geometry
    self.evidence = evidence
  }
}

/// What a miss costs, in core cycles over a first-level hit.
public struct WalkCosts: Hashable, Sendable {
  /// First-level miss that hits the second level.
  public var secondLevelHit: Double = 0
  /// Hardware walk with upper levels cached and the leaf in the nearest data cache, over a hit in
  /// the last TLB level.
  public var walk: Double = 0
  /// Added for every page-table level the walk caches did not skip.
  public var perLevelRead: Double = 4
  /// Software handler, entry in cache; 0 when hardware walks.
  public var software: Double = 0

  public init() {}
}

/// A processor's address translation hardware.
public struct Machine: Sendable {
  public var id: String
  public var name: String
  public var year: Int
  public var isa: String
  public var pageSizes: [PageSize]
  public var arrays: [TLBArray]
  public var walk: WalkKind
  public var table: TableShape
  public var walkCaches: [WalkCache]
  public var walkers: Int
  public var costs: WalkCosts
  /// Width of the address-space tag; 0: the TLB is flushed on a switch.
  public var asidBits: Int
  /// Address spaces the arrays keep at once; 0: as many as the tag names.
  public var asidSlots: Int
  public var hasGlobalBit: Bool
  /// Pages of one contiguous-hint run (Arm); 0: none.
  public var contiguousHintPages: Int

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
}
