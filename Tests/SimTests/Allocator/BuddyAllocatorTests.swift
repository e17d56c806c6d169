import Sim
import TestSupport
import Testing

@Suite struct BuddyAllocatorTests {
  /// Drives the allocator and the naive one with the same requests.
  static func drive(_ rule: FallbackRule, frames: Int, events: Int, seed: UInt64) -> Int {
    var random = Seed(seed).generator()
    var fast = BuddyAllocator(frames: UInt64(frames), rule: rule)
    var naive = NaiveBuddy(frames: frames, rule: rule)
    var live: [(frame: Int, order: Int, type: MigrateType)] = []
    var failures = 0
    for event in 0..<events {
      let filling = event % 400 < 260
      if live.isEmpty || random.unit() < (filling ? 0.8 : 0.3) {
        let order = random.unit() < 0.6 ? 0 : random.below(random.unit() < 0.9 ? 6 : 11)
        let type = MigrateType.allCases[random.below(3)]
        let frame = fast.allocate(order: order, migrateType: type)
        let expected = naive.allocate(order: order, type: type)
        #expect(frame.map { Int($0.value) } == expected, "event \(event), seed \(seed)")
        if let expected { live.append((expected, order, type)) } else { failures += 1 }
      } else {
        let block = live.remove(at: random.below(live.count))
        fast.free(FrameNumber(UInt64(block.frame)), order: block.order, as: block.type)
        naive.free(block.frame, order: block.order)
      }
      let same = MigrateType.allCases.allSatisfy { type in
        fast.freeCounts(type).blocks
          == (0...10).map { UInt64(naive.lists[$0][Int(type.rawValue)].count) }
      }
      #expect(same, "lists differ after event \(event), seed \(seed)")
      if !same { return failures }
    }
    for frame in 0..<frames {
      #expect(fast.isFree(FrameNumber(UInt64(frame))) == (naive.owner[frame] == nil))
      #expect(fast.pageblockType(of: FrameNumber(UInt64(frame))) == naive.types[frame / 512])
    }
    #expect(fast.freeFrames == UInt64(naive.owner.count { $0 == nil }))
    #expect(fast.fallbackCount > 0, "the traffic never reached a fallback")
    return failures
  }

  @Test(arguments: FallbackRule.allCases, [1, 2, 3] as [UInt64])
  func `every frame handed out equals the naive allocator's`(_ rule: FallbackRule, _ seed: UInt64) {
    let failures = Self.drive(rule, frames: 5000, events: 2500, seed: seed)
    #expect(failures > 0, "memory never ran out, seed \(seed)")
  }

  @Test func `freeing everything restores the blocks of boot`() {
    var random = Seed(11).generator()
    var zone = BuddyAllocator(frames: 4096)
    let atBoot = zone.freeCounts
    var live: [(FrameNumber, Int)] = []
    while live.count < 1500, let frame = zone.allocate(order: live.count % 3) {
      live.append((frame, live.count % 3))
    }
    random.shuffle(&live)
    for (frame, order) in live { zone.free(frame, order: order) }
    #expect(zone.freeCounts == atBoot)
    #expect(atBoot.blocks[10] == 4)
  }

  @Test func `a fresh zone hands out ascending frames`() {
    var zone = BuddyAllocator(frames: 1024)
    let frames = zone.allocateSinglePages(1024)
    #expect(frames.map(\.value) == Array(0..<1024))
    #expect(zone.allocateSinglePages(1).isEmpty)
    #expect(zone.freeFrames == 0)
  }

  @Test func `blocks are aligned and inside a zone that starts and ends unaligned`() {
    let span = FrameNumber(1)..<FrameNumber(4095)
    var zone = BuddyAllocator(span: span)
    zone.release(span)
    #expect(zone.managedFrames == 4094)
    for order in [10, 9, 3, 0] {
      while let frame = zone.allocate(order: order) {
        #expect(frame.value % (1 << UInt64(order)) == 0)
        #expect(frame.value >= 1 && frame.value + (1 << UInt64(order)) <= 4095)
      }
    }
    #expect(zone.freeFrames == 0)
  }

  @Test func `a tebibyte of memory costs little state`() {
    var zone = BuddyAllocator(frames: 1 << 28)
    #expect(zone.freeCounts.blocks[10] == 1 << 18)
    #expect(zone.freeBlockStateBytes + zone.pageblockStateBytes < 32 << 20)
    #expect(zone.allocate(order: 0) != nil)
  }

  /// `try_to_claim_block`: `free_pages + alike_pages >= 1 << (pageblock_order - 1)`.
  @Test(arguments: FallbackRule.allCases)
  func `a pageblock half of which is free or alike is claimed, one page less is not`(
    _ rule: FallbackRule
  ) {
    for more in [0, 1] {
      var zone = BuddyAllocator(frames: 512, rule: rule)
      _ = zone.allocate(order: 8, migrateType: .movable)
      _ = zone.allocateSinglePages(more, migrateType: .movable)
      #expect(zone.allocate(order: 0, migrateType: .unmovable) != nil)
      #expect(zone.pageblockType(of: FrameNumber(0)) == (more == 0 ? .unmovable : .movable))
      #expect(zone.claimedPageblocks == (more == 0 ? 1 : 0))
    }
  }

  @Test func `with no-fragment a request leaves small pieces of other types alone`() {
    var small = BuddyAllocator(frames: 512)
    _ = small.allocate(order: 8, migrateType: .movable)
    #expect(small.allocate(order: 0, migrateType: .unmovable, noFragment: true) == nil)
    #expect(small.allocate(order: 0, migrateType: .unmovable) != nil)
  }
}
