/// What a page is allocated for; free memory is kept in separate lists by it so that pages that
/// cannot be moved gather in few pageblocks. Raw values are the order in which kernels print.
public enum MigrateType: UInt8, CaseIterable, Sendable {
  case unmovable, movable, reclaimable, highAtomic, cma, isolate

  /// The name in `/proc/pagetypeinfo`.
  public var kernelName: String {
    switch self {
    case .unmovable: "Unmovable"
    case .movable: "Movable"
    case .reclaimable: "Reclaimable"
    case .highAtomic: "HighAtomic"
    case .cma: "CMA"
    case .isolate: "Isolate"
    }
  }

  /// The types whose memory a request of this type takes when its own lists are empty, in order.
  /// Source: `fallbacks` in mm/page_alloc.c, the same from 5.10 to 7.3.
  var fallbacks: (MigrateType, MigrateType)? {
    switch self {
    case .unmovable: (.reclaimable, .movable)
    case .movable: (.reclaimable, .unmovable)
    case .reclaimable: (.unmovable, .movable)
    case .highAtomic, .cma, .isolate: nil
    }
  }

  /// Whether blocks of this type may merge with blocks of another one.
  var isMergeable: Bool { self != .isolate && self != .highAtomic && self != .cma }
}

/// How a request takes memory of another migrate type. The rules changed twice.
public enum FallbackRule: String, CaseIterable, Sendable {
  /// 5.10 to 6.9: all free pages of the pageblock move to the request's lists even when the block
  /// keeps its type.
  case moveAlways
  /// 6.10 to 6.14: pages move only when the pageblock is claimed; otherwise the request is still
  /// served from the largest block found.
  case claimOrLargest
  /// 6.15 and later: first a search for a block to claim, then a separate one that takes the
  /// smallest block that is large enough, without a change of type.
  case claimThenSmallest
}
