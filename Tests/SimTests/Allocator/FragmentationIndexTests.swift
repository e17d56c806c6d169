import Sim
import Testing

@Suite struct FragmentationIndexTests {
  struct Vector: Sendable {
    let counts: [UInt64]
    let unusable: [Int]
    let fragmentation: [Int]
  }

  /// Worked from the kernel's integer formulas; the first is a recorded `/proc/buddyinfo`.
  static let vectors = [
    Vector(
      counts: [8815, 4287, 2425, 1206, 979, 3679, 2754, 1860, 1056, 487, 289],
      unusable: [0, 6, 12, 19, 26, 37, 121, 247, 417, 610, 788],
      fragmentation: Array(repeating: -1000, count: 11)),
    Vector(
      counts: [1000, 500], unusable: [0, 500] + Array(repeating: 1000, count: 9),
      fragmentation: [-1000, -1000, 666, 833, 916, 958, 979, 989, 995, 997, 999]),
    Vector(
      counts: [0, 1], unusable: [0, 0] + Array(repeating: 1000, count: 9),
      fragmentation: [-1000, -1000, -500, -250, -125, -62, -31, -15, -7, -3, -1]),
    Vector(
      counts: [262_144], unusable: [0] + Array(repeating: 1000, count: 10),
      fragmentation: [-1000, 500, 750, 875, 938, 969, 985, 993, 997, 999, 1000]),
    Vector(
      counts: [], unusable: Array(repeating: 1000, count: 11),
      fragmentation: Array(repeating: 0, count: 11)),
  ]

  @Test(arguments: 0..<5)
  func `both indices equal the known answers`(_ index: Int) {
    let vector = Self.vectors[index]
    let counts = FreeCounts(vector.counts)
    #expect((0...10).map(counts.unusableIndex(order:)) == vector.unusable)
    #expect((0...10).map(counts.fragmentationIndex(order:)) == vector.fragmentation)
  }

  @Test func `external fragmentation is the unusable share in per cent`() {
    let counts = FreeCounts([1000, 500])
    #expect((0...2).map(counts.externalFragmentation(order:)) == [0, 50, 100])
    #expect(FreeCounts([]).externalFragmentation(order: 3) == 0)
  }

  /// Free lists of a recorded 6.18 guest, printed as its kernel printed them.
  @Test func `buddyinfo and pagetypeinfo print as a 6.18 kernel prints them`() {
    let dma = ZoneReport(
      zone: "DMA",
      counts: [
        FreeCounts([0, 0, 0, 0, 0, 0, 0, 0, 1]), FreeCounts([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3]),
        FreeCounts([]), FreeCounts([]), FreeCounts([]), FreeCounts([]),
      ], pageblocks: [1, 7, 0, 0, 0, 0])
    #expect(
      dma.buddyinfo
        == "Node 0, zone      DMA "
        + "     0      0      0      0      0      0      0      0      1      1      3 \n")
    let lines = ZoneReport.pagetypeinfo([dma]).split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "Page block order: 9")
    #expect(lines[1] == "Pages per block:  512")
    #expect(
      lines[3]
        == "Free pages count per migrate type at order  "
        + "     0      1      2      3      4      5      6      7      8      9     10 ")
    #expect(
      lines[5]
        == "Node    0, zone      DMA, type      Movable "
        + "     0      0      0      0      0      0      0      0      0      1      3 ")
    #expect(
      lines[10]
        == "Number of blocks type     Unmovable      Movable  Reclaimable "
        + "  HighAtomic      Isolate "
    )
    #expect(
      lines[11]
        == "Node 0, zone      DMA            1            7            0            0            0 "
    )
  }

  @Test func `the debugfs indices print with C's signs`() {
    let zone = ZoneReport(
      zone: "Normal", counts: [FreeCounts([0, 1])], pageblocks: [])
    #expect(zone.extfragIndex.hasPrefix("Node 0, zone   Normal -1.000 -1.000  0.-500  0.-250 "))
    #expect(zone.unusableIndex.hasPrefix("Node 0, zone   Normal 0.000 0.000 1.000 "))
  }
}
