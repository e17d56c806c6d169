import TestSupport
import Testing

@testable import Sim

/// A replay of one synthetic stream under layouts of one's own making.
struct Bench {
  let scenario: Scenario
  let records: [ReferenceRecord]
  let world: World
  let table: SiteTable

  init(_ scenario: Scenario, references: UInt64 = 40_000) throws {
    self.scenario = scenario
    var parameters = WorkloadParameters()
    parameters.references = references
    parameters.moduleShare = 0.8
    parameters.baseFunctions = 300
    parameters.directPages = 400
    parameters.userPages = 100
    let model = WorkloadModel(
      image: scenario.image, modules: scenario.modules, memoryBytes: scenario.memory.bytes,
      parameters: parameters, seed: Seed(1))
    var stream = KernelWorkload(model: model, parameters: parameters, seed: Seed(1))
    var all: [ReferenceRecord] = []
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 4096)
    defer { block.deallocate() }
    while true {
      let count = stream.read(into: block)
      if count == 0 { break }
      all.append(contentsOf: block[..<count])
    }
    records = all
    table = model.table
    world = World(scenario, replicate: 0, sections: table.sections)
  }

  func counters(_ layout: Layout, _ machine: Machine) throws -> ReplayCounters {
    let engine = try ReplayEngine(machine: machine, binding: try Binder.bind(table, layout))
    records.withUnsafeBufferPointer { engine.process($0) }
    return engine.counters
  }

  /// What misses do not hide: every array's lookups and misses, and the walks.
  static func misses(_ counters: ReplayCounters) -> [UInt64] {
    counters.arrays.flatMap { [$0.lookups, $0.misses] }
      + [counters.instructionWalks, counters.dataWalks]
  }

  /// Split fully associative first level, unified second level, LRU.
  static func machine(_ first: Int, _ second: Int) throws -> Machine {
    let sizes: [PageSize] = [.base4K, .large2M]
    func array(_ name: String, _ level: Int, _ side: ArraySide, _ n: Int) throws -> TLBArray {
      TLBArray(
        name: name, level: level, side: side, pageSizes: sizes,
        geometry: try TLBGeometry(entries: n, ways: n), evidence: .assumed)
    }
    return Machine(
      id: "full", name: "full",
      arrays: [
        try array("L1I", 1, .instruction, first), try array("L1D", 1, .data, first),
        try array("L2", 2, .unified, second),
      ])
  }
}

@Suite("What a classic TLB sees of a layout is page numbers and sizes, nothing else")
struct LayoutEqualityTests {
  @Test(
    "shuffling frames changes nothing on a classic TLB",
    arguments: ["teach-tiny", "intel-skylake", "intel-nehalem", "sun-ultrasparc2"])
  func shuffledFrames(name: String) throws {
    let bench = try Bench(try SmallScenario.read())
    let arm = try bench.world.layout(bench.scenario.arms[1], placingRegions: true).layout
    let machine = try MachineCatalog.machine(name)
    let plain = try bench.counters(arm, machine)
    var random = Xoshiro(seed: 9)
    for _ in 0..<3 {
      var shuffled = arm
      shuffled.space = AddressSpace()
      for mapping in arm.space.mappings {
        var mapping = mapping
        var frames = (0..<Int(mapping.pageCount)).map {
          mapping.pageSize.bytes * UInt64($0 + random.below(1 << 18))
        }
        random.shuffle(&frames)
        mapping.backing = .scattered(frames)
        shuffled.space.map(mapping)
      }
      #expect(try bench.counters(shuffled, machine) == plain)
    }
    #expect(plain.walks > 100, "there is something to change")
  }

  @Test("the layout without any cause is the monolithic arm, mapping by mapping")
  func noCause() throws {
    let bench = try Bench(try SmallScenario.read(), references: 1000)
    let profile = bench.scenario.arms[1].profile
    let none = try bench.world.layout(
      profile, on: bench.scenario.machine, causes: [], placingRegions: true)
    let monolithic = try bench.world.layout(bench.scenario.arms[0], placingRegions: true)
    #expect(none.layout.starts == monolithic.layout.starts)
    #expect(none.layout.space.mappings == monolithic.layout.space.mappings)
    #expect(none.facts == monolithic.facts)
    #expect(none.flushesPerReload == 0 && monolithic.flushesPerReload == 0)
    let all = try bench.world.layout(
      profile, on: bench.scenario.machine, causes: Set(Cause.allCases), placingRegions: true)
    let modular = try bench.world.layout(bench.scenario.arms[1], placingRegions: true)
    #expect(all.layout.starts == modular.layout.starts)
    #expect(all.layout.space.mappings == modular.layout.space.mappings)
    #expect(all.flushesPerReload == modular.flushesPerReload && all.flushesPerReload > 0)
  }

