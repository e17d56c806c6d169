/// Who refills the TLB.
public enum WalkKind: String, CaseIterable, Sendable { case hardware, software, hybrid }

/// One paging-structure cache.
public struct WalkCache: Hashable, Sendable {
  /// Table level whose entries it holds: 2 = page-directory entries, 3 = PDPTE, 4 = PML4E,
  /// 5 = PML5E; 0 = entries of every upper level share it.
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
  /// First-level miss that hits the next level.
  public var secondLevelHit: Double = 0
  /// The same for instruction fetches where it differs.
  public var instructionSecondLevelHit: Double?
  /// Hardware walk with upper levels cached and the leaf in the nearest data cache, over a hit in
  /// the last TLB level.
  public var walk: Double = 0
  /// Added for every page-table level the walk caches did not skip.
  public var perLevelRead: Double = 4
  /// Software handler, entry in cache; 0 when hardware walks.
  public var software: Double = 0
  /// Software handler when the table's own page misses too (virtual linear tables).
  public var softwareNested: Double?
  /// Software handler of a miss on mapped kernel space, where that takes a slower path.
  public var softwareKernel: Double?
  /// Evidence by the name of the cost, in the order the machine's file states them.
  public var evidence: [CostEvidence] = []

  public init() {}
}

/// Who says one of a machine's costs.
public struct CostEvidence: Hashable, Sendable {
  public var name: String
  public var evidence: Evidence

  public init(_ name: String, _ evidence: Evidence) {
    self.name = name
    self.evidence = evidence
  }
}

/// Who fills and touches which level. The default is what most descriptions mean: levels neither
/// inclusive nor exclusive, a second-level hit refills the first level.
public struct FillRules: Hashable, Sendable {
  /// Evicting a second-level entry drops it from the first level too.
  public var inclusive = false
  /// A second-level hit moves the entry to the first level, whose victim moves down.
  public var exclusive = false
  public var secondLevelHitRefillsFirst = true
  /// A first-level hit also counts as a use in the second level.
  public var firstLevelHitTouchesSecond = false
  /// A first-level victim is written to the second level.
  public var firstLevelVictimFillsSecond = false
  public var evidence = Evidence.assumed

  public init() {}
}

/// What the walker fetches beside what was asked for.
public enum WalkPrefetch: String, CaseIterable, Sendable {
  case none
  /// The translation of the next page, into the last level.
  case nextPage
  /// The next cache line of page-table entries, into the last level.
  case nextLine
}
