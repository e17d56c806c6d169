import Sim
import TestSupport
import Testing

/// Addresses the systems' own sources determine, worked out by hand.
@Suite struct NamedPlacementTests {
  let mebibyte: UInt64 = 1 << 20

  func sparc() -> ArenaBox<VmemArena> {
    ArenaBox(
      VmemArena(
        seeds: [], windows: [AddressRange(0x7800_0000, 0x8000_0000)], quantum: 8,
        page: PageSize(shift: 13),
        holes: VmemArena.Holes(
          unmapped: 2 * mebibyte, mapped: 2 * mebibyte, oversize: 64 * mebibyte, separator: 8192)))
  }

  @Test func sparcTextImportsFillTheTopRunThenTheRunsBelowIt() throws {
    let arena = sparc()
    // A 2 MiB run is used up by 32 imports of 64 KiB, upward.
    var starts: [UInt64] = []
    for _ in 0..<96 {
      starts.append(try #require(arena.allocate(size: 65536)).lower)
    }
    for (run, base) in [UInt64(0x7be0_0000), 0x7ba0_0000, 0x7b60_0000].enumerated() {
      for k in 0..<32 { #expect(starts[run * 32 + k] == base + UInt64(k) * 65536) }
    }
  }

  @Test func sparcTextAboveTwoMebibytesStartsBehindTheSeparator() throws {
    let arena = sparc()
    let big = try #require(arena.allocate(size: 3 * mebibyte))
    #expect(big.lower == 0x7c00_2000)
  }

  @Test func sparcPartlyUsedRunIsSkippedForABigPieceThoughItWouldFit() throws {
    let arena = sparc()
    // Sixteen pieces of 1.1 MiB need an untouched run each.
    let size = mebibyte + mebibyte / 8
    var pieces: [AddressRange] = []
    for _ in 0..<16 { pieces.append(try #require(arena.allocate(size: size))) }
    #expect(pieces.allSatisfy { $0.upper < 0x7c00_0000 })
    #expect(arena.allocate(size: size)?.lower == 0x7c00_2000)
    // A returned run is whole again and taken next.
    #expect(arena.free(pieces[5]))
    #expect(arena.allocate(size: size)?.lower == pieces[5].lower)
  }

  @Test func smallPiecesShareAPageAndTheSpanGoesBackWithTheLast() throws {
    let arena = ArenaBox(
      VmemArena(
        seeds: [], windows: [AddressRange(0x7800_0000, 0x7810_0000)], quantum: 8,
        page: PageSize(shift: 13)))
    let a = try #require(arena.allocate(size: 3072))
    let b = try #require(arena.allocate(size: 3072))
    #expect(a.lower >> 13 == b.lower >> 13)
    #expect(arena.free(a))
    #expect(arena.arena.ownedFreeRanges.reduce(0) { $0 + $1.size } == 8192 - 3072)
    #expect(arena.free(b))
    #expect(arena.arena.ownedFreeRanges.isEmpty)
    #expect(arena.freeRanges == [AddressRange(0x7800_0000, 0x7810_0000)])
  }

  @Test func freeBSDFillsTheGapAndAlignsFiveMebibytes() throws {
    let base: UInt64 = 0xffff_ffff_8200_0000
    let arena = ArenaBox(
      SuperpageFirstFitArena(
        windows: [AddressRange(base + 0x3000, 0xffff_ffff_ffff_f000)], granule: 4096,
        superpage: PageSize.large2M.bytes))
    let first = try #require(arena.allocate(size: 40 << 10))
    let second = try #require(arena.allocate(size: 12 << 10))
    let third = try #require(arena.allocate(size: 100 << 10))
    #expect(first.upper == second.lower && second.upper == third.lower)
    #expect(arena.free(second))
    #expect(arena.allocate(size: 8 << 10)?.lower == second.lower)
    let large = try #require(arena.allocate(size: 5 << 20))
    #expect(large.lower == base + 0x20_0000)
  }

  @Test func ntTakesAnExactFitWholeAndElseTheTailOfTheSmallestRun() throws {
    let arena = ArenaBox(
      BestFitTailArena(
        windows: [AddressRange(0, 0x10_0000)], granule: 4096, latestFirst: true))
    let pieces = try [3, 1, 5, 1, 8, 1].map { pages in
      try #require(arena.allocate(size: UInt64(pages) * 4096))
    }
    // The first piece is the tail of the only run.
    #expect(pieces[0].upper == 0x10_0000)
    for index in [0, 2, 4] { #expect(arena.free(pieces[index])) }
    #expect(arena.allocate(size: 5 * 4096) == pieces[2])
    let carved = try #require(arena.allocate(size: 4 * 4096))
    #expect(carved.upper == pieces[4].upper)
    #expect(carved.lower == pieces[4].lower + 4 * 4096)
  }

  @Test func vxWorksModulesLandAtTheHighEnd() throws {
    let heap = ArenaBox(
      HeapFirstFitArena(windows: [AddressRange(0x40_0000, 0x100_0000)], granule: 16))
    #expect(heap.allocate(size: 0x1000)?.upper == 0x100_0000)
    #expect(heap.allocate(size: 0x10)?.upper == 0xff_f000)
  }
}
