import TestSupport
import Testing

@testable import Sim

@Suite("Pages that merge with their neighbours")
struct MergeGroupsTests {
  private static func machine(_ limits: [Int]) throws -> Machine {
    var machine = Machine(
      id: "merging", name: "merging",
      arrays: try limits.enumerated().map { i, limit in
        var array = TLBArray(
          name: "L\(i)", level: i + 1, side: .unified, pageSizes: [.base4K, .large2M],
          geometry: try TLBGeometry("64x4"), evidence: .assumed)
        array.coalescePages = limit
        return array
      })
    machine.pageSizes = [.base4K, .large2M]
    return machine
  }

  @Test(
    "bound a few at a time enter every array as they would bound all at once",
    arguments: [[8], [4, 16], [1, 2]])
  func piecemeal(limits: [Int]) throws {
    let machine = try Self.machine(limits)
    var random = Seed(UInt64(limits[0])).generator()
    let mmu = try DetailedMMU(machine, options: ReplayOptions())
    var all: [Translation] = []
    var merged = 0
    for _ in 0..<60 {
      var bench = PageBench()
      for _ in 0...random.below(12) {
        let page = UInt64(random.below(200))
        let frame = random.below(5) > 0 ? page : page ^ 1
        let isLarge = random.below(20) == 0
        bench.add(
          0x4000_0000 + page << 12, isLarge ? .large2M : .base4K,
          frame: isLarge ? 0 : 0x8000_0000 + frame << 12, isGlobal: random.below(30) > 0)
      }
      mmu.extend(bench.binding)
      all += bench.translations
      for a in machine.arrays.indices {
        let expected = machine.entryPlans(a, all)
        for t in all.indices { #expect(mmu.pages.plan(a, t) == expected[t]) }
        merged += expected.count { $0.entryShift > 12 && $0.entryShift < 21 }
      }
    }
    #expect(merged > 1000)
  }
}
