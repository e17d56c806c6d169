import Sim
import Testing

/// Closed forms and published strings every TLB model has to reproduce.
@Suite struct TranslationFactTests {
  /// A machine of one array, walked in four levels.
  static func single(
    _ geometry: String, pages: [PageSize] = [.base4K], table: TableShape = .radix4
  ) throws -> Machine {
    let array = TLBArray(
      name: "T", level: 1, side: .unified, pageSizes: pages,
      geometry: try TLBGeometry(geometry), evidence: .assumed)
    var machine = Machine(id: "single", name: "single", arrays: [array])
    machine.table = table
    return machine
  }

  static func loads(_ pages: some Sequence<Int>) -> [ReferenceRecord] {
    pages.map { ReferenceRecord(.load, site: UInt32($0)) }
  }

  /// Walks of the last of `rounds` cyclic sweeps over `numbers`.
  static func steadyWalks(
    _ machine: Machine, _ numbers: [UInt64], rounds: Int = 4, size: PageSize = .base4K
  ) throws -> UInt64 {
    var bench = PageBench()
    for number in numbers { bench.add(number * size.bytes, size) }
    let sweep = loads(numbers.indices)
    let engine = try ReplayEngine(machine: machine, binding: bench.binding)
    for _ in 1..<rounds { sweep.withUnsafeBufferPointer { engine.process($0) } }
    let before = engine.counters
    sweep.withUnsafeBufferPointer { engine.process($0) }
    return (engine.counters - before).walks
  }

  @Test func xorIndexSpreadsWhatLinearCollapsesAndTheOtherWayRound() throws {
    let (linear, folded) = try (
      TranslationFactTests.single("1536x12:lru:linear"),
      TranslationFactTests.single("1536x12:lru:xor7")
    )
    let by128 = (0..<128).map { UInt64($0) * 128 }
    let by129 = (0..<128).map { UInt64($0) * 129 }
    #expect(try TranslationFactTests.steadyWalks(folded, by129) == 128)
    #expect(try TranslationFactTests.steadyWalks(folded, by128) == 0)
    #expect(try TranslationFactTests.steadyWalks(linear, by129) == 0)
    #expect(try TranslationFactTests.steadyWalks(linear, by128) == 128)
    #expect(try TranslationFactTests.steadyWalks(folded, Array(by129.prefix(12))) == 0)
  }

