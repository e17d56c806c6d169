import Sim
import TestSupport
import Testing

@Suite("The address pipelines count what the obvious model counts")
struct PipelineTests {
  /// Bursts over a few hundred pages, now and then far away.
  static func addresses(seed: UInt64, count: Int, pages: Int, far: Bool = false) -> [UInt64] {
    var random = Xoshiro(seed: seed)
    var page: UInt64 = 0
    var all: [UInt64] = []
    for i in 0..<count {
      if random.below(3) > 0 { page = UInt64(random.below(pages)) }
      let high: UInt64 = far && i > count / 2 && page % 7 == 0 ? 0xffff_8000_0000_0000 : 0
      all.append(0x7f3a_0000_0000 ^ high + page << 12 + UInt64(random.below(4096)))
    }
    return all
  }

  static func naive(
    _ addresses: [UInt64], _ levels: [TLBGeometry], seeds: [UInt64]? = nil
  ) -> [UInt64] {
    var arrays = levels.enumerated().map { NaiveTLB($1, seed: seeds?[$0] ?? 1) }
    var misses = levels.map { _ in UInt64(0) }
    for address in addresses {
      let page = address >> 12
      for level in arrays.indices {
        if arrays[level].access(page, String(page)) { break }
        misses[level] += 1
      }
    }
    return misses
  }

  static let hierarchies = [
    ["64x4", "1536x12"], ["64xfull", "1024x8"], ["32x2", "128x4:lru:xor5"], ["128x4"],
    ["16x1", "64x4"], ["48xfull"], ["256x8:lru:xor5", "512x16"], ["128x8", "64x16"],
  ]

  @Test("with SIMD lanes and without, near and far pages", arguments: hierarchies)
  func pipeline(shapes: [String]) throws {
    let levels = try shapes.map { try TLBGeometry($0) }
    for (seed, far) in [(11, false), (12, true)] {
      let addresses = Self.addresses(seed: UInt64(seed), count: 9000, pages: 700, far: far)
      let expected = Self.naive(addresses, levels)
      for portable in [false, true] {
        var pipeline = AddressPipeline(levels, pageSize: .base4K, portable: portable)
        addresses.withUnsafeBufferPointer { pipeline.process($0) }
        let counts = pipeline.counts
        #expect(counts.misses == expected, "portable \(portable), far \(far)")
        #expect(counts.references == 9000)
      }
    }
  }

  @Test("through sites and the general engine", arguments: ["lru", "srrip", "lfu", "clock", "nru"])
  func generalEngine(policy: String) throws {
    let levels = [try TLBGeometry("32x4:\(policy)"), try TLBGeometry("96x12:\(policy)")]
    let addresses = Self.addresses(seed: 5, count: 8000, pages: 300, far: true)
    let arrays = zip(["L1D", "L2"], levels).enumerated().map { i, level in
      TLBArray(
        name: level.0, level: i + 1, side: .data, pageSizes: [.base4K], geometry: level.1,
        evidence: .assumed)
    }
    var replay = try AddressReplay(
      machine: Machine(id: "t", name: "t", arrays: arrays), pageSize: .base4K)
    try addresses.withUnsafeBufferPointer { try replay.process($0, .load) }
    try replay.finish()
    let counters = replay.engine.counters
    #expect(counters.arrays.map(\.misses) == Self.naive(addresses, levels))
    #expect(counters.loads == 8000)
  }

  @Test("Every geometry of one pass equals a run of its own", arguments: [false, true])
  func curve(portable: Bool) throws {
    let addresses = Self.addresses(seed: 21, count: 12_000, pages: 400, far: true)
    var curve = try AllAssociativity(sets: 1...128, ways: 16, portable: portable)
    let isComplete = addresses.withUnsafeBufferPointer { curve.access($0, pageSize: .base4K) }
    #expect(isComplete)
    let points = curve.points()
    #expect(points.count == 8 * 16)
    for (sets, ways) in [(1, 1), (1, 16), (4, 3), (16, 4), (32, 16), (128, 1), (128, 12)] {
      let point = try #require(points.first { $0.sets == sets && $0.ways == ways })
      let geometry = try TLBGeometry(entries: sets * ways, ways: ways)
      #expect(point.misses == Self.naive(addresses, [geometry])[0], "\(sets) sets, \(ways) ways")
      #expect(point.lookups == 12_000)
    }
  }

  @Test("A curve of some numbers of sets is that part of the whole", arguments: [false, true])
  func curveOfSomeSets(portable: Bool) throws {
    let addresses = Self.addresses(seed: 22, count: 9_000, pages: 700, far: false)
    func points(_ sets: ClosedRange<Int>, portable: Bool) throws -> [AllAssociativity.Point] {
      var curve = try AllAssociativity(sets: sets, ways: 5, portable: portable)
      let isComplete = addresses.withUnsafeBufferPointer { curve.access($0, pageSize: .base4K) }
      #expect(isComplete)
      return curve.points()
    }
    let whole = try points(1...512, portable: true)
    for low in 0...9 {
      for high in low...9 {
        let sets = 1 << low...1 << high
        #expect(try points(sets, portable: portable) == whole.filter { sets.contains($0.sets) })
      }
    }
  }

  @Test("A curve over mixed page sizes keeps pages of each size apart")
  func mixedCurve() throws {
    var random = Xoshiro(seed: 8)
    var curve = try AllAssociativity(sets: 2...16, ways: 6)
    var naive = NaiveTLB(try TLBGeometry("48x6"))
    var misses: UInt64 = 0
    for _ in 0..<6000 {
      let shift: UInt8 = random.below(2) == 0 ? 12 : 21
      let number = UInt64(random.below(60)) + (random.below(9) == 0 ? 1 << 40 : 0)
      let count = UInt64(1 + random.below(3))
      let isTaken = curve.access(number, shift: shift, count: count)
      #expect(isTaken)
      misses += naive.access(number, "\(shift) \(number)") ? 0 : 1
    }
    let points = curve.points()
    let point = try #require(points.first { $0.sets == 8 && $0.ways == 6 })
    #expect(point.misses == misses)
  }

  @Test("A trace touching too many far stretches is refused, not miscounted")
  func tooFar() throws {
    var curve = try AllAssociativity(sets: 1...2, ways: 2)
    var accepted = true
    for stretch in 0..<70_000 where accepted {
      accepted = curve.access(UInt64(stretch) << 16, shift: 12)
    }
    #expect(!accepted)
  }
}
