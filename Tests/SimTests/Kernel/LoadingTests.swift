import Sim
import TestSupport
import Testing

@Suite("A simulated kernel loads and unloads without losing anything")
struct LoadingTests {
  static func kernel(
    _ system: String = "linux-6.1", megabytes: UInt64 = 64, seed: Seed? = nil
  ) throws -> SimulatedKernel {
    let memory = PageAllocator(frames: megabytes << 8)
    let image = try Debian12.image("6.1.0-56-amd64")
    return SimulatedKernel(
      profile: try ProfileCatalog.profile(system), image: LinkedImage(image),
      physicalStart: image.physicalStart, memory: memory, seed: seed)
  }

  static func module(_ name: String, _ sizes: [SectionKind: UInt64]) -> KernelModule {
    var module = KernelModule(name: name)
    module.sections.text = sizes[.text] ?? 0
    module.sections.rodata = sizes[.rodata] ?? 0
    module.sections.roAfterInit = sizes[.roAfterInit] ?? 0
    module.sections.data = sizes[.data] ?? 0
    module.sections.symbols = sizes[.symbols] ?? 0
    module.sections.initText = sizes[.initText] ?? 0
    module.sections.initRodata = sizes[.initRodata] ?? 0
    module.sections.initData = sizes[.initData] ?? 0
    return module
  }

  @Test(
    "areas and frames stay disjoint, guard pages unmapped, page counts listed, all given back",
    arguments: ["linux-5.10", "linux-6.1", "linux-6.4", "linux-6.12"])
  func events(system: String) throws {
    let catalog = try Debian12.catalog()
    var kernel = try Self.kernel(system, seed: Seed(3))
    let free = kernel.memory.freeFrames
    let mapped = kernel.space.mappings
    var random = Xoshiro(seed: 21)
    for step in 0..<250 {
      let module = catalog.modules[random.below(catalog.modules.count)]
      if kernel.image(of: module.name) == nil, module.sections.size(of: .image) < 500_000 {
        try kernel.load(module)
      }
      if random.below(2) == 0, let victim = kernel.loaded.randomItem(&random) {
        let isGone = kernel.unload(victim.module.name)
        #expect(isGone)
      }
      if random.below(3) == 0 { kernel.settle() }
      if step % 10 == 0 { try Self.check(kernel) }
    }
    kernel.settle()
    try Self.check(kernel)
    let pages = kernel.moduleMappings.reduce(0) { $0 + $1.pageCount }
    #expect(pages * 4096 == kernel.loaded.reduce(0) { $0 + $1.listedSize })
    #expect(kernel.memory.freeFrames + pages + UInt64(kernel.upkeepPages) == free)
    for image in kernel.loaded { kernel.unload(image.module.name) }
    #expect(kernel.memory.freeFrames == free)
    #expect(kernel.space.mappings == mapped)
  }

  private static func check(_ kernel: SimulatedKernel) throws {
    let areas = kernel.loaded.flatMap(\.pieces).map(\.range).sorted()
    for (area, next) in zip(areas, areas.dropFirst()) {
      #expect(area.upper + 4096 <= next.lower, "no guard page behind \(hex(area.lower))")
    }
    for area in areas {
      #expect(kernel.space.translation(at: area.upper) == nil)
      #expect(kernel.space.translation(at: area.upper - 1)?.size == .base4K)
    }
    var frames: Set<UInt64> = []
    for piece in kernel.loaded.flatMap(\.pieces) {
      for (index, frame) in piece.frames.enumerated() {
        #expect(frames.insert(frame).inserted, "frame \(hex(frame)) is used twice")
        let address = piece.range.lower + UInt64(index) * 4096
        #expect(kernel.space.translation(at: address)?.physicalBase == frame)
      }
    }
  }

