import Sim
import Testing

/// What one machine has and the next lacks, each against a count worked out by hand.
@Suite struct MachineFeatureTests {
  static func loads(_ pages: some Sequence<Int>) -> [ReferenceRecord] {
    TranslationFactTests.loads(pages)
  }

  static func bench(_ count: Int, stride: UInt64 = 1, size: PageSize = .base4K) -> PageBench {
    var bench = PageBench()
    for page in 0..<count { bench.add(1 << 40 + UInt64(page) * stride * size.bytes, size) }
    return bench
  }

  /// Two fully associative LRU levels.
  static func twoLevels(_ first: Int, _ second: Int) throws -> Machine {
    func array(_ name: String, _ level: Int, _ entries: Int) throws -> TLBArray {
      TLBArray(
        name: name, level: level, side: .unified, pageSizes: [.base4K],
        geometry: try TLBGeometry(entries: entries, ways: entries), evidence: .assumed)
    }
    return Machine(
      id: "two", name: "two", arrays: [try array("L1", 1, first), try array("L2", 2, second)])
  }

  @Test func exclusiveLevelsAddUpAndOthersDoNot() throws {
    var machine = try MachineFeatureTests.twoLevels(4, 16)
    let numbers = (0..<20).map { UInt64($0) }
    #expect(try TranslationFactTests.steadyWalks(machine, numbers) == 20)
    machine.fill.exclusive = true
    #expect(try TranslationFactTests.steadyWalks(machine, numbers) == 0)
    #expect(try TranslationFactTests.steadyWalks(machine, numbers + [20]) == 21)
  }

  @Test func inclusiveSecondLevelLimitsTheFirst() throws {
    var machine = try MachineFeatureTests.twoLevels(8, 4)
    let numbers = (0..<6).map { UInt64($0) }
    #expect(try TranslationFactTests.steadyWalks(machine, numbers) == 0)
    machine.fill.inclusive = true
    #expect(try TranslationFactTests.steadyWalks(machine, numbers) == 6)
    #expect(try TranslationFactTests.steadyWalks(machine, Array(numbers.prefix(4))) == 0)
  }

  @Test func victimFilledSecondLevelHoldsOnlyWhatTheFirstLost() throws {
    var machine = try MachineFeatureTests.twoLevels(1, 2)
    let bench = MachineFeatureTests.bench(3)
    let stream = MachineFeatureTests.loads([0, 1, 2, 0, 1])
    // Filled by walks: 2 pushes 0 out of the second level. By victims: 0 and 1 are there, and the
    // hit on 0 sends 2 down, which pushes 1 out.
    #expect(try bench.run(machine, stream).walks == 5)
    machine.fill.firstLevelVictimFillsSecond = true
    #expect(try bench.run(machine, stream).walks == 4)
  }

  @Test func firstLevelHitKeepsTheSecondLevelWarmOnlyWhereItTouchesIt() throws {
    var machine = try MachineFeatureTests.twoLevels(2, 3)
    let bench = MachineFeatureTests.bench(6)
    let stream = MachineFeatureTests.loads([0, 1, 0, 2, 0, 3, 0, 4, 5, 0])
    #expect(try bench.run(machine, stream).walks == 7)
    machine.fill.firstLevelHitTouchesSecond = true
    #expect(try bench.run(machine, stream).walks == 6)
  }

  @Test func secondLevelHitCanLeaveTheFirstLevelAlone() throws {
    var machine = try MachineFeatureTests.twoLevels(1, 4)
    let bench = MachineFeatureTests.bench(2)
    let stream = MachineFeatureTests.loads([0, 1, 0, 0, 0])
    #expect(try bench.run(machine, stream).arrays[0].misses == 3)
    machine.fill.secondLevelHitRefillsFirst = false
    #expect(try bench.run(machine, stream).arrays[0].misses == 5)
  }

