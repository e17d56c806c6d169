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

  /// Pages kept from requests that a higher zone could serve (`lowmem_reserve`).
  public internal(set) var reserve: UInt64 = 0

  /// Whether a request leaves the zone above its low watermark, or its minimum.
  func isAbove(_ order: Int, low: Bool) -> Bool {
    let floor = low ? watermarks.low : watermarks.min
    return freePages + UInt64(perCPU.pages) >= floor + boost + reserve + 1 << UInt64(order)
  }

  mutating func take(_ order: Int, _ type: MigrateType) -> FrameNumber? {
    perCPU.allocate(order: order, type: type, &buddy)
  }

  mutating func give(_ frame: FrameNumber, _ order: Int, _ type: MigrateType) {
    perCPU.free(frame, order: order, as: type, &buddy)
  }

  mutating func drain() { perCPU.drain(&buddy) }
}

/// Names of an architecture's zones and the frames they end before.
public struct ZoneBounds: Sendable {
  let ends: [(name: String, end: UInt64)]

  /// DMA to 16 MiB, DMA32 to 4 GiB, Normal.
  public static let x86 = ZoneBounds(
    ends: [("DMA", 4096), ("DMA32", 1 << 20), ("Normal", .max)])
  /// DMA to 4 GiB, Normal.
  public static let arm64 = ZoneBounds(ends: [("DMA", 1 << 20), ("Normal", .max)])
}

/// All of a machine's memory: zones in order, tried from the highest down.
///
/// Watermarks follow `min_free_kbytes` = 4 √(lowmem kB), `watermark_scale_factor` 10,
/// `lowmem_reserve_ratio` 256. Systems other than Linux get one zone without lists or watermarks.
public struct PageAllocator: Sendable {
  public internal(set) var zones: [PageZone]
  /// Frames handed over at boot.
  public let managedFrames: UInt64
  /// Frames nobody uses, those on per-CPU lists among them.
  public internal(set) var freeFrames: UInt64
  /// Requests that had to go below a zone's low watermark.
  public private(set) var wakeups: UInt64 = 0
  public let rule: FallbackRule
  /// Single movable pages whose owner lets them be moved: what compaction may move.
  public var movablePages: [FrameNumber] = []
  /// Physical addresses of the frames of executable memory the kernel took for itself while it
  /// booted, before memory aged.
  public internal(set) var bootFrames: [UInt64] = []
  /// Bytes of memory the machine has; 0 when nobody said.
  public internal(set) var machineBytes: UInt64 = 0
  /// What compaction did so far.
  public internal(set) var compaction = Compaction()
  /// Requests to let pass before compaction is tried again, and how many the last failure cost.
  var deferral = (left: 0, shift: 0)

  /// Linux.
  /// - Parameters:
  ///   - memory: physical ranges of RAM, frames, sorted and disjoint.
  ///   - keepsHighOrders: per-CPU lists hold orders up to 3 (from 5.14 on).
  ///   - cma: frames at the top of memory kept for contiguous allocations (`cma=`).
  public init(
    memory: [Range<FrameNumber>], rule: FallbackRule, keepsHighOrders: Bool = true,
    zones bounds: ZoneBounds = .x86, cma: UInt64 = 0
  ) {
    let built = Self.buddies(memory, rule, bounds, cma)
    let total = built.reduce(0) { $0 + $1.buddy.managedFrames }
    let minimum = Self.minimumFreePages(total)
    self.rule = rule
    (managedFrames, freeFrames) = (total, total)
    var above = total
    zones = built.map { name, buddy in
      let managed = buddy.managedFrames
      above -= managed
      let low = total == 0 ? 0 : minimum * managed / total
      let step = max(low / 4, managed * 10 / 10_000)
      return PageZone(
        name: name, buddy: buddy,
        perCPU: PerCPULists(
          managed: managed, keepsHighOrders: keepsHighOrders,
          smallBatch: rule == .claimThenSmallest),
        watermarks: PageZone.Watermarks(min: low, low: low + step, high: low + 2 * step),
        reserve: above / 256)
    }
  }

  /// One zone from frame 0 on, without per-CPU lists and watermarks: the plain buddy system.
  public init(frames: UInt64, rule: FallbackRule = .moveAlways) {
    self.init(BuddyAllocator(frames: frames, rule: rule))
  }

