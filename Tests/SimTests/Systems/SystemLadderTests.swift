import TestSupport
import Testing

@testable import Sim

/// What `compare` does with every system there is.
@Suite("Every system can be compared, cause by cause")
struct SystemLadderTests {
  private static let image: [(String, String)] = [
    ("image: 6.1.0-56-amd64", "image: small-kernel"),
    ("base-kernel-sections.csv", "small-kernel-sections.csv"),
    ("references: 20_000", "references: 3_000"), ("replicates: 3", "replicates: 1"),
  ]

  /// A machine of the system's architecture that has its page size.
  private static func machine(_ profile: SystemProfile) -> String {
    switch profile.arch {
    case "ppc64": "ibm-power7"
    case "i386": "intel-pentium4"
    case "pa-risc": "hp-pa8600"
    case "ia64": "intel-itanium2"
    case "sparc64": "sun-ultrasparc3"
    case "arm64": profile.family == .linux ? "arm-cortex-a76" : "apple-m1-firestorm"
    case "ppc": "ppc-604"
    default: "intel-skylake"
    }
  }

  private static func scenario(_ system: String, _ more: [(String, String)] = []) throws
    -> Scenario
  {
    let profile = try ProfileCatalog.profile(system)
    return try SmallScenario.read(
      image + [("linux-6.1\n", system + "\n"), ("intel-skylake", machine(profile))] + more)
  }

  @Test(
    "every set of causes has a layout, and one by one they add up to the whole",
    arguments: ProfileCatalog.names.filter { $0 != "minix-3" })
  func ladder(system: String) async throws {
    let scenario = try Self.scenario(system)
    var options = ExperimentOptions()
    options.ladder = .allSubsets
    let comparison = Comparison(try await Experiment.run(scenario, jobs: 1, options: options))
    #expect(!comparison.ladder.isEmpty && !comparison.averagedLadder.isEmpty)
    for difference in comparison.differences {
      let steps = comparison.ladder.filter { $0.metric.name == difference.metric.name }
      let sum = steps.reduce(0) { $0 + $1.pair.difference }
      let scale = steps.reduce(1) { max($0, abs($1.pair.difference)) }
      #expect(
        abs(sum - difference.pair.difference) < 1e-9 * scale, "\(difference.metric.name)")
    }
  }

  @Test(
    "the kernel Debian ships stands under every system's rules as well",
    arguments: ProfileCatalog.names.filter { $0 != "minix-3" })
  func largeImage(system: String) async throws {
    let profile = try ProfileCatalog.profile(system)
    let scenario = try SmallScenario.read([
      ("linux-6.1\n", system + "\n"), ("intel-skylake", Self.machine(profile)),
      ("references: 20_000", "references: 1_000"), ("replicates: 3", "replicates: 1"),
    ])
    do {
      _ = try await Experiment.run(scenario, jobs: 1)
      #expect(system != "netware-3")
    } catch let error as InputError {
      // 32 MiB of RAM.
      #expect(system == "netware-3", "\(error)")
    }
  }

  @Test(
    "no way a system has to bring modules itself lays them over its image or windows",
    arguments: ProfileCatalog.names.filter { $0 != "minix-3" })
  func native(system: String) throws {
    for arm in ["boot", "largePages"] {
      let more = [("[monolithic, modular]", "[monolithic, \(arm)]")]
      guard let scenario = try? Self.scenario(system, more) else { continue }
      let world = World(scenario, replicate: 0, sections: SectionTable())
      let layout = try world.layout(scenario.arms[1], placingRegions: true).layout
      #expect(layout.space.conflict == nil && !layout.space.mappings.isEmpty)
    }
  }

  @Test("a system that loads nothing is told so, and so is one without a way of its own")
  func refused() throws {
    let message = { (system: String, arm: String) -> String in
      do {
        _ = try Self.scenario(system, [("[monolithic, modular]", "[monolithic, \(arm)]")])
        return ""
      } catch { return "\(error)" }
    }
    #expect(message("minix-3", "modular").contains("its drivers are processes"))
    #expect(message("vxworks-5-ppc", "boot").contains("no way of its own"))
    #expect(message("linux-6.1", "largePages").contains("no way of its own"))
    #expect(message("freebsd-13-amd64", "boot").isEmpty)
    #expect(message("nt-7-x64", "boot").isEmpty && message("nt-7-x64", "largePages").isEmpty)
  }
}

/// PA-RISC 1.x holds the kernel by block-TLB entries, 2.0 maps it by a few very large pages; text
/// and data each take their size over the greatest power of four that fits (literature note on
/// HP-UX; assumed there).
@Suite struct HPUXImageTests {
  private static func layout(_ machine: String) throws -> ArmLayout {
    let scenario = try SmallScenario.read([
      ("linux-6.1\n", "hpux-11-parisc\n"), ("intel-skylake", machine),
    ])
    var own = scenario
    own.image = try ProfileCatalog.profile("hpux-11-parisc").baseImage
    let world = World(own, replicate: 0, sections: SectionTable())
    return try world.layout(own.arms[1], placingRegions: false)
  }

  @Test func blockTLBHoldsTheImageSoItCompetesForNoEntry() throws {
    let layout = try Self.layout("hp-pa7200")
    let image = layout.layout.space.mappings.filter { $0.range.lower < 0x4000_0000 }
    #expect(!image.isEmpty && image.allSatisfy(\.isLocked))
    // What is left to compete are the modules, by base pages alone.
    #expect((layout.facts.textEntries + layout.facts.dataEntries).allSatisfy { $0.size == .base4K })
    #expect(layout.layout.space.mappings.contains { !$0.isLocked })
  }

  @Test func withoutBlockTLBTextAndDataTakeAFewVeryLargePages() throws {
    let layout = try Self.layout("hp-pa8600")
    #expect(layout.layout.space.mappings.allSatisfy { !$0.isLocked })
    let large = PageSize(shift: 22)
    // 8 MiB of text by two pages of 4 MiB; 4 MiB of data and 4 MiB of bss by one each.
    #expect(layout.facts.textEntries.first { $0.size == large }?.count == 2)
    #expect(layout.facts.dataEntries.first { $0.size == large }?.count == 2)
  }

  @Test func aSmallTextTakesSmallerPages() throws {
    let profile = try ProfileCatalog.profile("hpux-11-parisc")
    var image = profile.baseImage
    image.regions[0].size = 3 << 20
    let linked = LinkedImage(image)
    var space = AddressSpace()
    linked.map(into: &space, profile: profile, physicalStart: image.physicalStart)
    let text = try #require(linked.range(of: .text))
    #expect(space.entries(in: text).map(\.size) == [PageSize(shift: 20)])
    #expect(space.entries(in: text).map(\.count) == [3])
  }

  /// 16 registers of at most 64 MiB: what does not fit is ordinary memory again.
  @Test func blocksCoverOnlyWhatTheRegistersReach() throws {
    let machine = try MachineCatalog.machine("hp-pa7200")
    var space = AddressSpace()
    let page = PageSize(shift: 20)
    // Forty separate pages of 1 MiB, no two of which one aligned block could hold.
    for index in 0..<40 {
      let at = UInt64(index) << 24
      space.map(
        Mapping(
          AddressRange(start: at, size: page.bytes), pageSize: page,
          backing: .contiguous(at + UInt64(index) << 32), isLocked: true))
    }
    let held = space.held(by: machine)
    #expect(held.mappings.count { $0.isLocked } == 16)
    #expect(held.mappings.count == 40)
  }
}
