import Sim
import Testing

@Suite struct BlockCoverTests {
  /// The least number of aligned power-of-two blocks of at most `largest` that tile `range`
  /// exactly, by trying every block at each place.
  static func fewest(_ start: Int, _ end: Int, largest: Int) -> Int {
    var best = Array(repeating: Int.max / 2, count: end + 1)
    best[start] = 0
    for at in start..<end {
      var size = 1
      while size <= largest, at % size == 0, at + size <= end {
        best[at + size] = min(best[at + size], best[at] + 1)
        size *= 2
      }
    }
    return best[end]
  }

  @Test(arguments: [(0, 64), (1, 64), (3, 29), (8, 24), (5, 6), (0, 4096)])
  func exactTilesAreAsFewAsPossible(start: Int, end: Int) throws {
    let bat = try #require(try MachineCatalog.machine("ppc-604").blockRegisters)
    let unit: UInt64 = 128 << 10
    let base: UInt64 = 0xc000_0000
    let range = AddressRange(base + UInt64(start) * unit, base + UInt64(end) * unit)
    let blocks = bat.blocks(covering: range, physical: UInt64(start) * unit)
    // Rounding the last block up may save blocks, never cost any.
    #expect(blocks.count <= BlockCoverTests.fewest(start, end, largest: 2048))
    #expect(blocks.first?.lower == range.lower)
    #expect((blocks.last?.upper ?? 0) >= range.upper)
    for (a, b) in zip(blocks, blocks.dropFirst()) { #expect(a.upper == b.lower) }
    for block in blocks {
      #expect(block.size.nonzeroBitCount == 1 && block.lower % block.size == 0)
      #expect(block.size <= bat.largestBytes)
    }
  }

  /// Dougan, Mackerras and Yodaiken mapped the whole kernel with one BAT pair: it never misses.
  @Test func kernelUnderOneBATPairNeverMisses() throws {
    let machine = try MachineCatalog.machine("ppc-604")
    let image = AddressRange(start: 0xc000_0000, size: 8 << 20)
    var bench = PageBench()
    for page in 0..<2048 {
      bench.add(image.lower + UInt64(page) << 12, .base4K, frame: UInt64(page) << 12)
    }
    for page in 0..<16 { bench.add(0xd000_0000 + UInt64(page) << 12, .base4K) }
    let sweep = TranslationFactTests.loads((0..<3).flatMap { _ in 0..<2064 })
    let mapped = try bench.run(machine, sweep)
    for index in 0..<2048 { bench.translations[index].isLocked = true }
    bench.translations = machine.holding(bench.translations)
    #expect(bench.translations.count { $0.isLocked } == 2048)
    let pinned = try bench.run(machine, sweep)
    #expect(mapped.walks == 3 * 2064)
    #expect(pinned.walks == 16)
  }

  @Test func moreBlocksThanRegistersPinTheLargestOnly() throws {
    let machine = try MachineCatalog.machine("ppc-604")
    // 63 units of 128 KiB at an odd place: sizes 1, 2, 4, 8, 16, 32 units; four registers.
    let unit: UInt64 = 128 << 10
    let image = AddressRange(0xc000_0000 + unit, 0xc000_0000 + 64 * unit)
    var pages: [Translation] = []
    for page in 0..<(63 * 32) {
      let address = image.lower + UInt64(page) << 12
      pages.append(
        Translation(
          virtualBase: address, physicalBase: address - 0xc000_0000, size: .base4K, isLocked: true))
    }
    let pinned = machine.holding(pages)
    #expect(pinned.count { $0.isLocked } == (32 + 16 + 8 + 4) * 32)
  }

  @Test func lockableEntriesGoToTheLargestPages() throws {
    let machine = try MachineCatalog.machine("sun-ultrasparc2")
    let limit = try #require(machine.lockedEntries?.data)
    let four = PageSize(shift: 22)
    var pages = (0..<100).map {
      Translation(
        virtualBase: UInt64($0) << 13, physicalBase: UInt64($0) << 20, size: PageSize(shift: 13),
        isLocked: true)
    }
    for page in 0..<2 {
      pages.append(
        Translation(
          virtualBase: 1 << 40 + UInt64(page) << 22, physicalBase: UInt64(page) << 22, size: four,
          isLocked: true))
    }
    let held = machine.holding(pages)
    #expect(held.count { $0.isLocked } == limit)
    #expect(held.suffix(2).count { $0.isLocked } == 2)
  }

  @Test func aMachineWithoutLocksHoldsNothing() throws {
    let skylake = try MachineCatalog.machine("intel-skylake")
    let page = Translation(virtualBase: 0, physicalBase: 0, size: .base4K, isLocked: true)
    let held = skylake.holding([page])
    #expect(!held[0].isLocked)
  }
}
