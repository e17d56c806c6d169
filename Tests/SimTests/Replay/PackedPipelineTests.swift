import Sim
import TestSupport
import Testing

@Suite("The packed pipeline counts what the obvious model counts")
struct PackedPipelineTests {
  /// How far apart the pages of a trace lie: what fits 16-bit tags, what needs 32 bits half way
  /// through, and what no tag can name.
  enum Spread: CaseIterable { case near, far, everywhere }

  static func addresses(_ seed: UInt64, _ spread: Spread, count: Int) -> [UInt64] {
    var random = Xoshiro(seed: seed)
    var page: UInt64 = 0
    return (0..<count).map { i in
      if random.below(3) > 0 { page = UInt64(random.below(random.below(4) == 0 ? 600 : 40)) }
      let near = 0x7f3a_0000_0000 + page << 12 + UInt64(random.below(4096))
      switch spread {
      case .near: return near
      // Stretches of 16 MiB, a thousand of them from the middle on.
      case .far: return i < count / 2 ? near : near + (page % 17) * 60 << 24
      case .everywhere: return i < count / 2 ? near : near ^ random.next() << 40
      }
    }
  }

  static let shapes = [
    ["64x4", "1536x12"], ["16x2", "128x16"], ["8x1", "96x6"], ["7xfull"], ["16xfull", "64x4"],
    ["64x4::xor4", "128x8::xor4"], ["512x2", "1024x4"], ["40x5", "256x2::xor7"], ["48x3"],
    ["64xfull", "512x8"],
  ]

  static func levels(_ shapes: [String], _ policy: ReplacementKind) -> [TLBGeometry]? {
    let levels = shapes.compactMap { shape -> TLBGeometry? in
      let parts = shape.split(separator: ":", omittingEmptySubsequences: false)
      let index = parts.count == 3 ? ":" + parts[2] : ""
      return try? TLBGeometry("\(parts[0]):\(policy.rawValue)\(index)")
    }
    return levels.count == shapes.count && AddressPipeline.fits(levels) ? levels : nil
  }

  @Test("for every policy, near, far and everywhere", arguments: ReplacementKind.allCases)
  func everyPolicy(policy: ReplacementKind) throws {
    var compared = 0
    let more = policy == .mru3plru4 ? [["48x12", "1536x12::xor7"], ["192x12"]] : []
    for (i, shapes) in (Self.shapes + more).enumerated() {
      guard let levels = Self.levels(shapes, policy) else { continue }
      for spread in Spread.allCases {
        let addresses = Self.addresses(UInt64(100 + i), spread, count: 6000)
        let seeds = levels.indices.map { Seed(9).stream("array").stream($0).value }
        let expected = PipelineTests.naive(addresses, levels, seeds: seeds)
        var pipeline = AddressPipeline(levels, pageSize: .base4K, portable: true, seed: 9)
        addresses.withUnsafeBufferPointer { pipeline.process($0) }
        #expect(pipeline.counts.misses == expected, "\(shapes) \(spread)")
        #expect(pipeline.counts.references == UInt64(addresses.count))
        compared += 1
      }
    }
    #expect(compared >= (policy == .opt ? 0 : 6))
  }

  @Test("where more stretches are touched than tags have ids for")
  func manyStretches() throws {
    // An index over 16 bits leaves 16 for stretches of 256 MiB: tags run out, numbers take over.
    let levels = [try TLBGeometry("64x4:srrip"), try TLBGeometry("1024x4:lfu:xor8")]
    var random = Xoshiro(seed: 3)
    var addresses: [UInt64] = []
    for i in 0..<UInt64(66_000) { addresses.append(i << 28 | (i % 300) << 12) }
    for _ in 0..<10_000 { addresses.append(addresses[addresses.count - 1 - random.below(900)]) }
    var packed = AddressPipeline(levels, pageSize: .base4K, portable: true)
    addresses.withUnsafeBufferPointer { packed.process($0) }
    #expect(packed.counts.misses == PipelineTests.naive(addresses, levels))
  }
}
