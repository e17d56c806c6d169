import TestSupport
import Testing

@testable import Sim

@Suite("Memory outside object files: what adjoins, what is global, what is refused")
struct RegionTests {
  /// The same layout, with all memory outside object files in one run by address.
  private static func joined(_ layout: Layout) -> Layout {
    var joined = layout
    joined.space = AddressSpace()
    for mapping in layout.space.mappings {
      var mapping = mapping
      if case .spaced = mapping.backing { mapping.backing = .contiguous(mapping.range.lower) }
      joined.space.map(mapping)
    }
    return joined
  }

  @Test("stacks and user pages share no entry where neighbours join, per-CPU pages do")
  func joins() throws {
    let bench = try Bench(try SmallScenario.read(), references: 1000)
    let space = try bench.world.layout(bench.scenario.arms[1], placingRegions: true).layout.space
    for (start, limit, shift): (UInt64, Int, UInt8) in [
      (RegionMap.stackStart, 8, 12), (RegionMap.userStart, 8, 12), (RegionMap.perCPUStart, 8, 15),
      (RegionMap.stackStart, 4, 12), (RegionMap.userStart, 4, 12), (RegionMap.perCPUStart, 4, 14),
    ] {
      let pages = try (0..<8).map { page in
        try #require(space.translation(at: start + page * 4096))
      }
      #expect(coalescedShifts(pages, limit: limit) == Array(repeating: shift, count: 8))
      #expect(pages.allSatisfy { $0.physicalBase >= RegionMap.frameLimit })
      #expect(Set(pages.map(\.physicalBase)).count == 8)
    }
  }

  @Test(
    "frames that do not adjoin cost misses on machines that join neighbours, nothing on others",
    arguments: [
      ("intel-skylake", false), ("intel-nehalem", false), ("arm-cortex-a76", false),
      ("amd-zen1", true), ("amd-zen4", true),
    ])
  func onlyJoiners(machine: String, sees: Bool) throws {
    let bench = try Bench(try SmallScenario.read())
    let layout = try bench.world.layout(bench.scenario.arms[1], placingRegions: true).layout
    let machine = try MachineCatalog.machine(machine)
    let spaced = try bench.counters(layout, machine)
    let joined = try bench.counters(Self.joined(layout), machine)
    #expect((spaced != joined) == sees)
    if sees { #expect(Bench.misses(spaced).reduce(0, +) > Bench.misses(joined).reduce(0, +)) }
  }

  @Test("a part of frames that do not adjoin keeps its frames")
  func parts() {
    let range = AddressRange(0x10000, 0x18000)
    let mapping = Mapping(range, pageSize: .base4K, backing: .spaced(1 << 52))
    let part = mapping.pages(3..<8)
    #expect(
      (0..<5).allSatisfy { part.translation(ofPage: $0) == mapping.translation(ofPage: $0 + 3) })
    #expect(part.translation(ofPage: 0).physicalBase == 1 << 52 + 6 * 4096)
  }

  private static func boot(
    _ change: (inout SystemProfile) -> Void
  ) throws -> (World, ArmPlan) {
    let scenario = try SmallScenario.read([
      ("linux-6.1\n", "nt-7-x64\n"), ("[monolithic, modular]", "[monolithic, boot, largePages]"),
    ])
    var arm = scenario.arms[1]
    change(&arm.profile)
    return (World(scenario, replicate: 0, sections: SectionTable()), arm)
  }

  @Test("what a system brought itself loses the global bit by the same rule as what it loaded")
  func globals() throws {
    let (world, plain) = try Self.boot { _ in }
    let all = try world.layout(plain, placingRegions: true).layout.space.mappings
    #expect(!all.isEmpty && all.allSatisfy(\.isGlobal))
    let (other, isolated) = try Self.boot { $0.settings.append(("globals", "none")) }
    let none = try other.layout(isolated, placingRegions: true).layout.space.mappings
    #expect(none.count == all.count && none.allSatisfy { !$0.isGlobal })
  }

  @Test("a way to boot that lays modules over the image is refused")
  func conflict() throws {
    let (world, arm) = try Self.boot { profile in
      for index in profile.arenas.indices {
        profile.arenas[index].anchor = .fixed
        profile.arenas[index].window = AddressRange(
          profile.image.start, profile.image.start + (64 << 20))
      }
    }
    #expect(throws: MemoryFailure.self) { try world.layout(arm, placingRegions: false) }
  }

  @Test("isolation without PCID leaves base text global, not rodata, page by page")
  func globalText() {
    let start: UInt64 = 0xffff_ffff_8100_0000
    let text = AddressRange(start, start + (16 << 20))
    var space = AddressSpace()
    // Text ends at a large page's end, so one mapping holds rodata as well.
    space.map(
      Mapping(
        AddressRange(start, start + (24 << 20)), pageSize: .large2M, backing: .contiguous(0)))
    space.map(
      Mapping(
        AddressRange(start + (64 << 20), start + (65 << 20)), pageSize: .base4K,
        backing: .contiguous(0)))
    let before = space
    space.limitGlobals(to: text)
    for address in stride(from: start, to: start + (65 << 20), by: 0x1000) {
      var expected = before.translation(at: address)
      expected?.isGlobal = text.contains(address)
      #expect(space.translation(at: address) == expected)
    }
  }

  @Test("pages that sections share are counted once")
  func sharedPages() {
    let ranges = [
      AddressRange(start: 0x5000, size: 0x10), AddressRange(start: 0x1ff0, size: 0x20),
      AddressRange(start: 0x2100, size: 0xf00), AddressRange(start: 0x2200, size: 0),
      AddressRange(start: 0x5020, size: 0x2000),
    ]
    var naive: Set<UInt64> = []
    for range in ranges { for at in range.lower..<range.upper { naive.insert(at >> 12) } }
    #expect(World.pages(under: ranges, .base4K) == UInt64(naive.count))
    #expect(World.pages(under: [], .base4K) == 0)
  }
}
