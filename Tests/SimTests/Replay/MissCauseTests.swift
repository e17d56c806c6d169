import Sim
import TestSupport
import Testing

@Suite("Causes of misses")
struct MissCauseTests {
  private static func causes(_ engine: ReplayEngine) -> [[Int]] {
    (engine.machine.arrays.indices.map { $0 } + [nil]).map { (array: Int?) in
      let found = engine.missCauses(array: array)
      return MissCause.allCases.map { Int(found[$0]) }
    }
  }

  @Test(
    "every policy's misses have the causes an obvious model gives them",
    arguments: ReplacementKind.allCases)
  func naive(policy: ReplacementKind) throws {
    guard policy != .opt else { return }
    var flushes = 0
    for (i, shape) in EngineEqualityTests.shapes.enumerated() {
      guard let first = try EngineEqualityTests.geometry(shape, policy) else { continue }
      let second = try #require(
        try EngineEqualityTests.geometry("144x12", policy == .tplru ? .lru : policy))
      let stream = GeneratedStream(
        seed: UInt64(77 + i), length: 3000, pages: 150, flushes: i % 4 != 3)
      let machine = try EngineEqualityTests.machine(first, second, split: i % 3 == 1)
      var naive = NaiveMachine(machine, seed: 5)
      stream.replay(on: &naive)
      var options = ReplayOptions(seed: 5)
      options.labelsMisses = true
      let engine = try ReplayEngine(machine: machine, binding: stream.binding, options: options)
      stream.records.withUnsafeBufferPointer { engine.process($0) }
      let wanted = naive.causes.map { own in MissCause.allCases.map { own[$0] ?? 0 } }
      #expect(Self.causes(engine) == wanted, "\(shape)")
      let counters = engine.counters
      for a in machine.arrays.indices {
        #expect(engine.missCauses(array: a).total == counters.arrays[a].misses, "\(shape)")
      }
      #expect(engine.missCauses(array: nil).total == counters.walks)
      flushes += wanted.reduce(0) { $0 + $1[MissCause.flush.rawValue] }
    }
    #expect(flushes > 0)
  }

  @Test("labels change no count")
  func unchanged() throws {
    let machine = try MachineCatalog.machine("intel-skylake")
    let stream = GeneratedStream(seed: 3, length: 5000, pages: 400, flushes: true)
    var options = ReplayOptions(seed: 5)
    let plain = try ReplayEngine(machine: machine, binding: stream.binding, options: options)
    options.labelsMisses = true
    let labelled = try ReplayEngine(machine: machine, binding: stream.binding, options: options)
    stream.records.withUnsafeBufferPointer {
      plain.process($0)
      labelled.process($0)
    }
    #expect(plain.counters == labelled.counters)
  }

  @Test(
    "both engines give the same causes on every machine, address spaces included",
    arguments: MachineCatalog.names)
  func bothEngines(name: String) throws {
    var machine = try MachineCatalog.machine(name)
    guard machine.walkCaches.allSatisfy({ $0.level != 0 }),
      !machine.lookupOrder(.fetch).isEmpty,
      !machine.arrays.contains(where: { $0.name == "STLB-B" || $0.name == "DT512" })
    else { return }
    machine.fill = FillRules()
    machine.prefetch = Stated(.none, .assumed)
    machine.lockedEntries = nil
    if machine.table.radixLevels == nil { machine.table = .radix4 }
    machine.walk = machine.walk == .hybrid ? .hardware : machine.walk
    for a in machine.arrays.indices {
      machine.arrays[a].holdsWalkEntries = false
      machine.arrays[a].accepts = .any
    }
    let bench = DetailedModelTests.bench(machine)
    let stream = DetailedModelTests.randomStream(bench.translations.count, seed: 13, spaces: 7)
    var options = ReplayOptions(seed: 5)
    options.labelsMisses = true
    func run() throws -> ReplayEngine {
      let engine = try ReplayEngine(machine: machine, binding: bench.binding, options: options)
      stream.withUnsafeBufferPointer { engine.process($0) }
      return engine
    }
    let fast = try run()
    options.forcesDetail = true
    let slow = try run()
    #expect(Self.causes(fast) == Self.causes(slow), "\(name)")
    for (a, array) in slow.counters.arrays.enumerated() {
      #expect(slow.missCauses(array: a).total == array.misses, "\(name) \(a)")
    }
  }

  @Test("a loop over one page more than a set is conflict, over the whole array capacity")
  func textbook() throws {
    let geometry = try TLBGeometry("8x2")
    let machine = Machine(
      id: "t", name: "t",
      arrays: [
        TLBArray(
          name: "D", level: 1, side: .data, pageSizes: [.base4K], geometry: geometry,
          evidence: .assumed)
      ])
    func causes(pages: [UInt64], rounds: Int) throws -> [Int] {
      var bench = PageBench()
      for page in pages { bench.add(page << 12, .base4K) }
      var options = ReplayOptions()
      options.labelsMisses = true
      let engine = try ReplayEngine(machine: machine, binding: bench.binding, options: options)
      let records = (0..<rounds).flatMap { _ in
        pages.indices.map { ReferenceRecord(.load, site: UInt32($0)) }
      }
      records.withUnsafeBufferPointer { engine.process($0) }
      return Self.causes(engine)[0]
    }
    // Three pages of one set of two ways; twelve pages of an array of eight.
    #expect(try causes(pages: [0, 4, 8], rounds: 5) == [3, 0, 12, 0])
    #expect(try causes(pages: Array(0..<12), rounds: 5) == [12, 48, 0, 0])
  }
}
