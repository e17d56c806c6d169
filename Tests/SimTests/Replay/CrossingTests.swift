import Sim
import TestSupport
import Testing

/// An access whose bytes lie on two pages: one reference; two lookups, or one.
@Suite struct CrossingTests {
  /// A load on page 0, one over pages 0 and 1, one over 1 and 2 twice, a store over 2 and 3, a
  /// fetch over 5 and 6.
  static let trace = """
     L 00000010,8
     L 00000ffc,8
     L 00001ffe,4
     L 00001ffe,4
     S 00002fff,2
    I  00005ffe,4

    """

  static func machine(_ policy: String = "lru") throws -> Machine {
    func array(_ name: String, _ level: Int, _ side: ArraySide, _ shape: String) throws -> TLBArray
    {
      TLBArray(
        name: name, level: level, side: side, pageSizes: [.base4K],
        geometry: try TLBGeometry(shape + ":" + policy), evidence: .assumed)
    }
    var machine = Machine(
      id: "t", name: "t",
      arrays: [
        try array("L1I", 1, .instruction, "4xfull"), try array("L1D", 1, .data, "4xfull"),
        try array("L2", 2, .unified, "16xfull"),
      ])
    machine.pageSizes = [.base4K]
    return machine
  }

  static func accesses() throws -> [RawAccess] {
    try allAccesses(
      TraceFormat.lackey.addressReader(InputFile(bytes: Array(trace.utf8), name: "trace")))
  }

  @Test(arguments: CrossingRule.allCases)
  func oneReferenceUnderEitherRule(rule: CrossingRule) throws {
    var replay = try AddressReplay(
      machine: try Self.machine(), pageSize: .base4K, crossing: rule)
    try Self.accesses().withUnsafeBufferPointer { try replay.process($0) }
    try replay.finish()
    let counters = replay.counters
    #expect([counters.fetches, counters.loads, counters.stores] == [1, 4, 1])
    // Two lookups: data pages 0, 0 1, 1 2, 1 2, 2 3 and code pages 5 6. One: an access each.
    #expect(counters.arrays.map(\.lookups) == (rule == .two ? [2, 9, 6] : [1, 5, 5]))
    // Two: pages 0 1 2 3 and 5 6 miss once each. One: accesses 1, 2, 3 and 5 miss, and the fetch;
    // the second level is asked once a miss, with the whole range.
    #expect(counters.arrays[0].misses == (rule == .two ? 2 : 1))
    #expect(counters.arrays[1].misses == 4)
  }

  @Test func optimalReplacementCountsTheSame() throws {
    var replay = try OptimalReplay(machine: try Self.machine("opt"), pageSize: .base4K)
    try Self.accesses().withUnsafeBufferPointer { replay.process($0) }
    let counters = try replay.finish()
    #expect([counters.fetches, counters.loads, counters.stores] == [1, 4, 1])
    #expect(counters.arrays.map(\.lookups) == [2, 9, 6])
  }
}
