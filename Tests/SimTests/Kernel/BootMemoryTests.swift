import Sim
import TestSupport
import Testing

/// The simulated kernel's memory: zones, lists, direct map.
@Suite struct BootMemoryTests {
  static func kernel(
    _ system: String, gigabytes: UInt64 = 8, age: MemoryAge? = nil
  ) throws -> SimulatedKernel {
    let profile = try ProfileCatalog.profile(system)
    let image = profile.baseImage
    var memory = PageAllocator(
      booting: profile, bytes: gigabytes << 30, image: LinkedImage(image),
      physicalStart: image.physicalStart)
    if let age { memory.age(age.parameters, seed: Seed(2)) }
    return SimulatedKernel(
      profile: profile, image: LinkedImage(image), physicalStart: image.physicalStart,
      memory: memory, seed: nil)
  }

  @Test func `Linux boots with its zones, the image's frames taken; others with one zone`() throws {
    let kernel = try Self.kernel("linux-6.1")
    #expect(kernel.memory.zones.map(\.name) == ["DMA", "DMA32", "Normal"])
    let start = kernel.profile.image.physicalStart
    let freed = kernel.image.freedAtBoot(kernel.profile, physicalStart: start)
    let image = kernel.image.range.size - freed.reduce(0) { $0 + $1.size }
    let firmware: UInt64 = 39
    #expect(kernel.memory.managedFrames + PageSize.base4K.count(image) + firmware == 8 << 18)
    #expect(!kernel.memory.isFree(FrameNumber(kernel.profile.image.physicalStart >> 12)))
    #expect(try Self.kernel("linux-6.12-arm64").memory.zones.map(\.name) == ["DMA", "Normal"])
    #expect(try Self.kernel("freebsd-13-amd64").memory.zones.count == 1)
    #expect(try Self.kernel("linux-5.10").memory.zones[2].perCPU.maxOrder == 0)
    #expect(try Self.kernel("linux-6.15").memory.rule == .claimThenSmallest)
  }

  @Test func `modules come from the highest zone, by batches through its per-CPU list`() throws {
    var kernel = try Self.kernel("linux-6.1")
    let (before, zoned) = (kernel.memory.freeFrames, kernel.memory.zones[2].buddy.freeFrames)
    let image = try kernel.load(module("m", text: 40960, data: 8192))
    let frames = image.pieces.flatMap(\.frames)
    #expect(frames.count == 12 && frames.allSatisfy { $0 >= 4 << 30 })
    let upkeep = kernel.profile.upkeep
    let kept = 12 + UInt64(upkeep.unmovable + upkeep.reclaimable)
    #expect(before - kernel.memory.freeFrames == kept)
    let zone = kernel.memory.zones[2]
    // One batch of 63 unmovable pages serves the process and then the load; one of the other type.
    #expect(zoned - zone.buddy.freeFrames == 2 * 63)
    #expect(UInt64(zone.perCPU.pages) == 2 * 63 - kept)
    kernel.unload("m")
    #expect(kernel.memory.freeFrames == before)
  }

  @Test func `a low zone keeps back what higher zones could serve`() throws {
    var memory = PageAllocator(
      memory: [FrameNumber(1)..<FrameNumber((1 << 20) + 65536)], rule: .moveAlways)
    while memory.allocate(order: 0) != nil {}
    // lowmem_reserve: a 256th of the zones above, more than all of DMA here.
    #expect(memory.zones[0].freePages == memory.zones[0].buddy.managedFrames)
    let kept = memory.zones[1].watermarks.min + 65536 / 256
    let left = memory.zones[1].freePages + UInt64(memory.zones[1].perCPU.pages)
    #expect((kept...kept + 1).contains(left))
  }

  @Test func `DirectMap counters move as meminfo's do and never back`() throws {
    var kernel = try Self.kernel("linux-6.1", age: .day)
    func sum(_ map: DirectMap) -> UInt64 {
      map.kilobytes4K + map.kilobytes2M + map.kilobytes1G
    }
    let boot = kernel.directMap
    // The firmware's pages are not mapped.
    #expect(sum(boot) == (8 << 20) - 156)
    #expect(boot.kilobytes1G > 0 && boot.kilobytes2M > 0)
    for index in 0..<40 { try kernel.load(module("m\(index)", text: 60000, rodata: 9000)) }
    let full = kernel.directMap
    #expect(sum(full) == sum(boot))
    #expect(full.level2Splits > boot.level2Splits)
    #expect(full.kilobytes4K - boot.kilobytes4K == 2048 * (full.level2Splits - boot.level2Splits))
    #expect(
      boot.kilobytes1G - full.kilobytes1G == (full.level3Splits - boot.level3Splits) << 20)
    for index in 0..<40 { kernel.unload("m\(index)") }
    #expect(kernel.directMap.kilobytes4K == full.kilobytes4K)
  }

  @Test func `CMA pageblocks serve movable pages only, and have rows of their own`() throws {
    var memory = PageAllocator(
      memory: [FrameNumber(0)..<FrameNumber(1 << 18)], rule: .moveAlways, cma: 1 << 14)
    #expect(memory.zones[1].buddy.freeCMAFrames == 1 << 14)
    while memory.allocate(order: 0, migrateType: .unmovable) != nil {}
    #expect(memory.zones[1].buddy.freeCMAFrames == 1 << 14)
    var borrowed: [FrameNumber] = []
    while let frame = memory.allocate(order: 0, migrateType: .movable) { borrowed.append(frame) }
    memory.drain()
    #expect(borrowed.count > 10_000)
    #expect(borrowed.allSatisfy { $0.value >= (1 << 18) - (1 << 14) || $0.value < 4096 })
    for frame in borrowed { memory.free(frame, order: 0, as: .movable) }
    memory.drain()
    #expect(memory.zones[1].buddy.freeCMAFrames == 1 << 14)
    let text = ZoneReport.pagetypeinfo(memory.reports)
    #expect(text.contains("zone    DMA32, type          CMA"))
    let read = try MemoryFileReader.pagetypeinfo(text, file: "p")
    #expect(ZoneReport.pagetypeinfo(read) == text)
  }

  @Test func `a failing large request compacts what may be moved`() throws {
    var memory = PageAllocator(
      memory: [FrameNumber(1 << 20)..<FrameNumber((1 << 20) + (1 << 15))], rule: .moveAlways)
    var pages: [FrameNumber] = []
    while let frame = memory.allocate(order: 0, migrateType: .movable) { pages.append(frame) }
    for frame in pages where frame.value % 2 == 0 { memory.free(frame, order: 0, as: .movable) }
    #expect(memory.allocate(order: 9) == nil)
    memory.movablePages = pages.filter { $0.value % 2 == 1 }
    #expect(memory.allocate(order: 9) != nil)
    #expect(memory.compaction.moved > 100)
  }
}
