import Testing

@testable import Sim

@Suite("A trace cut into chunks in time")
struct ChunkedReplayTests {
  @Test("counts what one pass counts, for any number of threads", arguments: [2, 3, 7])
  func chunks(jobs: Int) throws {
    let shapes = [["64x4", "1536x12"], ["64xfull", "128x4:lru:xor5"], ["32x8"]]
    for pattern in AddressPattern.allCases {
      var generator = AddressGenerator(pattern)
      let addresses = generator.block(70_000)
      for shape in shapes {
        let levels = try shape.map { try TLBGeometry($0) }
        var pipeline = AddressPipeline(levels, pageSize: .base4K)
        addresses.withUnsafeBufferPointer { pipeline.process($0) }
        let chunked = ChunkedReplay(
          levels: levels, shift: 12, portable: true, jobs: jobs, chunk: 9001)
        let counts = addresses.withUnsafeBufferPointer { chunked.run($0) }
        let onePass = pipeline.counts
        #expect(counts == onePass, "\(pattern) \(shape)")
      }
    }
  }
}
