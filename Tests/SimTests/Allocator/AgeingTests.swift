import Sim
import Testing

@Suite struct AgeingTests {
  static let frames: UInt64 = 1 << 13

  static func aged(_ age: MemoryAge, seed: UInt64) -> BuddyAllocator {
    var zone = BuddyAllocator(frames: frames)
    _ = Ageing.age(&zone, age.parameters, seed: Seed(seed))
    return zone
  }

  @Test(arguments: MemoryAge.allCases)
  func `an aged zone is at its fill level`(_ age: MemoryAge) {
    let zone = Self.aged(age, seed: 5)
    let used = 1 - Double(zone.freeFrames) / Double(Self.frames)
    #expect(abs(used - age.parameters.fill) < 0.02, "\(age): \(used)")
    #expect(age.parameters.problem == nil)
  }

  @Test func `older memory has less of its free pages in large blocks`() {
    let indices = MemoryAge.allCases.map { age in
      (1...3).map { Self.aged(age, seed: $0).freeCounts.unusableIndex(order: 9) }.reduce(0, +) / 3
    }
    #expect(indices == indices.sorted(), "\(indices)")
    #expect(indices[3] - indices[0] > 300, "\(indices)")
  }

  @Test func `single pages come contiguous when fresh and scattered when worn`() {
    func runs(_ age: MemoryAge) -> Int {
      var zone = Self.aged(age, seed: 7)
      let frames = zone.allocateSinglePages(100).map(\.value)
      return 1 + zip(frames, frames.dropFirst()).count { $1 != $0 + 1 }
    }
    #expect(runs(.fresh) < 20)
    #expect(runs(.worn) > 2 * runs(.fresh))
  }

  @Test func `the same seed gives the same memory and another seed another one`() {
    let first = Self.aged(.month, seed: 1)
    #expect(first.freeCounts == Self.aged(.month, seed: 1).freeCounts)
    #expect(first.freeCounts != Self.aged(.month, seed: 2).freeCounts)
  }

  @Test(arguments: [MemoryAge.fresh, .month])
  func `an aged machine of 64 GiB costs little state, and frees what its window frees`(
    _ age: MemoryAge
  ) {
    var zone = BuddyAllocator(frames: 1 << 24)
    let ageing = Ageing.age(&zone, age.parameters, seed: Seed(2), windowFrames: Self.frames)
    #expect(zone.freeBlockStateBytes + zone.pageblockStateBytes < 8 << 20)
    let used = (1 << 24) - zone.freeFrames
    let held = age.parameters.turnover > 0 ? (1 << 24) - Self.frames : 0
    let share = Double(used - held) / Double(Self.frames)
    #expect(abs(share - age.parameters.fill) < 0.02, "\(share)")
    #expect(ageing.reclaimablePages <= Self.frames)
  }

  @Test func `impossible parameters are named`() {
    #expect(AgeingParameters(fill: 1.5, turnover: 1).problem?.contains("fill") == true)
    #expect(AgeingParameters(fill: 0.5, turnover: -1).problem?.contains("turnover") == true)
    #expect(AgeingParameters(fill: 0.5, turnover: .nan).problem != nil)
  }

  @Test("a fit to free lists the generator made comes closer than its start, and is not refused")
  func fit() throws {
    var zone = BuddyAllocator(frames: 1 << 13)
    _ = Ageing.age(&zone, MemoryAge.worn.parameters, seed: Seed(99))
    let counts = zone.freeCounts
    func fit(_ iterations: Int) throws -> AgeingFit {
      try AgeingFit.fit(
        counts, managedFrames: 1 << 13, frames: 1 << 13, seed: Seed(4), iterations: iterations,
        replicates: 8)
    }
    let (short, long) = (try fit(1), try fit(25))
    #expect(long.distance < short.distance && long.evaluations > short.evaluations)
    #expect(long.pValue > 0.05, "\(long.pValue)")
    #expect(try fit(25).parameters == long.parameters)
  }
}
