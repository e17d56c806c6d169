import TestSupport
import Testing

@testable import Sim

@Suite("Several processors run one stream each under one kernel")
struct ProcessorTests {
  /// What one replicate of a small scenario counts in its modular arm.
  private static func modular(_ processors: String, reloads: Int) throws -> ReplayCounters {
    let scenario = try SmallScenario.read([
      ("machine: intel-skylake", "machine: intel-skylake\n\(processors)"),
      ("reloads: 2", "reloads: \(reloads)"),
    ])
    return try ReplicateRunner(scenario: scenario, number: 0).run().arms[1].counters
  }

  @Test("processors advance in step: a marker in one stream reaches each at the same record")
  func lockstep() throws {
    let machine = try MachineCatalog.machine("intel-skylake")
    var bench = PageBench()
    for page in 0..<40 { bench.add(1 << 40 + UInt64(page) << 12, .base4K) }
    let table = SiteTable(
      sections: SectionTable(),
      sites: bench.translations.indices.map { _ in
        Site(SectionID(0), offset: 0)
      })
    var random = Seed(11).generator()
    let streams = (0..<3).map { _ in
      (0..<4000).map { _ in ReferenceRecord(.load, site: UInt32(random.below(40))) }
    }
    var marked = streams
    for place in [3000, 1700, 90] {
      marked[0].insert(ReferenceRecord(marker: .lifecycle, value: 1), at: place)
    }
    // The oracle flushes each engine by hand at the same records.
    let expected = try streams.map { stream in
      let engine = try ReplayEngine(machine: machine, binding: bench.binding)
      for (index, record) in stream.enumerated() {
        if [90, 1700, 3000].contains(index) { engine.flush(.all) }
        [record].withUnsafeBufferPointer { engine.process($0) }
      }
      return engine.counters
    }
    let group = CPUGroup(
      try streams.map { _ in try ReplayEngine(machine: machine, binding: bench.binding) })
    // A marker takes a turn of its own; a gap of no instructions holds the others back as long.
    var sources = marked.enumerated().map { cpu, records in
      RecordedSource(table: table, records: cpu == 0 ? records : Self.slowed(records))
    }
    try replay(&sources, cpus: group.cpus.map { [$0] }, blockRecords: 1) { cpu, marker, _ in
      #expect(cpu == 0 && marker == .lifecycle)
      group.flushAll()
    }
    #expect(group.cpus.map(\.counters) == expected)
    #expect(group.counters == expected[0] + expected[1] + expected[2])
    #expect(group.interrupts == 2 * 3 && group.fullFlushes == 3)
  }

  /// `records` with empty gaps where the first processor's stream has its markers.
  private static func slowed(_ records: [ReferenceRecord]) -> [ReferenceRecord] {
    var slowed = records
    for place in [3000, 1700, 90] {
      slowed.insert(ReferenceRecord(marker: .userGap, value: 0), at: place)
    }
    return slowed
  }

  @Test("each of three processors replays as much as one alone, and each load flushes all three")
  func shares() throws {
    let one = try Self.modular("processors: {count: 1}", reloads: 2)
    let three = try Self.modular("processors: {count: 3}", reloads: 2)
    #expect(one.flushes > 0)
    #expect(three.flushes == 3 * one.flushes)
    let counted = (one.fetches + one.loads + one.stores, three.fetches + three.loads + three.stores)
    #expect(counted.1 > 2 * counted.0 && counted.1 < 4 * counted.0)
    #expect(three.walks > one.walks)
  }

  @Test("walks read through caches or a host's table cost more reads or cycles, not more walks")
  func pricing() throws {
    let plain = try Self.modular("processors: {}", reloads: 0)
    let nested = try Self.modular("processors: {nested: {levels: 4}}", reloads: 0)
    let cached = try Self.modular("processors: {walkCaches: desktop}", reloads: 0)
    #expect(nested.walks == plain.walks && cached.walks == plain.walks)
    #expect(nested.walkReads > 4 * plain.walkReads && cached.walkReads == plain.walkReads)
    #expect(cached.walkCycles != plain.walkCycles)
  }

  @Test(
    "a block that cannot be is refused with its place",
    arguments: [
      ("processors: {count: 0}", "1…256"), ("processors: {cores: 2}", "count"),
      ("processors: {walkCaches: laptop}", "desktop"),
      ("processors: {nested: {levels: 9}}", "2…5"),
      (
        "processors: {walkCaches: {levels: [{size: 3KiB, ways: 2, cycles: 4}], memory: 9}}",
        "power of two"
      ),
    ])
  func refused(block: String, hint: String) throws {
    let error = try #require(throws: InputError.self) {
      try SmallScenario.read([("machine: intel-skylake", "machine: intel-skylake\n\(block)")])
    }
    #expect(error.diagnostics[0].line == 4, "\(error)")
    #expect("\(error)".contains(hint), "\(error)")
  }
}
