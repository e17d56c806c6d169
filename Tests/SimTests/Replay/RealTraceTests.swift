import Sim
import TestSupport
import Testing

/// Recordings of programs and of a kernel, as generated streams are in `PackedPipelineTests`,
/// `PipelineTests` and `EngineEqualityTests`.
@Suite("On real traces every engine counts what the obvious model counts")
struct RealTraceTests {
  /// Data addresses of `ls` as lackey recorded them.
  static func addresses(_ count: Int) throws -> [UInt64] {
    let file = try InputFile(testData("ls-full.lackey.txt.zst"))
    var reader = try #require(TraceFormat.lackey.addressReader(file))
    let block = UnsafeMutableBufferPointer<RawAccess>.allocate(capacity: 1 << 14)
    defer { block.deallocate() }
    var all: [UInt64] = []
    while all.count < count {
      let read = try reader.read(into: block)
      try #require(read > 0)
      all += block[..<read].filter { $0.kind != .fetch }.map(\.address)
    }
    return Array(all.prefix(count))
  }

  @Test("a program's data addresses, every policy", arguments: ReplacementKind.allCases)
  func program(policy: ReplacementKind) throws {
    let addresses = try Self.addresses(20_000)
    for shapes in [["64x4", "1536x12"], ["16x2", "32x8"], ["12xfull"]] {
      let own = policy == .mru3plru4 ? shapes.map { _ in "48x12" } : shapes
      guard let levels = PackedPipelineTests.levels(own, policy) else { continue }
      let seeds = levels.indices.map { Seed(4).stream("array").stream($0).value }
      let expected = PipelineTests.naive(addresses, levels, seeds: seeds)
      #expect(expected[0] > 0)
      for portable in [true, false] {
        var pipeline = AddressPipeline(levels, pageSize: .base4K, portable: portable, seed: 4)
        addresses.withUnsafeBufferPointer { pipeline.process($0) }
        #expect(pipeline.counts.misses == expected, "\(own), portable \(portable)")
      }
    }
  }

  @Test("a program's data addresses, every LRU geometry at once")
  func curve() throws {
    let addresses = try Self.addresses(20_000)
    for portable in [true, false] {
      var curve = try AllAssociativity(sets: 1...64, ways: 12, portable: portable)
      let isTaken = addresses.withUnsafeBufferPointer { curve.access($0, pageSize: .base4K) }
      #expect(isTaken)
      for point in curve.points() where point.ways % 5 == 1 {
        let geometry = try TLBGeometry(entries: point.sets * point.ways, ways: point.ways)
        #expect(point.misses == PipelineTests.naive(addresses, [geometry])[0], "\(point)")
      }
    }
  }

  @Test(
    "the recorded kernel under its own layout, every policy", arguments: ReplacementKind.allCases)
  func kernel(policy: ReplacementKind) throws {
    guard policy != .opt else { return }
    var file = try KftSource(ShippedRecordingTests.path)
    let selection = StepSelection([15...15])
    file.skipChunks(outside: selection)
    var source = StepFilter(file, keeping: selection)
    let binding = try #require(source.description.recorded)
    var records = [ReferenceRecord](repeating: ReferenceRecord(rawValue: 0), count: 3000)
    let read = try records.withUnsafeMutableBufferPointer { try source.read(into: $0) }
    try #require(read > 1000)
    records.removeLast(records.count - read)
    let first = try TLBGeometry(policy == .mru3plru4 ? "24x12:mru3plru4" : "16x4:\(policy)")
    let second = try TLBGeometry("48x12:\(policy == .tplru ? .lru : policy)")
    for split in [false, true] {
      let machine = try EngineEqualityTests.machine(first, second, split: split)
      var naive = NaiveMachine(machine, seed: 6)
      for record in records where !record.isMarker {
        let page = binding.translations[Int(binding.translationOfSite[Int(record.site)])]
        let address = binding.addressOfSite[Int(record.site)]
        for _ in 0..<record.count {
          naive.reference(AccessKind.allCases[record.kindBits], address, page)
        }
      }
      let engine = try ReplayEngine(
        machine: machine, binding: binding, options: ReplayOptions(seed: 6))
      records.withUnsafeBufferPointer { engine.process($0) }
      let counters = engine.counters
      #expect(counters.arrays.map { Int($0.lookups) } == naive.lookups, "split \(split)")
      #expect(counters.arrays.map { Int($0.misses) } == naive.misses, "split \(split)")
      #expect(naive.misses.last ?? 0 > 0)
    }
  }
}
