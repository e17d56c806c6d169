import Sim
import Testing

@Suite struct ZoneAllocatorTests {
  static func machine(_ pages: UInt64, rule: FallbackRule = .moveAlways) -> PageAllocator {
    PageAllocator(memory: [FrameNumber(1)..<FrameNumber(pages)], rule: rule)
  }

  @Test func `zones lie where x86 puts them and the highest serves first`() {
    var machine = Self.machine((1 << 20) + 65536)
    #expect(machine.zones.map(\.name) == ["DMA", "DMA32", "Normal"])
    #expect(machine.zones[0].buddy.span.upperBound == FrameNumber(4096))
    let first = machine.allocate(order: 0)
    #expect(first == FrameNumber(1 << 20))
    var taken: [UInt64] = []
    while let frame = machine.allocate(order: 4) { taken.append(frame.value) }
    let above = taken.prefix { $0 >= 1 << 20 }
    #expect(above.count > 3000)
    // Once Normal is at its low watermark the zone below serves.
    #expect(taken.dropFirst(above.count).prefix(1000).allSatisfy { $0 < 1 << 20 })
  }

  @Test func `batches are 63 from a gigabyte on, under both rules`() {
    for pages in [1 << 18, 1 << 20, 1 << 24] as [UInt64] {
      #expect(PerCPULists.batchSize(managed: pages) == 63)
      #expect(PerCPULists.batchSize(managed: pages, smallBatch: true) == 63)
    }
    #expect(PerCPULists.batchSize(managed: 4096) < 63)
  }

  @Test func `freed pages come back from the per-CPU list, last freed first`() {
    var machine = Self.machine(1 << 18)
    let frames = machine.allocateSinglePages(10)
    machine.free(frames[3], order: 0)
    machine.free(frames[7], order: 0)
    #expect(machine.allocate(order: 0) == frames[7])
    #expect(machine.allocate(order: 0) == frames[3])
  }

  @Test func `no page is lost between lists and zones`() {
    var machine = Self.machine(1 << 16)
    let total = machine.zones.reduce(0) { $0 + $1.freePages }
    var random = Seed(4).generator()
    var live: [(FrameNumber, Int, MigrateType)] = []
    for _ in 0..<20_000 {
      if live.isEmpty || random.unit() < 0.52 {
        let order = random.below(5)
        let type = MigrateType.allCases[random.below(3)]
        if let frame = machine.allocate(order: order, migrateType: type) {
          live.append((frame, order, type))
        }
      } else {
        let (frame, order, type) = live.remove(at: random.below(live.count))
        machine.free(frame, order: order, as: type)
      }
    }
    let used = live.reduce(UInt64(0)) { $0 + UInt64(1) << UInt64($1.1) }
    machine.drain()
    #expect(machine.zones.reduce(0) { $0 + $1.freePages } == total - used)
    for (frame, order, type) in live { machine.free(frame, order: order, as: type) }
    machine.drain()
    #expect(machine.zones.reduce(0) { $0 + $1.freePages } == total)
  }

  @Test func `a reserve below the minimum watermark is never handed out`() {
    var machine = Self.machine(1 << 16)
    while machine.allocate(order: 0) != nil {}
    for zone in machine.zones {
      #expect(zone.freePages + UInt64(zone.perCPU.pages) >= zone.watermarks.min)
      #expect(zone.watermarks.min < zone.watermarks.low)
    }
  }

  @Test func `compaction moves movable pages up and frees whole blocks below`() {
    var zone = BuddyAllocator(frames: 8192)
    var pages: [FrameNumber] = []
    while let frame = zone.allocate(order: 0, migrateType: .movable) { pages.append(frame) }
    var random = Seed(9).generator()
    random.shuffle(&pages)
    for frame in pages.suffix(6000) { zone.free(frame, order: 0, as: .movable) }
    pages.removeLast(6000)
    let free = zone.freeFrames
    #expect(zone.freeCounts.blocks[9...].reduce(0, +) == 0)
    var compaction = Compaction()
    compaction.run(&zone, pages: &pages)
    #expect(zone.freeFrames == free)
    // 2,192 pages fill little more than four pageblocks at the top.
    #expect(zone.freeCounts.unusableIndex(order: 9) < 150)
    #expect(compaction.moved > 0)
    #expect(Set(pages).count == pages.count)
    for frame in pages { #expect(!zone.isFree(frame)) }
  }

  @Test func `compaction stops at its goal and is tried only above the threshold`() {
    var zone = BuddyAllocator(frames: 4096)
    var pages: [FrameNumber] = []
    while let frame = zone.allocate(order: 0, migrateType: .movable) { pages.append(frame) }
    let kept = pages.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    for frame in pages.enumerated().filter({ $0.offset % 2 == 1 }).map(\.element) {
      zone.free(frame, order: 0, as: .movable)
    }
    #expect(Compaction.isWorthwhile(zone.freeCounts, order: 9))
    var left = kept
    var compaction = Compaction()
    compaction.run(&zone, pages: &left, goal: 4)
    #expect(zone.allocate(order: 4, migrateType: .movable) != nil)
    #expect(compaction.moved < 64)
    #expect(!Compaction.isWorthwhile(FreeCounts([1]), order: 3))
  }

  @Test func `contiguity counts runs of consecutive frames`() {
    let frames = [5, 6, 7, 9, 20, 21].map { FrameNumber($0) }
    let runs = ContiguityHistogram(frames)
    #expect(runs.runCount == 3)
    #expect(Array(runs.runs.prefix(3)) == [1, 2, 0])
    #expect(runs.longest == 3)
    #expect(runs.mean == 2)
  }
}
