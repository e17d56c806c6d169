import Sim
import TestSupport
import Testing

@Suite struct FrameAndPageRuleTests {
  let large = PageSize.large2M

  func back(
    _ rule: FrameKind, _ range: AddressRange, base: PageSize = .base4K, colours: Int = 1,
    _ source: inout PoolSource
  ) -> [UInt64]? {
    var colour = 0
    return rule.back(
      range, base: base, large: .large2M, colours: colours, nextColour: &colour, from: &source)
  }

  @Test func fiveMebibytesAlignedHoldTwoReservationsAndTwoHundredFiftySixSingleFrames() throws {
    // FreeBSD vm_reserv.c: reservations only where a whole 2 MiB lies inside the object.
    var source = PoolSource(frames: 8192, used: [0])
    let range = AddressRange(start: 0xffff_ffff_8220_0000, size: 5 << 20)
    let frames = try #require(back(.reservation, range, &source))
    #expect(frames.count == 1280)
    let mappings = PageSizeKind.promotion.mappings(
      range, frames: frames, base: .base4K, large: large)
    #expect(mappings.filter { $0.pageSize == large }.reduce(0) { $0 + $1.pageCount } == 2)
    #expect(mappings.filter { $0.pageSize == .base4K }.reduce(0) { $0 + $1.pageCount } == 256)
  }

  @Test func aSeamInsideALargePageForbidsItsPromotion() throws {
    var source = PoolSource(frames: 4096)
    let range = AddressRange(start: 0x4000_0000, size: 4 << 20)
    let frames = try #require(back(.reservation, range, &source))
    let mappings = PageSizeKind.promotion.mappings(
      range, frames: frames, base: .base4K, large: large, seams: [0x4000_3000])
    #expect(mappings.map(\.pageSize) == [.base4K, large])
    #expect(mappings.map(\.range.size) == [2 << 20, 2 << 20])
  }

  @Test func scatteredFramesFallBackToBasePagesWithoutAnError() throws {
    // Every 2 MiB of memory has one used frame: no large page is to be had.
    var source = PoolSource(frames: 8192, used: stride(from: 7, to: 8192, by: 512).map { $0 })
    let range = AddressRange(start: 0x4000_0000, size: 4 << 20)
    let contiguous = back(.contiguous, range, &source)
    #expect(contiguous == nil)
    let frames = try #require(back(.reservation, range, &source))
    for rule in [PageSizeKind.promotion, .optIn] {
      let mappings = rule.mappings(
        range, frames: frames, base: .base4K, large: large, isOptedIn: true)
      #expect(mappings.allSatisfy { $0.pageSize == .base4K })
      #expect(mappings.reduce(0) { $0 + $1.pageCount } == 1024)
    }
  }

  @Test(arguments: [FrameKind.single, .largestFirst, .coloured, .reservation, .contiguous])
  func failureGivesEverythingBack(rule: FrameKind) {
    var source = PoolSource(frames: 300, used: [5, 77, 150])
    let free = source.freeCount
    let got = back(rule, AddressRange(0, 298 << 12), colours: 4, &source)
    #expect(got == nil)
    #expect(source.freeCount == free)
  }

  @Test(arguments: [FrameKind.single, .largestFirst, .coloured, .reservation, .contiguous])
  func everyPageGetsAFrameOfItsOwn(rule: FrameKind) throws {
    for (base, pages) in [(PageSize.base4K, 700), (PageSize(shift: 14), 200)] {
      var source = PoolSource(frames: 4096)
      let range = AddressRange(start: 0x8000_0000, size: UInt64(pages) << UInt64(base.shift))
      let frames = try #require(back(rule, range, base: base, colours: 8, &source))
      #expect(Set(frames).count == pages)
      #expect(frames.allSatisfy { $0 % base.bytes == 0 })
      #expect(4096 - source.freeCount == pages << (Int(base.shift) - 12))
    }
  }

  @Test func colouredFramesRotateThroughTheColours() throws {
    var source = PoolSource(frames: 4096, used: [0, 1, 2, 9, 11, 40])
    let frames = try #require(back(.coloured, AddressRange(0, 64 << 12), colours: 8, &source))
    #expect(frames.map { $0 >> 12 & 7 } == (0..<64).map { $0 & 7 })
  }

  @Test func largestOrderComesFirstAndStaysDownAfterAFailure() throws {
    // Free: one order-3 block at 8, and singles from 16 on with every odd frame used.
    let used = Array(0..<8) + stride(from: 17, to: 64, by: 2)
    var source = PoolSource(frames: 64, used: used)
    let frames = try #require(back(.largestFirst, AddressRange(0, 12 << 12), &source))
    #expect(frames.map { $0 >> 12 } == [8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22])
  }

  @Test func aRunAboveTheLargestBlockIsJoinedFromNeighbours() throws {
    var source = PoolSource(frames: 6 * 1024, used: [1030])
    let frames = try #require(back(.contiguous, AddressRange(0, 9 << 20), &source))
    #expect(frames.first == 8 << 20)
    #expect(zip(frames, frames.dropFirst()).allSatisfy { $1 - $0 == 4096 })
    #expect(6 * 1024 - 1 - source.freeCount == 9 << 8)
  }

  @Test func identityBacksAPageWithItsOwnAddress() throws {
    var source = PoolSource(frames: 1)
    let frames = try #require(back(.identity, AddressRange(0x40_0000, 0x40_3000), &source))
    #expect(frames == [0x40_0000, 0x40_1000, 0x40_2000])
    #expect(source.freeCount == 1)
  }

  @Test func contiguousHintCoversWholeAlignedRunsOnly() throws {
    let base = PageSize(shift: 14)
    let range = AddressRange(start: 0x4000_0000 + 4 * 16384, size: 300 * 16384)
    let frames = (0..<300).map { 0x1_0000_0000 + (UInt64($0) + 4) * 16384 }
    let mappings = PageSizeKind.contiguousHint.mappings(
      range, frames: frames, base: base, large: nil, hintPages: 128)
    #expect(mappings.map(\.hasContiguousHint) == [false, true, false])
    #expect(mappings.map { $0.range.size / 16384 } == [124, 128, 48])
  }
}
