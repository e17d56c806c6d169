import Testing

@testable import Sim

@Suite("Walks, prices and flushes at their edges")
struct PriceTests {
  private func machine() throws -> Machine {
    let small = try TLBGeometry("4x2")
    var machine = try EngineEqualityTests.machine(small, small, split: false)
    machine.costs.secondLevelHit = 7
    machine.costs.instructionSecondLevelHit = 5
    return machine
  }

  private func run(_ machine: Machine, _ body: (ReplayEngine) -> Void) throws -> ReplayCounters {
    let page = Translation(virtualBase: 0x7000, physicalBase: 0, size: .base4K)
    let binding = Binding(
      translations: [page], translationOfSite: [0], addressOfSite: [0x7000])
    let engine = try ReplayEngine(machine: machine, binding: binding)
    body(engine)
    return engine.counters
  }

  private func reference(_ engine: ReplayEngine, _ kind: AccessKind) {
    [ReferenceRecord(kind, site: 0)].withUnsafeBufferPointer { engine.process($0) }
  }

  @Test("each side pays its own price for the second level", arguments: AccessKind.allCases)
  func sides(kind: AccessKind) throws {
    let counters = try run(try machine()) { reference($0, kind) }
    #expect(counters.translationCycles - counters.walkCycles == (kind == .fetch ? 5 : 7))
  }

  @Test("the region of interest holds nothing of the warm-up, and with it is the whole")
  func region() throws {
    var warm: ReplayCounters?
    let whole = try run(try machine()) { engine in
      for kind in AccessKind.allCases { reference(engine, kind) }
      warm = engine.counters
      engine.flush(.all)
      for kind in AccessKind.allCases { reference(engine, kind) }
    }
    let before = try #require(warm)
    #expect([before.fetches, before.loads, before.stores] == [1, 1, 1])
    #expect(whole - whole == ReplayCounters(arrayCount: whole.arrays.count))
    let region = whole - before
    #expect([region.fetches, region.loads, region.stores] == [1, 1, 1])
    #expect(region + before == whole)
  }

  @Test("in a hybrid machine only the first walk of a page traps to software")
  func hybrid() throws {
    var machine = try machine()
    machine.walk = .hybrid
    machine.costs.walk = 10
    machine.costs.software = 100
    let counters = try run(machine) { engine in
      reference(engine, .load)
      engine.flush(.all)
      reference(engine, .load)
    }
    #expect(counters.walks == 2 && counters.walkCycles == 120)
  }

  @Test("a large page that reaches into a flushed range goes, its neighbours stay")
  func reach() {
    let key = DetailedArray.key(number: 3, shift: 21)
    #expect(DetailedArray.overlaps(key, AddressRange(0x7f_f000, 0x80_0000)))
    #expect(DetailedArray.overlaps(key, AddressRange(0x5f_f000, 0x60_0001)))
    #expect(!DetailedArray.overlaps(key, AddressRange(0x80_0000, 0x80_1000)))
    #expect(!DetailedArray.overlaps(key, AddressRange(0x5f_f000, 0x60_0000)))
  }
}