  @Test(arguments: [("fifo", 3, 9), ("fifo", 4, 10), ("lru", 3, 10), ("lru", 4, 8)])
  func beladysStringFaultsAsPublished(policy: String, frames: Int, faults: Int) throws {
    var bench = PageBench()
    for page in 0..<6 { bench.add(UInt64(page) << 12, .base4K) }
    let machine = try TranslationFactTests.single("\(frames)xfull:\(policy)")
    let string = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5]
    let counters = try bench.run(machine, TranslationFactTests.loads(string))
    #expect(counters.walks == UInt64(faults))
  }

  /// Arpaci-Dusseau, ch. 19: ten elements over three pages, M H H M H H H M H H.
  @Test func textbookArrayWalkHitsSevenOfTen() throws {
    let page = try #require(PageSize(bytes: 64))
    var binding = Binding()
    for element in 0..<10 {
      let address = UInt64(0x1010 + 16 * element)
      if binding.translations.last?.virtualBase != page.floor(address) {
        binding.translations.append(
          Translation(virtualBase: page.floor(address), physicalBase: 0, size: page))
      }
      binding.translationOfSite.append(UInt32(binding.translations.count - 1))
      binding.addressOfSite.append(address)
    }
    let machine = try TranslationFactTests.single("64xfull", pages: [page], table: .linear)
    let engine = try ReplayEngine(machine: machine, binding: binding)
    var pattern = ""
    for element in 0..<10 {
      let before = engine.counters.walks
      TranslationFactTests.loads([element]).withUnsafeBufferPointer { engine.process($0) }
      pattern += engine.counters.walks == before ? "H" : "M"
    }
    #expect(pattern == "MHHMHHHMHH")
  }

  @Test func halfPageStrideHalvesTheMissRate() throws {
    let machine = try MachineCatalog.machine("intel-pentium4")
    var bench = PageBench()
    for page in 0..<128 { bench.add(UInt64(page) << 12, .base4K) }
    let halves = TranslationFactTests.loads(
      (0..<4).flatMap { _ in (0..<128).flatMap { [$0, $0] } })
    let counters = try bench.run(machine, halves)
    #expect(counters.walks * 2 == counters.loads)
  }

  /// Hit ratio C / N for any policy that does not look ahead.
  @Test(arguments: ["lru", "fifo", "random"])
  func uniformReferencesHitInProportionToCapacity(policy: String) throws {
    let machine = try TranslationFactTests.single("64xfull:\(policy)")
    var bench = PageBench()
    for page in 0..<160 { bench.add(UInt64(page) << 12, .base4K) }
    var random = Seed(7).generator()
    let stream = TranslationFactTests.loads((0..<60_000).map { _ in random.below(160) })
    let counters = try bench.run(machine, stream)
    let hits = 1 - Double(counters.walks) / Double(counters.loads)
    #expect(abs(hits - 64.0 / 160) < 0.01)
  }

  /// A cyclic sweep under random replacement settles where h = (1 - 1/C)^(N (1 - h)).
  @Test(arguments: [(64, 80), (64, 128), (48, 96)])
  func randomReplacementHitsInACyclicSweepAsTheFormulaSays(capacity: Int, pages: Int) throws {
    var hits = 0.5
    for _ in 0..<500 {
      hits = formula(capacity, pages, hits)
    }
    let machine = try TranslationFactTests.single("\(capacity)xfull:random")
    var bench = PageBench()
    for page in 0..<pages { bench.add(UInt64(page) << 12, .base4K) }
    let sweep = TranslationFactTests.loads((0..<400).flatMap { _ in 0..<pages })
    let counters = try bench.run(machine, sweep)
    let seen = 1 - Double(counters.walks) / Double(counters.loads)
    #expect(abs(seen - hits) < 0.02, "\(seen) against \(hits)")
  }

  private func formula(_ capacity: Int, _ pages: Int, _ hits: Double) -> Double {
    var power = 1.0
    let base = 1 - 1 / Double(capacity)
    let exponent = Double(pages) * (1 - hits)
    for _ in 0..<Int(exponent) { power *= base }
    return power * (1 - (exponent - exponent.rounded(.down)) / Double(capacity))
  }

  @Test func lruMissesNeverRiseWithCapacity() throws {
    var bench = PageBench()
    for page in 0..<200 { bench.add(UInt64(page) << 12, .base4K) }
    var random = Seed(21).generator()
    let stream = TranslationFactTests.loads(
      (0..<10_000).map { _ in min(random.below(200), random.below(200)) })
    var last = UInt64.max
    for ways in 1...24 {
      let machine = try TranslationFactTests.single("\(ways * 8)x\(ways)")
      let walks = try bench.run(machine, stream).walks
      #expect(walks <= last)
      last = walks
    }
  }

  @Test(arguments: [(TableShape.radix2, 2), (.radix3, 3), (.radix4, 4), (.radix5, 5)])
  func coldRadixWalkReadsOneEntryALevel(table: TableShape, levels: Int) throws {
    var bench = PageBench()
    bench.add(0x7000_1000, .base4K)
    let machine = try TranslationFactTests.single("4xfull", table: table)
    let reads = try bench.run(machine, TranslationFactTests.loads([0])).walkReads
    #expect(reads == UInt64(levels))
  }

  @Test func largeLeafSavesALevelAndADirectoryCacheAllButOne() throws {
    var machine = try TranslationFactTests.single("4xfull", pages: [.base4K, .large2M])
    var bench = PageBench()
    bench.add(0x4000_0000, .large2M)
    #expect(try bench.run(machine, TranslationFactTests.loads([0])).walkReads == 3)
    machine.walkCaches = [
      WalkCache(level: 2, geometry: try TLBGeometry("32xfull"), evidence: .assumed)
    ]
    var neighbours = PageBench()
    for page in 0..<6 { neighbours.add(0x4000_0000 + UInt64(page) << 12, .base4K) }
    #expect(try neighbours.run(machine, TranslationFactTests.loads(0..<6)).walkReads == 4 + 5)
  }

  @Test(arguments: [(4, 4, 24), (4, 5, 29), (5, 5, 35), (2, 2, 8), (3, 4, 19)])
  func nestedWalkReadsTheProductOfBothDepths(guest: Int, host: Int, reads: Int) throws {
    let shapes: [Int: TableShape] = [2: .radix2, 3: .radix3, 4: .radix4, 5: .radix5]
    let table = try #require(shapes[guest])
    var options = ReplayOptions()
    options.nestedPaging = NestedPaging(hostLevels: host)
    var bench = PageBench()
    bench.add(0x7000_1000, .base4K)
    let machine = try TranslationFactTests.single("4xfull", table: table)
    let counters = try bench.run(machine, TranslationFactTests.loads([0]), options)
    #expect(counters.walkReads == UInt64(reads))
    #expect(reads == (guest + 1) * (host + 1) - 1)
  }

  @Test func readsOfNeighbouringPagesShareCacheLines() throws {
    var machine = try TranslationFactTests.single("1xfull", table: .radix2)
    machine.costs.walk = 20
    var options = ReplayOptions()
    options.walkMemory = .desktop
    var bench = PageBench()
    bench.add(0x4000_0000, .base4K)
    bench.add(0x4000_1000, .base4K)
    let first = try bench.run(machine, TranslationFactTests.loads([0]), options).walkCycles
    let both = try bench.run(machine, TranslationFactTests.loads([0, 1]), options).walkCycles
    #expect(first == 15 + 2 * 220)
    #expect(both - first == 15 + 2 * 5)
  }

  @Test func walkersLimitWalksACycleByLittlesLaw() throws {
    let zen3 = try MachineCatalog.machine("amd-zen3")
    #expect(zen3.walksPerCycleLimit == 6.0 / zen3.costs.walk)
    #expect(try MachineCatalog.machine("dec-21164").walksPerCycleLimit == nil)
  }
}
