/// Which references an array serves.
public enum ArraySide: String, CaseIterable, Sendable {
  case instruction, data, load, store, unified

  /// Whether references of `kind` look here.
  public func serves(_ kind: AccessKind) -> Bool {
    switch (self, kind) {
    case (.unified, _), (.instruction, .fetch), (.data, .load), (.data, .store), (.load, .load),
      (.store, .store):
      true
    default: false
    }
  }
}

/// Which translations may enter an array, beside the question of their size.
public enum EntryRule: String, CaseIterable, Sendable {
  case any
  /// Locked entries of any size, and pages larger than the base page (UltraSPARC III, 16 entries).
  case lockedOrLarge
  /// Everything but locked entries (UltraSPARC III, 2-way arrays).
  case unlocked
}

/// Ways of an array that only one class of pages may use (Zen second level).
public struct WayShare: Hashable, Sendable {
  /// Page size the ways are kept for; nil: entries that coalesce several pages.
  public var pageSize: PageSize?
  public var ways: Int

  public init(pageSize: PageSize?, ways: Int) {
    self.pageSize = pageSize
    self.ways = ways
  }
}

/// How one tag covers several neighbouring pages whatever their frames.
public struct Sector: Hashable, Sendable {
  /// Pages one tag covers, a power of two.
  public var pages: Int
  /// True when only the machine's smallest page is sectored and larger ones take a tag each.
  public var basePageOnly: Bool
  /// True when a refill brings all pages of the sector (MIPS pairs, a line of PTEs); false when
  /// each page sets its own valid bit.
  public var fillsWhole: Bool
  /// True when the array's entry count counts pages, not tags.
  public var entriesCountPages: Bool

  public init(
    pages: Int, fillsWhole: Bool, basePageOnly: Bool = false, entriesCountPages: Bool = false
  ) {
    self.pages = pages
    self.basePageOnly = basePageOnly
    self.fillsWhole = fillsWhole
    self.entriesCountPages = entriesCountPages
  }
}

/// One physical TLB array of a machine.
public struct TLBArray: Hashable, Sendable {
  public var name: String
  /// 1 is looked up first; the next level that serves the same references is looked up on a miss.
  public var level: Int
  public var side: ArraySide
  /// Page sizes that live here whole.
  public var pageSizes: [PageSize]
  public var geometry: TLBGeometry
  /// A page of a size not listed enters as the touched piece, of the largest listed size below it;
  /// otherwise it does not enter at all.
  public var splintersLarger: Bool = false
  public var sector: Sector?
  /// Neighbouring pages one tag covers; 1: none.
  public var sectorPages: Int { sector?.pages ?? 1 }
  /// Most base pages merged into one entry when their frames are contiguous and aligned; 1: none.
  public var coalescePages: Int = 1
  /// Entries taken by locked or wired translations, lost to replacement.
  public var wiredEntries: Int = 0
  public var accepts: EntryRule = .any
  /// Ways reserved by page class; empty: every class uses every way.
  public var wayShares: [WayShare] = []
  /// Upper-level page-table entries compete for these entries too.
  public var holdsWalkEntries: Bool = false
  /// Address spaces whose entries stay when the space changes; nil: as the machine says.
  public var asidSlots: Int?
  /// How the array is split or shared by hardware threads or cores, in words; empty: not at all.
  public var sharing: String = ""
  /// Who says the entry count, ways and page sizes.
  public var evidence: Evidence
  public var policyEvidence: Evidence
  public var indexEvidence: Evidence
  public var splinterEvidence: Evidence = .assumed
  public var coalesceEvidence: Evidence = .assumed

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
    policyEvidence = evidence
    indexEvidence = evidence
  }

  /// The size of the entry a page of `size` becomes here; nil when it may not enter.
  public func entrySize(_ size: PageSize) -> PageSize? {
    if pageSizes.contains(size) { return size }
    return splintersLarger ? pageSizes.filter { $0 < size }.max() : nil
  }

  /// The largest piece of a page too large to enter whole; nil when such pages do not enter.
  public var splinter: PageSize? { splintersLarger ? pageSizes.max() : nil }

  /// Tags the array holds.
  public var tags: Int {
    guard let sector, sector.entriesCountPages else { return geometry.entries }
    return max(1, geometry.entries / sector.pages)
  }
}
