import TestSupport
import Testing

@testable import Sim

@Suite("Inputs at the edge of the address space or made to be slow are answered, not run into")
struct HardInputTests {
  private static let top = AddressRange.highest

  @Test(
    "an image linked and mapped at the top of the address space ends there",
    arguments: [12, 14, 16])
  func imageAtTheTop(shift: UInt8) {
    let base = PageSize(shift: shift)
    let image = BaseImage(
      name: "top", start: Self.top - (1 << 21), physicalStart: 0,
      regions: [
        BaseImage.Region(kind: .text, size: (1 << 21) - 1, alignment: 1 << 16),
        BaseImage.Region(kind: .data, size: 1 << 20, alignment: 1 << 21),
      ])
    let linked = LinkedImage(
      image, linking: [(.text, 1 << 20), (.data, 1 << 20)], alignment: base.bytes)
    #expect(linked.range.upper == Self.top)
    #expect(linked.sectionStarts == [Self.top, Self.top])
    var space = AddressSpace()
    linked.map(into: &space, base: base, large: .large2M, physicalStart: 0)
    #expect(space.mappings.allSatisfy { $0.range.upper <= Self.top && !$0.range.isEmpty })
  }

  @Test("a section table within a large page of the top is refused")
  func sectionsAtTheTop() {
    let places: [(String, UInt64)] = [
      (".text", 0xffff_ffff_ffe0_0000), (".rodata", 0xffff_ffff_ffe4_0000),
      (".data", 0xffff_ffff_ffe8_0000), (".init.text", 0xffff_ffff_ffec_0000),
      (".bss", 0xffff_ffff_fff0_0000),
    ]
    let text = places.map { "\($0.0),\(String($0.1, radix: 16)),1000,A" }.joined(separator: "\n")
    let found = diagnostics {
      _ = try BaseImageReader.read("## k\n" + text + "\n", file: "k.csv", kernel: "k")
    }
    #expect(found.count == 1 && found[0].contains("does not fit the address space"), "\(found)")
  }

  @Test("an arena whose drawn start lies beyond the address space has no room")
  func startBeyondTheTop() throws {
    var profile = try ProfileCatalog.profile("linux-6.1")
    var arena = profile.arenas[0]
    arena.anchor = .behindImage
    arena.window = AddressRange(0xffff_ffff_c000_0000, Self.top)
    profile.arenas = [arena]
    let image = LinkedImage(profile.baseImage)
    for pages: UInt64 in [1_000_000, .max] {
      let parameters = arena.parameters(profile, image: image, startPages: pages)
      #expect(parameters.windows == [AddressRange(Self.top, Self.top)])
    }
    let fits = arena.parameters(profile, image: image, startPages: 3)
    #expect(fits.windows.map(\.lower) == [0xffff_ffff_c000_3000])
  }

  private static func description(_ sections: [Section]) -> StreamDescription {
    let sites = sections.indices.map { Site(SectionID($0), offset: 0) }
    let addresses = sections.map(\.recordedAddress)
    return StreamDescription(
      table: SiteTable(sections: SectionTable(sections), sites: sites),
      recorded: Binding(
        addresses: addresses,
        translations: addresses.map {
          Translation(virtualBase: $0 & ~0xfff, physicalBase: $0 & 0xffff_f000, size: .base4K)
        }))
  }

  private static let text = Section(
    object: "base", kind: .text, size: 0x4000, recordedAddress: 0xffff_ffff_8100_0000)

  @Test(
    "recorded sections beyond the top or larger than any kernel's are refused",
    arguments: ["monolithic", "modular"])
  func recordedSections(layout: String) {
    let cases: [(String, SectionKind, UInt64, UInt64)] = [
      ("base", .data, .max, 0xffff_ffff_8100_4000), ("base", .data, 0x2000, .max - 0x1000),
      ("ext4", .text, 1 << 62, 0xffff_ffff_c000_0000),
    ]
    for (object, kind, size, address) in cases {
      let section = Section(object: object, kind: kind, size: size, recordedAddress: address)
      let found = diagnostics {
        _ = try StreamLayout(layout).binding(Self.description([Self.text, section]))
      }
      #expect(
        found.count == 1 && found[0].contains("\(object) \(kind.rawValue) claims"), "\(found)")
    }
  }

  @Test(
    "a recorded section within the one before it is bound where it was",
    arguments: ["monolithic", "modular"])
  func sectionWithinAnother(layout: String) throws {
    let inside = Self.text.recordedAddress + 0x1000
    let data = Section(object: "base", kind: .data, size: 0x1000, recordedAddress: inside)
    let binding = try StreamLayout(layout).binding(Self.description([Self.text, data]))
    #expect(binding.addressOfSite == [Self.text.recordedAddress, inside])
  }

  @Test("counts of users a line cannot mean are refused, and add up to nothing")
  func users() throws {
    let lab = try SystemLab("freebsd-13-amd64", [module("a", text: 4096)])
    try lab.run("0 kldload a")
    for line in [
      "use a count=9223372036854775807", "use a count=9223372036854775807",
      "leave a count=-9223372036854775808", "leave a count=x",
    ] {
      #expect(try lab.verdict(line).outcome == .refused)
    }
    #expect(try lab.verdict("kldunload a").outcome == .unloaded)
  }

  @Test("ten thousand symbols of one long name are sized in the time of one")
  func sharedNames() throws {
    var file = KernelObjectTests.sample()
    let name = String(repeating: "n", count: 1_000_000)
    file.symbols = Array(repeating: (name, 1), count: 10_000)
    let bytes = file.bytes()
    let clock = ContinuousClock()
    let start = clock.now
    let object = try KernelObject(bytes, file: "x.ko")
    #expect(clock.now - start < .seconds(20))
    // 24 bytes, a byte and the name with its NUL each; the null symbol's name is empty.
    #expect(object.sections.symbols == 10_000 * (25 + 1_000_001) + 25 + 1)
  }

  @Test("names that end in one another are sized as when each is read by itself")
  func sharedTails() {
    var random = Xoshiro(seed: 17)
    for _ in 0..<50 {
      let texts = (0..<200).map { _ in UInt8(random.below(4)) } + [0]
      let offsets = (0..<100).map { _ in Int(random.below(201)) }
      let expected = offsets.reduce(0) { $0 + texts[$1...].prefix { $0 != 0 }.count + 1 }
      #expect(ElfSections.nameBytes(offsets, in: ([7, 7] + texts)[2...]) == UInt64(expected))
    }
  }

  @Test("a tag of half a million NUL bytes is read in linear time")
  func longTag() throws {
    let parts = 500_000
    let info = "license=GPL\0" + String(repeating: "a\0", count: parts)
    let bytes = KernelObjectTests.sample(info: info).bytes()
    let clock = ContinuousClock()
    let start = clock.now
    let object = try KernelObject(bytes, file: "x.ko")
    #expect(clock.now - start < .seconds(20))
    #expect(object.tag("license")?.utf8.count == 3 + 3 * parts)
  }

  @Test("conditions compare whole numbers exactly, and anything else as words")
  func conditions() throws {
    var problem = ""
    func holds(_ text: String, _ value: String) throws -> Bool {
      try #require(Condition(text, problem: &problem)).holds { _ in value }
    }
    #expect(try !holds("a == 5", "nan"))
    #expect(try !holds("a == 16", "0x10") && !holds("a == 16", "0x1p4"))
    #expect(try !holds("a == 9007199254740993", "9007199254740992"))
    #expect(try holds("a < 9007199254740993", "9007199254740992"))
    #expect(try holds("a == 5", "005") && holds("a > -2", "10"))
  }
}