  @Test("sections lie in their module's area in the order the rule packs them, page by page")
  func sections() throws {
    var kernel = try Self.kernel()
    let sizes: [SectionKind: UInt64] = [
      .text: 4097, .rodata: 1, .roAfterInit: 4096, .data: 5000, .symbols: 10, .initText: 8,
    ]
    let image = try kernel.load(Self.module("m", sizes))
    let start = try #require(image.address(of: .text))
    let pages: [(SectionKind, UInt64)] = [
      (.text, 0), (.rodata, 2), (.roAfterInit, 3), (.data, 4), (.symbols, 6),
    ]
    for (kind, page) in pages { #expect(image.address(of: kind) == start + page * 4096) }
    #expect(image.listedSize == 7 * 4096)
  }

  @Test("without randomisation modules fill the window from its start, lowest address first")
  func firstFit() throws {
    var kernel = try Self.kernel()
    // The first 2 MiB and their guard page are the BPF program pack.
    var next: UInt64 = 0xffff_ffff_c000_0000 + (2 << 20) + 4096
    let names = ["a", "b", "c"]
    for name in names {
      let image = try kernel.load(Self.module(name, [.text: 100, .data: 100]))
      #expect(image.address(of: .text) == next)
      next += 3 * 4096
    }
    kernel.unload("b")
    let again = try kernel.load(Self.module("d", [.text: 100, .rodata: 100]))
    #expect(again.address(of: .text) == next - 6 * 4096, "the hole fits exactly")
  }

  @Test("flushes on 6.1: one for each protected kind, one for a freed init area, one to unload")
  func flushes() throws {
    var kernel = try Self.kernel()
    func flushes(_ body: (inout SimulatedKernel) throws -> Void) rethrows -> Int {
      let before = kernel.flushes
      try body(&kernel)
      return kernel.flushes - before
    }
    let small = Self.module("small", [.text: 4096, .data: 10, .initText: 100, .initData: 10])
    let load = try flushes { try $0.load(small) }
    #expect(load == 3, "text, init text, and init memory given back")
    let settle = flushes { $0.settle() }
    #expect(settle == 0, "counted with the load it ends")
    let unload = flushes { $0.unload("small") }
    #expect(unload == 1)
    // 34 pages are beyond the ceiling of ranged flushes, 33 are not.
    let at = Self.module("at", [.text: 33 * 4096, .rodata: 1, .roAfterInit: 1])
    let below = try flushes { try $0.load(at) }
    #expect(below == 3)
    let beyond = Self.module("beyond", [.text: 34 * 4096])
    let above = try flushes { try $0.load(beyond) }
    #expect(above == 2)
  }

  @Test("a load that runs out of frames fails and gives back what it took")
  func outOfMemory() throws {
    var kernel = try Self.kernel(megabytes: 4)
    let free = kernel.memory.freeFrames
    let mapped = kernel.space.mappings
    let huge = Self.module("huge", [.text: 2 << 20, .data: 1 << 20, .initData: 3 << 20])
    do {
      try kernel.load(huge)
      Issue.record("6 MiB fit into 4")
    } catch {
      #expect(error.description.contains("physical memory ran out"))
    }
    #expect(kernel.memory.freeFrames == free)
    #expect(kernel.space.mappings == mapped)
    #expect(kernel.loaded.isEmpty)
    let small = try kernel.load(Self.module("small", [.text: 100]))
    #expect(small.serial == 1, "a refused load is no load")
  }

  @Test("users are the loaded modules that name a module as a dependency")
  func users() throws {
    var kernel = try Self.kernel()
    var top = Self.module("top", [.text: 10])
    top.dependencies = ["below"]
    try kernel.load(Self.module("below", [.text: 10]))
    try kernel.load(top)
    #expect(kernel.image(of: "below")?.users == ["top"])
    kernel.unload("top")
    #expect(kernel.image(of: "below")?.users == [])
    let again = kernel.unload("top")
    #expect(!again)
  }
}

extension Array {
  fileprivate func randomItem(_ random: inout Xoshiro) -> Element? {
    isEmpty ? nil : self[random.below(count)]
  }
}
