/// What the engine keeps beyond counts.
public struct ReplayOptions: Sendable {
  /// Misses by site, see `ReplayEngine.missesBySite`.
  public var attributesSites: Bool
  /// The cause of every miss, see `ReplayEngine.missCauses`.
  public var labelsMisses = false
  /// Seeds random replacement.
  public var seed: UInt64
  /// Data caches that price the walks' reads; nil: fixed costs. Detailed model only.
  public var walkMemory: WalkMemory?
  /// Walks go through a host's page table too; nil: they do not. Detailed model only.
  public var nestedPaging: NestedPaging?
  /// Takes the entry-by-entry model even where the block engine could do the machine.
  public var forcesDetail = false

  public init(attributesSites: Bool = false, seed: UInt64 = 1) {
    self.attributesSites = attributesSites
    self.seed = seed
  }

  var needsDetail: Bool { forcesDetail || walkMemory != nil || nestedPaging != nil }
}

/// Misses of one site.
public struct SiteMisses: Hashable, Sendable {
  /// References that missed every first-level array.
  public var firstLevel: UInt32 = 0
  /// References that no level held.
  public var walks: UInt32 = 0
  public init() {}
}
