import Sim
import TestSupport
import Testing

@Suite("Bounds, distances and estimates")
struct BoundsAndEstimatesTests {
  /// Belady's string: the optimum misses 7 times with three frames and 6 times with four.
  @Test(
    "Optimal replacement misses as often as Belady's example says", arguments: [(3, 7), (4, 6)])
  func belady(frames: Int, expected: Int) throws {
    let pages: [UInt32] = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5]
    let missed = Optimal.misses(
      pages, pageCount: 6, sets: Array(repeating: 0, count: 6),
      geometry: try TLBGeometry(entries: frames, ways: frames))
    #expect(missed.count { $0 } == expected)
  }

  @Test("No policy misses less than the optimum in the same array")
  func bound() throws {
    let addresses = PipelineTests.addresses(seed: 31, count: 6000, pages: 200)
    let accesses = addresses.map { RawAccess(.load, $0, size: 1) }
    func misses(_ policy: ReplacementKind) throws -> UInt64 {
      let array = TLBArray(
        name: "L1D", level: 1, side: .data, pageSizes: [.base4K],
        geometry: try TLBGeometry(entries: 48, ways: 12, policy: policy), evidence: .assumed)
      var replay = try OptimalReplay(
        machine: Machine(id: "t", name: "t", arrays: [array]), pageSize: .base4K)
      accesses.withUnsafeBufferPointer { replay.process($0) }
      return try replay.finish().arrays[0].misses
    }
    let best = try misses(.opt)
    for policy in ReplacementKind.allCases where policy != .opt && policy != .tplru {
      #expect(try misses(policy) >= best, "\(policy)")
    }
    let lru = try TLBGeometry(entries: 48, ways: 12)
    #expect(try misses(.lru) == PipelineTests.naive(addresses, [lru])[0])
  }

  @Test("Stack distances give the misses of every fully associative array", arguments: [1, 2])
  func distances(seed: UInt64) throws {
    let addresses = PipelineTests.addresses(
      seed: seed, count: 5000, pages: 300, far: seed == 2)
    var stack = StackDistance()
    for address in addresses { stack.access(address >> 12) }
    let curve = stack.curve(limit: 320)
    for entries in [1, 2, 7, 64, 299, 320] {
      let geometry = try TLBGeometry(entries: entries, ways: entries)
      #expect(curve[entries - 1] == PipelineTests.naive(addresses, [geometry])[0], "\(entries)")
      let misses = stack.misses(entries: entries)
      #expect(misses == curve[entries - 1])
    }
  }

  /// 700,000 references to 180,000 pages: time is packed, then the slots are doubled.
  @Test("Packing time keeps distances: a cyclic sweep always comes back at the same depth")
  func packing() {
    var stack = StackDistance()
    for i in 0..<700_000 { stack.access(UInt64(i % 180_000)) }
    let atDepth = stack.misses(entries: 180_000)
    let justBelow = stack.misses(entries: 179_999)
    #expect(atDepth == 180_000)
    #expect(justBelow == 700_000)
  }

  @Test("Sampled sets estimate the second level within their interval")
  func sampling() throws {
    let levels = [try TLBGeometry("64x4"), try TLBGeometry("1536x12")]
    var generator = AddressGenerator(.zipf)
    let addresses = generator.block(120_000)
    var exact = AddressPipeline(levels, pageSize: .base4K)
    var sample = try SampledLevel(levels, pageSize: .base4K, sampling: 32, seed: Seed(3))
    let isComplete = addresses.withUnsafeBufferPointer { trace in
      exact.process(trace)
      return sample.process(trace)
    }
    #expect(isComplete)
    let (counts, estimate) = (exact.counts, sample.estimate)
    #expect(estimate.lookups == counts.misses[0])
    #expect(abs(estimate.misses - Double(counts.misses[1])) < 4 * estimate.standardError)
    #expect(estimate.standardError > 0)
  }

  @Test("Sampling a small first level is refused with a reason")
  func refusal() throws {
    let small = [try TLBGeometry("64x4")]
    #expect(throws: GeometryError.self) {
      _ = try SampledLevel(small, pageSize: .base4K, sampling: 8, seed: Seed(1))
    }
    let few = [try TLBGeometry("64x4"), try TLBGeometry("64x4")]
    #expect(throws: GeometryError.self) {
      _ = try SampledLevel(few, pageSize: .base4K, sampling: 8, seed: Seed(1))
    }
  }
}