  @Test(arguments: [(62, 0), (63, 20)])
  func lockedEntriesTakeRoomAndNeverLeave(locked: Int, walks: Int) throws {
    let machine = try MachineCatalog.machine("sun-ultrasparc2")
    let size = try #require(PageSize("8KiB"))
    var bench = PageBench()
    bench.add(1 << 40, size)
    bench.add(1 << 41, size)
    for entry in 0..<locked {
      bench.add(1 << 42 + UInt64(entry) * size.bytes, size, isLocked: true)
    }
    let engine = try ReplayEngine(machine: machine, binding: bench.binding)
    let warm = MachineFeatureTests.loads([0, 1])
    let steady = MachineFeatureTests.loads((0..<10).flatMap { _ in [0, 1, 2 + locked / 2] })
    warm.withUnsafeBufferPointer { engine.process($0) }
    let before = engine.counters
    steady.withUnsafeBufferPointer { engine.process($0) }
    #expect((engine.counters - before).walks == UInt64(walks))
  }

  @Test func oddAndEvenPageShareAMIPSEntry() throws {
    let machine = try MachineCatalog.machine("mips-r4000")
    let together = (0..<96).map { UInt64($0) }
    let isolated = (0..<49).map { UInt64($0) * 2 }
    #expect(try TranslationFactTests.steadyWalks(machine, together) == 0)
    #expect(try TranslationFactTests.steadyWalks(machine, Array(isolated.prefix(48))) == 0)
    #expect(try TranslationFactTests.steadyWalks(machine, isolated) > 0)
    // The refill writes both halves: one walk a pair.
    let counters = try MachineFeatureTests.bench(96).run(
      machine, MachineFeatureTests.loads(0..<96))
    #expect(counters.walks == 48)
  }

  @Test func zenMergesAlignedContiguousRunsIntoOneEntryAGroup() throws {
    let machine = try MachineCatalog.machine("amd-zen2")
    var run = PageBench()
    var scattered = PageBench()
    for page in 0..<64 {
      let address: UInt64 = 1 << 40 + UInt64(page) << 12
      run.add(address, .base4K, frame: 1 << 34 + UInt64(page) << 12)
      scattered.add(address, .base4K, frame: UInt64(page * 3 + 1) << 20)
    }
    let once = MachineFeatureTests.loads(0..<64)
    #expect(try run.run(machine, once).walks == 8)
    #expect(try scattered.run(machine, once).walks == 64)
  }

  @Test func contiguousHintMakesSixteenPagesOneEntry() throws {
    let machine = try MachineCatalog.machine("arm-cortex-a53")
    var hinted = PageBench()
    for page in 0..<64 {
      hinted.add(1 << 40 + UInt64(page) << 12, .base4K, frame: UInt64(page) << 12, hint: true)
    }
    let once = MachineFeatureTests.loads(0..<64)
    #expect(try hinted.run(machine, once).walks == 4)
    #expect(try MachineFeatureTests.bench(64).run(machine, once).walks == 64)
  }

  @Test func nextPagePrefetchHalvesTheWalksOfAScan() throws {
    var machine = try MachineFeatureTests.twoLevels(4, 256)
    let scan = MachineFeatureTests.loads(0..<64)
    machine.prefetch = Stated(.nextPage, .assumed)
    #expect(try MachineFeatureTests.bench(64).run(machine, scan).walks == 32)
    machine.prefetch = Stated(.nextLine, .assumed)
    // A walk of the first page brings pages 8 to 15; 1 to 7 walk for themselves, and so on.
    #expect(try MachineFeatureTests.bench(64).run(machine, scan).walks == 32)
    machine.prefetch = Stated(.none, .assumed)
    #expect(try MachineFeatureTests.bench(64).run(machine, scan).walks == 64)
  }

  @Test func bigPagesCrowdTheSmallArrayOfUltraSPARC3() throws {
    let machine = try MachineCatalog.machine("sun-ultrasparc3")
    let (base, large) = try (#require(PageSize("8KiB")), #require(PageSize("64KiB")))
    let many = (0..<512).map { UInt64($0) }
    #expect(try TranslationFactTests.steadyWalks(machine, many, size: base) == 0)
    let few = (0..<17).map { UInt64($0) }
    #expect(try TranslationFactTests.steadyWalks(machine, few, size: large) > 0)
    #expect(
      try TranslationFactTests.steadyWalks(machine, Array(few.prefix(16)), size: large) == 0)
  }

