/// Compaction: movable pages move from the zone's bottom into free pages at its top until the two
/// scanners meet (mm/compaction.c). The owner of the pages learns where they went.
public struct Compaction: Hashable, Sendable {
  /// Pages moved.
  public private(set) var moved: UInt64 = 0
  /// Pageblocks that became wholly free.
  public private(set) var freedBlocks: UInt64 = 0

  /// Whether a failing request of `order` is worth compacting for: the fragmentation index is above
  /// `vm.extfrag_threshold`.
  public static func isWorthwhile(
    _ counts: FreeCounts, order: Int, threshold: Int = 500
  ) -> Bool {
    let index = counts.fragmentationIndex(order: order)
    return index == -1000 || index > threshold
  }

  /// Moves single movable pages.
  /// - Parameters:
  ///   - pages: frames of movable single pages; those moved are replaced by their new frames.
  ///   - goal: stop when a block of this order is free; nil compacts all.
  public mutating func run(
    _ zone: inout BuddyAllocator, pages: inout [FrameNumber], goal: Int? = nil
  ) {
    var order = Array(pages.indices)
    order.sort { pages[$0] < pages[$1] }
    var top = zone.span.upperBound.value
    for index in order {
      if let goal, zone.freeCounts.blocks[goal...].contains(where: { $0 > 0 }) { return }
      let from = pages[index]
      guard let target = freeFrame(below: &top, above: from, zone) else { return }
      guard zone.isolate(target, as: .movable) else { return }
      let blocks = zone.freeCounts.blocks[BuddyAllocator.pageblockOrder...].reduce(0, +)
      zone.free(from, order: 0, as: .movable)
      let after = zone.freeCounts.blocks[BuddyAllocator.pageblockOrder...].reduce(0, +)
      if after > blocks { freedBlocks += after - blocks }
      pages[index] = target
      moved += 1
    }
  }

  public init() {}

  /// The highest free frame below the free scanner, in a movable pageblock, above the migrate
  /// scanner. The scanner only goes down.
  private func freeFrame(
    below top: inout UInt64, above frame: FrameNumber, _ zone: borrowing BuddyAllocator
  ) -> FrameNumber? {
    while top > frame.value + 1 {
      top -= 1
      let candidate = FrameNumber(top)
      if zone.pageblockType(of: candidate) == .movable, zone.isFree(candidate) { return candidate }
    }
    return nil
  }
}

extension PageAllocator {
  /// Direct compaction for a request that failed, in zones where it is worthwhile; after a failure
  /// it is deferred, ever longer up to 64 requests (`defer_compaction`).
  /// - Returns: whether a block of the order is free now.
  mutating func compact(for order: Int) -> Bool {
    guard !movablePages.isEmpty else { return false }
    if deferral.left > 0 {
      deferral.left -= 1
      return false
    }
    for index in zones.indices.reversed() {
      let counts = zones[index].buddy.freeCounts
      guard Compaction.isWorthwhile(counts, order: order) else { continue }
      zones[index].drain()
      let span = zones[index].buddy.span
      let own = movablePages.indices.filter { span.contains(movablePages[$0]) }
      var pages = own.map { movablePages[$0] }
      compaction.run(&zones[index].buddy, pages: &pages, goal: order)
      for (at, page) in zip(own, pages) { movablePages[at] = page }
      if zones[index].buddy.freeCounts.blocks[order...].contains(where: { $0 > 0 }) {
        deferral = (0, 0)
        return true
      }
    }
    deferral = (1 << deferral.shift, min(6, deferral.shift + 1))
    return false
  }
}

extension BuddyAllocator {
  /// Takes one given free frame out of the block that covers it; false when it is not free.
  public mutating func isolate(_ frame: FrameNumber, as type: MigrateType) -> Bool {
    guard let (start, order) = freeBlock(over: frame),
      let block = store.block(at: UInt32(start.value))
    else { return false }
    removeFree(UInt32(start.value), order)
    var lower = UInt32(start.value)
    var size = order
    while size > 0 {
      size -= 1
      let half = UInt32(1) << UInt32(size)
      if UInt32(frame.value) < lower + half {
        addFree(lower + half, size, block.type, atTail: false)
      } else {
        addFree(lower, size, block.type, atTail: false)
        lower += half
      }
    }
    if type == .movable { noteMovable(lower, order: 0) }
    return true
  }
}
