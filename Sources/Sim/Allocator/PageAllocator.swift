/// A zone with its watermarks and per-CPU lists.
public struct PageZone: Sendable {
  public let name: String
  public internal(set) var buddy: BuddyAllocator
  public internal(set) var perCPU: PerCPULists
  public internal(set) var watermarks: Watermarks
  /// Extra pages kept free after a fallback, until reclaim runs (`boost_watermark`).
  public internal(set) var boost: UInt64 = 0

  /// Free pages below which requests fail, reclaim starts, reclaim stops.
  public struct Watermarks: Hashable, Sendable {
    public let min: UInt64
    public let low: UInt64
    public let high: UInt64
  }

  /// Free pages, those on per-CPU lists not counted, as the kernel counts them.
  public var freePages: UInt64 { buddy.freeFrames }

  mutating func take(_ order: Int, _ type: MigrateType) -> FrameNumber? {
    perCPU.allocate(order: order, type: type, &buddy)
  }

  mutating func give(_ frame: FrameNumber, _ order: Int, _ type: MigrateType) {
    perCPU.free(frame, order: order, as: type, &buddy)
  }

  mutating func drain() { perCPU.drain(&buddy) }
}

/// All of a machine's memory: zones in order, tried from the highest down.
///
/// Watermarks follow `min_free_kbytes` = 4 √(lowmem kB), `watermark_scale_factor` 10.
public struct PageAllocator: Sendable {
  public private(set) var zones: [PageZone]
  /// Requests that had to go below a zone's low watermark.
  public private(set) var wakeups: UInt64 = 0
  public let rule: FallbackRule

  /// Ends of the zones DMA and DMA32, frames.
  static let dmaEnd: UInt64 = 4096
  static let dma32End: UInt64 = 1 << 20

  /// - Parameters:
  ///   - memory: physical ranges of RAM, frames, sorted and disjoint.
  ///   - keepsHighOrders: per-CPU lists hold orders up to 3 (from 5.14 on).
  public init(
    memory: [Range<FrameNumber>], rule: FallbackRule, keepsHighOrders: Bool = true
  ) {
    self.rule = rule
    let bounds: [(String, UInt64, UInt64)] = [
      ("DMA", 0, Self.dmaEnd), ("DMA32", Self.dmaEnd, Self.dma32End),
      ("Normal", Self.dma32End, .max),
    ]
    var built: [(name: String, buddy: BuddyAllocator)] = []
    for (name, lower, upper) in bounds {
      let parts = memory.map {
        max(
          $0.lowerBound.value, lower)..<max(
            max($0.lowerBound.value, lower), min($0.upperBound.value, upper))
      }.filter { !$0.isEmpty }
      guard let first = parts.first, let last = parts.last else { continue }
      var buddy = BuddyAllocator(
        span: FrameNumber(first.lowerBound)..<FrameNumber(last.upperBound), rule: rule)
      for part in parts {
        buddy.release(FrameNumber(part.lowerBound)..<FrameNumber(part.upperBound))
      }
      built.append((name, buddy))
    }
    let total = built.reduce(0) { $0 + $1.buddy.managedFrames }
    let minimum = Self.minimumFreePages(total)
    zones = built.map { name, buddy in
      let managed = buddy.managedFrames
      let low = total == 0 ? 0 : minimum * managed / total
      let step = max(low / 4, managed * 10 / 10_000)
      return PageZone(
        name: name, buddy: buddy,
        perCPU: PerCPULists(
          managed: managed, keepsHighOrders: keepsHighOrders,
          smallBatch: rule == .claimThenSmallest),
        watermarks: PageZone.Watermarks(min: low, low: low + step, high: low + 2 * step))
    }
  }

  /// `min_free_kbytes` in pages: 4 √kB, between 128 kB and 256 MiB.
  static func minimumFreePages(_ pages: UInt64) -> UInt64 {
    let kilobytes = (Double(pages) * 4 * 16).squareRoot()
    return UInt64(min(262_144, max(128, kilobytes))) / 4
  }

  /// A block: the highest zone above its low watermark, else the highest above its minimum.
  public mutating func allocate(
    order: Int, migrateType: MigrateType = .unmovable
  ) -> FrameNumber? {
    for floor in [\PageZone.Watermarks.low, \PageZone.Watermarks.min] {
      for index in zones.indices.reversed() where isAbove(index, floor, order) {
        let before = zones[index].buddy.fallbackCount
        let frame = zones[index].take(order, migrateType)
        if zones[index].buddy.fallbackCount > before { raiseBoost(index) }
        if let frame { return frame }
      }
      wakeups += 1
    }
    return nil
  }

  /// Gives a block back.
  public mutating func free(_ frame: FrameNumber, order: Int, as type: MigrateType = .unmovable) {
    guard let index = zones.firstIndex(where: { $0.buddy.span.contains(frame) }) else { return }
    zones[index].give(frame, order, type)
  }

  /// Single pages as vmalloc takes them: at most 100 at a time from the per-CPU lists.
  public mutating func allocateSinglePages(
    _ count: Int, migrateType: MigrateType = .unmovable
  ) -> [FrameNumber] {
    var frames: [FrameNumber] = []
    while frames.count < count, let frame = allocate(order: 0, migrateType: migrateType) {
      frames.append(frame)
    }
    return frames
  }

  /// Empties the per-CPU lists into the zones.
  public mutating func drain() {
    for index in zones.indices { zones[index].drain() }
  }

  /// Reclaim has run: boosts go.
  public mutating func clearBoosts() { for index in zones.indices { zones[index].boost = 0 } }

  /// The zones as the kernel's files print them.
  public var reports: [ZoneReport] { zones.map { ZoneReport(zone: $0.name, $0.buddy) } }

  private func isAbove(
    _ index: Int, _ floor: KeyPath<PageZone.Watermarks, UInt64>, _ order: Int
  ) -> Bool {
    let wanted =
      zones[index].watermarks[keyPath: floor] + zones[index].boost + 1 << UInt64(order)
    return zones[index].freePages + UInt64(zones[index].perCPU.pages) >= wanted
  }

  /// A fallback raises the watermark by a pageblock, up to 150 % of the high one.
  private mutating func raiseBoost(_ index: Int) {
    let most = zones[index].watermarks.high * 15_000 / 10_000
    guard most >= BuddyAllocator.pageblockFrames else { return }
    zones[index].boost = min(zones[index].boost + BuddyAllocator.pageblockFrames, most)
  }
}