  @Test func alphaTablePageMissesTooTheFirstTime() throws {
    let machine = try MachineCatalog.machine("dec-21164")
    let size = try #require(PageSize("8KiB"))
    let counters = try MachineFeatureTests.bench(4, size: size).run(
      machine, MachineFeatureTests.loads(0..<4))
    #expect(counters.walkReads == 2 + 1 + 1 + 1)
    #expect(counters.walkCycles == 60 + 3 * 20)
  }

  @Test func probedTableIsReadOnceAndHashedTableAtMostTwoGroups() throws {
    let tsb = try MachineCatalog.machine("sun-ultrasparc2")
    let size = try #require(PageSize("8KiB"))
    let once = MachineFeatureTests.loads(0..<200)
    #expect(try MachineFeatureTests.bench(200, size: size).run(tsb, once).walkReads == 200)
    let hashed = try MachineCatalog.machine("ppc-604")
    let counters = try MachineFeatureTests.bench(200).run(hashed, once)
    #expect(counters.walks == 200)
    #expect(counters.walkReads >= 200 && counters.walkReads <= 200 * 16)
  }

  @Test(arguments: [(4, 0), (5, 50)])
  func fiveContextsRetainNothingWhereFourFit(contexts: Int, walks: Int) throws {
    let machine = try MachineCatalog.machine("intel-skylake")
    var bench = PageBench()
    bench.add(1 << 40, .base4K, isGlobal: false)
    func round(_ rounds: Int) -> [ReferenceRecord] {
      (0..<rounds).flatMap { _ in
        (0..<contexts).flatMap { space in
          [
            ReferenceRecord(marker: .switchSpace, value: UInt32(space)),
            ReferenceRecord(.load, site: 0),
          ]
        }
      }
    }
    let engine = try ReplayEngine(machine: machine, binding: bench.binding)
    round(2).withUnsafeBufferPointer { engine.process($0) }
    let before = engine.counters
    round(10).withUnsafeBufferPointer { engine.process($0) }
    #expect((engine.counters - before).walks == UInt64(walks))
  }

  @Test func globalPagesOutliveSwitchesAndNonGlobalFlushes() throws {
    let machine = try MachineCatalog.machine("intel-haswell")
    var bench = PageBench()
    bench.add(1 << 40, .base4K, isGlobal: true)
    bench.add(1 << 41, .base4K, isGlobal: false)
    let engine = try ReplayEngine(machine: machine, binding: bench.binding)
    func walks(_ page: Int) -> UInt64 {
      let before = engine.counters.walks
      MachineFeatureTests.loads([page]).withUnsafeBufferPointer { engine.process($0) }
      return engine.counters.walks - before
    }
    #expect(walks(0) == 1 && walks(1) == 1)
    engine.flush(.nonGlobal)
    #expect(walks(0) == 0 && walks(1) == 1)
    engine.switchSpace(3)
    #expect(walks(0) == 0 && walks(1) == 1)
    engine.switchSpace(0)
    #expect(walks(1) == 0)
    engine.flush(.asid(0))
    #expect(walks(0) == 0 && walks(1) == 1)
    engine.flush(.all)
    #expect(walks(0) == 1)
  }

  @Test(arguments: [(33, false), (34, true)])
  func rangeBeyondTheCeilingFlushesEveryProcessorWhole(pages: Int, isFull: Bool) throws {
    let machine = try MachineCatalog.machine("intel-haswell")
    let bench = MachineFeatureTests.bench(60)
    let cpus = try (0..<4).map { _ in
      try ReplayEngine(machine: machine, binding: bench.binding)
    }
    let touch = MachineFeatureTests.loads(0..<60)
    for cpu in cpus { touch.withUnsafeBufferPointer { cpu.process($0) } }
    let group = CPUGroup(cpus)
    let start: UInt64 = 1 << 40
    group.invalidate(
      AddressRange(start: start, size: UInt64(pages) << 12), pageSize: .base4K)
    #expect(group.interrupts == 3)
    #expect(group.fullFlushes == (isFull ? 1 : 0))
    #expect(group.pageInvalidations == (isFull ? 0 : UInt64(4 * pages)))
    for cpu in cpus {
      let before = cpu.counters.walks
      touch.withUnsafeBufferPointer { cpu.process($0) }
      #expect(cpu.counters.walks - before == UInt64(isFull ? 60 : pages))
    }
  }
}
