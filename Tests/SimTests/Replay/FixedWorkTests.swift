import Sim
import Testing

@Suite("The fixed work of the benchmark")
struct FixedWorkTests {
  /// Sums over the first 100,000 addresses of the C generator's traces.
  @Test("generates the published traces", arguments: AddressPattern.allCases)
  func traces(pattern: AddressPattern) throws {
    var generator = AddressGenerator(pattern)
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for _ in 0..<100_000 { hash = (hash ^ generator.next()) &* 0x0000_0100_0000_01b3 }
    let expected: [AddressPattern: UInt64] = [
      .zipf: 0x4e45_1abb_c2c4_0045, .mix: 0xd0e2_bac3_df8c_1705, .unif: 0x91af_2801_cca1_b5c5,
    ]
    #expect(hash == expected[pattern])
  }

  @Test("Every kernel counts what the textbook loop counts", arguments: AddressPattern.allCases)
  func kernels(pattern: AddressPattern) throws {
    var generator = AddressGenerator(pattern)
    let addresses = generator.block(60_000)
    try addresses.withUnsafeBufferPointer { trace in
      let reference = try BenchKernel.reference.run(trace)
      for kernel in [BenchKernel.scalarC, .hierarchyC, .hierarchy, .portable, .engine]
      where kernel.isAvailable {
        #expect(try kernel.run(trace) == reference, "\(kernel)")
      }
      let curve = try BenchKernel.curve.run(trace)
      #expect(curve == (try BenchKernel.portableCurve.run(trace)))
      // 16 sets × 4 ways: the fifth power of two's fourth point.
      #expect(curve[4 * 16 + 3] == reference[0])
      if BenchKernel.curveC.isAvailable {
        #expect(try BenchKernel.curveC.run(trace) == [curve[4 * 16 + 3], curve[7 * 16 + 11]])
      }
      #expect(try BenchKernel.bus.run(trace) == [trace.reduce(0, &+)])
    }
  }
}
