/// Free blocks of each order in one zone, and what the kernel derives from them.
///
/// Both indices rise with fragmentation. Source: mm/vmstat.c (`unusable_free_index`,
/// `__fragmentation_index`, `extfrag_for_order`), the same from 5.10 to 7.3, in its integers.
public struct FreeCounts: Hashable, Sendable {
  /// Free blocks of order 0 to 10.
  public let blocks: [UInt64]

  /// Missing orders count as empty; orders beyond 10 are dropped.
  public init(_ blocks: [UInt64]) {
    let used = blocks.prefix(BuddyAllocator.orderCount)
    self.blocks = used + Array(repeating: 0, count: BuddyAllocator.orderCount - used.count)
  }

  /// Both zones together.
  public static func + (a: FreeCounts, b: FreeCounts) -> FreeCounts {
    FreeCounts(zip(a.blocks, b.blocks).map { $0 + $1 })
  }

  public var freePages: UInt64 {
    blocks.enumerated().reduce(0) { $0 + $1.element << UInt64($1.offset) }
  }

  public var freeBlocks: UInt64 { blocks.reduce(0, +) }

  /// Free pages in blocks too small for a request of `order`, in thousandths of all free pages;
  /// 1000 when nothing is free.
  public func unusableIndex(order: Int) -> Int {
    let free = freePages
    guard free > 0 else { return 1000 }
    return Int((free - suitable(order) << UInt64(order)) * 1000 / free)
  }

  /// Whether a failing request of `order` would fail for lack of memory (near 0) or because what
  /// is free lies in pieces (near 1000). -1000 when the request would succeed, 0 when nothing is
  /// free.
  public func fragmentationIndex(order: Int) -> Int {
    let blocks = freeBlocks
    guard blocks > 0 else { return 0 }
    guard suitable(order) == 0 else { return -1000 }
    return 1000 - Int((1000 + (freePages * 1000) >> UInt64(order)) / blocks)
  }

  /// Percentage of free pages in blocks too small for `order`; 0 when nothing is free.
  public func externalFragmentation(order: Int) -> Int {
    let free = freePages
    guard free > 0 else { return 0 }
    return Int((free - suitable(order) << UInt64(order)) * 100 / free)
  }

  /// Blocks of `order` that the free memory of this and higher orders holds.
  private func suitable(_ order: Int) -> UInt64 {
    (order..<BuddyAllocator.orderCount).reduce(0) { $0 + blocks[$1] << UInt64($1 - order) }
  }
}

extension BuddyAllocator {
  /// Free blocks of each order over all types.
  public var freeCounts: FreeCounts {
    FreeCounts(
      (0...Self.maxOrder).map { order in
        MigrateType.allCases.reduce(0) { $0 + UInt64(store.length(order, $1)) }
      })
  }

  /// Free blocks of each order on the lists of one type.
  public func freeCounts(_ type: MigrateType) -> FreeCounts {
    FreeCounts((0...Self.maxOrder).map { UInt64(store.length($0, type)) })
  }

  /// Pageblocks of each type, in the order of `MigrateType.allCases`.
  public var pageblockCounts: [UInt64] {
    var counts = [UInt64](repeating: 0, count: MigrateType.allCases.count)
    for type in pageblockTypes { counts[Int(type.rawValue)] += 1 }
    return counts
  }
}