  /// Modules whose sections are whole large pages, on an image whose regions are: linking them in
  /// and loading them on large pages divides the same bytes over the same pages.
  private static func wholePages() throws -> (Scenario, SystemProfile) {
    var scenario = try SmallScenario.read()
    scenario.memory.bytes = 256 << 20
    let large = PageSize.large2M.bytes
    for index in scenario.image.regions.indices {
      let region = scenario.image.regions[index]
      guard [.text, .rodata, .data].contains(region.kind) else { continue }
      scenario.image.regions[index].size = PageSize.large2M.ceil(region.size + region.skip)
      scenario.image.regions[index].skip = 0
    }
    scenario.modules = ["one", "two", "three"].enumerated().map { index, name in
      var module = KernelModule(name: name)
      module.sections.text = large
      module.sections.rodata = UInt64(1 + index % 2) * large
      module.sections.data = large
      if index > 0 { module.dependencies = ["one"] }
      return module
    }
    var profile = try ProfileCatalog.profile("linux-6.1")
    let piece = profile.pieces[0]
    profile.pieces = [SectionKind.text, .rodata, .data].map { kind in
      var own = piece
      own.name = kind.rawValue
      own.kinds = [kind]
      own.pages = .optIn
      return own
    }
    return (scenario, profile)
  }

  @Test(
    "a modular arm given contiguous large pages equals the monolithic arm",
    arguments: [(4, 16), (8, 64), (16, 128), (64, 512)])
  func contiguousLargePages(first: Int, second: Int) throws {
    let (scenario, profile) = try Self.wholePages()
    let bench = try Bench(scenario)
    let linked = try bench.world.layout(
      profile, on: bench.scenario.machine, causes: [], placingRegions: true)
    let memory = PageAllocator(frames: 64 << 8)
    var kernel = SimulatedKernel(
      profile: profile, image: LinkedImage(scenario.image),
      physicalStart: scenario.image.physicalStart, memory: memory, seed: Seed(4))
    var loaded = linked.layout
    var small = linked.layout
    loaded.space = AddressSpace()
    for module in scenario.modules {
      let image = try kernel.load(module, largePages: true)
      #expect(image.pieces.allSatisfy { $0.pageSize == .large2M })
      for section in image.pieces.flatMap(\.sections) {
        let id = try #require(bench.table.sections.find(module.name, section.kind))
        #expect(loaded.address(of: id, offset: 0) != section.address)
        loaded.place(id, at: section.address)
        small.place(id, at: section.address)
      }
    }
    for region in kernel.image.regions {
      if let id = bench.table.sections.find("base", region.kind) {
        loaded.place(id, at: region.range.lower)
        small.place(id, at: region.range.lower)
      }
    }
    // The image, the modules and everything else mapped as before.
    for mapping in kernel.space.mappings { loaded.space.map(mapping) }
    for mapping in linked.layout.space.mappings
    where !mapping.range.overlaps(LinkedImage(scenario.image).range)
      && mapping.range.lower < scenario.image.start
    { loaded.space.map(mapping) }
    let machine = try Bench.machine(first, second)
    let monolithic = try bench.counters(linked.layout, machine)
    #expect(Bench.misses(try bench.counters(loaded, machine)) == Bench.misses(monolithic))
    // The same addresses on base pages do cost.
    small.space = AddressSpace()
    for var mapping in loaded.space.mappings {
      let lower = mapping.range.lower
      if mapping.pageSize == .large2M,
        kernel.moduleMappings.contains(where: {
          $0.range.lower == lower
        })
      {
        mapping.pageSize = .base4K
      }
      small.space.map(mapping)
    }
    let penalty = try bench.counters(small, machine)
    #expect(penalty.walks > monolithic.walks)
  }

  @Test("moving linked modules by whole multiples of every set count changes nothing")
  func congruent() throws {
    let (scenario, profile) = try Self.wholePages()
    let bench = try Bench(scenario)
    let linked = try bench.world.layout(
      profile, on: bench.scenario.machine, causes: [], placingRegions: true
    ).layout
    var moved = linked
    let distance: UInt64 = 4 << 30
    var pages: Set<UInt64> = []
    for module in scenario.modules {
      for kind in [SectionKind.text, .rodata, .data] {
        let id = try #require(bench.table.sections.find(module.name, kind))
        let start = try #require(linked.address(of: id, offset: 0))
        moved.place(id, at: start - distance)
        for page in 0..<PageSize.large2M.count(module.sections.size(of: kind)) {
          pages.insert(start - distance + page * PageSize.large2M.bytes)
        }
      }
    }
    for page in pages.sorted() {
      moved.space.map(
        Mapping(
          AddressRange(start: page, size: 2 << 20), pageSize: .large2M, backing: .contiguous(0)))
    }
    for name in ["intel-skylake", "teach-tiny", "intel-haswell"] {
      let machine = try MachineCatalog.machine(name)
      let a = try bench.counters(linked, machine)
      let b = try bench.counters(moved, machine)
      #expect(Bench.misses(a) == Bench.misses(b), "\(name)")
    }
  }
}
