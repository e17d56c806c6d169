import Sim
import TestSupport
import Testing

/// Fast arenas against naive models, compared after every generated event.
@Suite struct ArenaOracleTests {
  static let plain: [PlacementRule] = [
    .firstFit, .firstFitSuperpage, .nextFit, .runTail, .heapFirstFit, .heapBestFit,
    .contiguousLogical, .anyRange,
  ]

  @Test(arguments: plain, [1, 2, 3])
  func everyAnswerIsTheNaiveModels(rule: PlacementRule, seed: Int) {
    var random = Seed(UInt64(seed)).stream(rule.rawValue).generator()
    var parameters = PlacementParameters(windows: [
      AddressRange(0x10_0000, 0x90_0000), AddressRange(0xa0_0000, 0xe0_0000),
    ])
    parameters.superpage = PageSize(shift: 16)
    let arena = ArenaBox(Arena(rule, parameters))
    var naive = NaiveArena(rule, parameters)
    var live: [AddressRange] = []
    for step in 0..<3000 {
      if live.isEmpty || random.below(100) < 55 {
        let size = 1 + random.below(UInt64(random.below(10) == 0 ? 300_000 : 40_000))
        let alignment: UInt64 = random.below(8) == 0 ? 0x4000 : 1
        let got = arena.allocate(size: size, alignment: alignment)
        let want = naive.allocate(size: size, alignment: alignment)
        #expect(got == want, "seed \(seed), step \(step), size \(size)")
        if got != want { return }
        if let got { live.append(got) }
      } else {
        let range = live.remove(at: random.below(live.count))
        #expect(arena.free(range))
        naive.give(range)
      }
      if arena.freeRanges != naive.free {
        Issue.record("free space differs: seed \(seed), step \(step)")
        return
      }
    }
    #expect(arena.arena.largestHole == naive.free.map(\.size).max())
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6], [false, true])
  func twoLevelArenaAnswersAsItsNaiveModel(seed: Int, holes: Bool) {
    var random = Seed(UInt64(seed)).stream("vmem").generator()
    let shape = VmemArena.Holes(
      unmapped: 0x1_0000, mapped: 0x1_0000, oversize: 0x8_0000, separator: 0x2000)
    let window = AddressRange(0x100_0000, 0x110_0000)
    let seeds = [AddressRange(0x4_0010, 0x4_9000)]
    let quantum: UInt64 = seed % 2 == 0 ? 1 : 8
    let arena = ArenaBox(
      VmemArena(
        seeds: seeds, windows: [window], quantum: quantum, page: PageSize(shift: 13),
        holes: holes ? shape : nil))
    var naive = NaiveVmem(
      seeds: seeds, window: window, quantum: quantum, page: 0x2000, holes: holes ? shape : nil)
    var live: [AddressRange] = []
    for step in 0..<4000 {
      if live.isEmpty || random.below(100) < 53 {
        let size = 1 + random.below(UInt64(random.below(6) == 0 ? 0x1_4000 : 0x1800))
        let got = arena.allocate(size: size, alignment: 1)
        let want = naive.allocate(size)
        #expect(got == want, "seed \(seed), step \(step), size \(size)")
        if got != want { return }
        if let got { live.append(got) }
      } else {
        let range = live.remove(at: random.below(live.count))
        #expect(arena.free(range))
        naive.free(range)
      }
      if arena.freeRanges != naive.freeRanges {
        Issue.record("free space differs: seed \(seed), step \(step)")
        return
      }
    }
  }

  @Test(arguments: PlacementRule.allCases)
  func guardSpaceLiesBehindEveryRangeAndComesBack(rule: PlacementRule) throws {
    var parameters = PlacementParameters(windows: [AddressRange(0x10_0000, 0x20_0000)])
    parameters.guardBytes = 4096
    let arena = ArenaBox(Arena(rule, parameters))
    let before = arena.freeBytes
    let a = try #require(arena.allocate(size: 5000, alignment: 1))
    let b = try #require(arena.allocate(size: 5000, alignment: 1))
    #expect(a.size == 8192 && b.size == 8192)
    let (low, high) = a < b ? (a, b) : (b, a)
    #expect(high.lower >= low.upper + 4096)
    #expect(before - arena.freeBytes == 2 * (8192 + 4096))
    #expect(arena.free(a) && arena.free(b))
    if rule != .sequential { #expect(arena.freeBytes == before) }
  }

  @Test(arguments: PlacementRule.allCases)
  func fullArenaRefusesAndDoubleFreeIsRefused(rule: PlacementRule) throws {
    let window = AddressRange(0x10_0000, 0x20_0000)
    let arena = ArenaBox(Arena(rule, PlacementParameters(windows: [window])))
    #expect(arena.allocate(size: 0, alignment: 1) == nil)
    #expect(arena.allocate(size: window.size + 1, alignment: 1) == nil)
    #expect(arena.allocate(size: .max, alignment: 1) == nil)
    let whole = try #require(arena.allocate(size: window.size, alignment: 1))
    #expect(whole == window)
    #expect(arena.allocate(size: 1, alignment: 1) == nil)
    #expect(arena.free(whole))
    if rule != .sequential { #expect(!arena.free(whole)) }
  }

  @Test func rangeSetRefusesOverlapAndSplitsExactly() {
    let set = SetBox(FreeRangeSet([AddressRange(0, 10), AddressRange(20, 30)]))
    #expect(set.insert(AddressRange(5, 15)) == nil)
    #expect(set.insert(AddressRange(10, 21)) == nil)
    #expect(set.insert(AddressRange(10, 20)) == AddressRange(0, 30))
    #expect(set.set.ranges == [AddressRange(0, 30)])
    #expect(set.remove(AddressRange(25, 31)) == nil)
    #expect(set.remove(AddressRange(10, 12)) == AddressRange(0, 30))
    #expect(set.set.ranges == [AddressRange(0, 10), AddressRange(12, 30)])
    #expect(set.set.largest == 18)
    // Between two ranges nothing is free, whatever lies above.
    #expect(set.set.range(holding: 9) == AddressRange(0, 10))
    #expect(set.set.range(holding: 10) == nil)
    #expect(set.remove(AddressRange(11, 14)) == nil)
    #expect(set.set.range(holding: 12) == AddressRange(12, 30))
  }
}

/// A range set held by reference, because expectations cannot hold mutating calls.
private final class SetBox {
  var set: FreeRangeSet
  init(_ set: FreeRangeSet) { self.set = set }
  func insert(_ range: AddressRange) -> AddressRange? { set.insert(range) }
  func remove(_ range: AddressRange) -> AddressRange? { set.remove(range) }
}