  /// One zone in any state, without per-CPU lists and watermarks.
  public init(_ buddy: BuddyAllocator) {
    rule = buddy.rule
    (managedFrames, freeFrames) = (buddy.managedFrames, buddy.freeFrames)
    zones = [
      PageZone(
        name: "Normal", buddy: buddy, perCPU: PerCPULists(),
        watermarks: PageZone.Watermarks(min: 0, low: 0, high: 0))
    ]
  }

  private static func buddies(
    _ memory: [Range<FrameNumber>], _ rule: FallbackRule, _ bounds: ZoneBounds,
    _ cma: UInt64
  ) -> [(name: String, buddy: BuddyAllocator)] {
    var built: [(name: String, buddy: BuddyAllocator)] = []
    var lower: UInt64 = 0
    for (name, upper) in bounds.ends {
      defer { lower = upper }
      let parts = memory.map {
        max(
          $0.lowerBound.value, lower)..<max(
            max($0.lowerBound.value, lower), min($0.upperBound.value, upper))
      }.filter { !$0.isEmpty }
      guard let first = parts.first, let last = parts.last else { continue }
      var buddy = BuddyAllocator(
        span: FrameNumber(first.lowerBound)..<FrameNumber(last.upperBound), rule: rule)
      if cma > 0, upper >= memory.last?.upperBound.value ?? 0 {
        let block = BuddyAllocator.pageblockFrames
        let end = last.upperBound / block * block
        buddy.reserveCMA(FrameNumber(end - min(end, cma))..<FrameNumber(end))
      }
      for part in parts {
        buddy.release(FrameNumber(part.lowerBound)..<FrameNumber(part.upperBound))
      }
      built.append((name, buddy))
    }
    return built
  }

  /// `min_free_kbytes` in pages: 4 √kB, between 128 kB and 256 MiB.
  static func minimumFreePages(_ pages: UInt64) -> UInt64 {
    let kilobytes = (Double(pages) * 4 * 16).squareRoot()
    return UInt64(min(262_144, max(128, kilobytes))) / 4
  }

  /// A block: the highest zone above its low watermark, else the highest above its minimum, else
  /// what compaction or reclaim's end of the watermark boosts makes room for.
  public mutating func allocate(
    order: Int, migrateType: MigrateType = .unmovable
  ) -> FrameNumber? {
    if let frame = attempt(order, migrateType, low: true) { return frame }
    wakeups += 1
    if let frame = attempt(order, migrateType, low: false) { return frame }
    if order > 0, compact(for: order), let frame = attempt(order, migrateType, low: false) {
      return frame
    }
    guard zones.contains(where: { $0.boost > 0 }) else { return nil }
    clearBoosts()
    return attempt(order, migrateType, low: false)
  }

  private mutating func attempt(
    _ order: Int, _ type: MigrateType, low: Bool
  ) -> FrameNumber? {
    var index = zones.count
    while index > 0 {
      index -= 1
      guard zones[index].isAbove(order, low: low) else { continue }
      let before = zones[index].buddy.fallbackCount
      let frame = zones[index].take(order, type)
      if zones[index].buddy.fallbackCount > before { raiseBoost(index) }
      if let frame {
        freeFrames -= 1 << UInt64(order)
        return frame
      }
    }
    return nil
  }

  /// Gives a block back.
  public mutating func free(_ frame: FrameNumber, order: Int, as type: MigrateType = .unmovable) {
    guard let index = zones.firstIndex(where: { $0.buddy.span.contains(frame) }) else { return }
    freeFrames += 1 << UInt64(order)
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

  /// Free blocks of all zones, those on per-CPU lists not counted, as the kernel counts them.
  public var freeCounts: FreeCounts {
    zones.reduce(FreeCounts([])) { $0 + $1.buddy.freeCounts }
  }

  /// Whether nobody uses the frame; one on a per-CPU list counts as used.
  public func isFree(_ frame: FrameNumber) -> Bool {
    zones.contains { $0.buddy.isFree(frame) }
  }

  /// The zones as the kernel's files print them.
  public var reports: [ZoneReport] { zones.map { ZoneReport(zone: $0.name, $0.buddy) } }

  /// A fallback raises the watermark by a pageblock, up to 150 % of the high one.
  private mutating func raiseBoost(_ index: Int) {
    let most = zones[index].watermarks.high * 15_000 / 10_000
    guard most >= BuddyAllocator.pageblockFrames else { return }
    zones[index].boost = min(zones[index].boost + BuddyAllocator.pageblockFrames, most)
  }
}
