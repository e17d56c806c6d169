import Sim
import TestSupport
import Testing

/// Sizes real listings show, predicted from section sizes alone.
@Suite struct ListedSizeTests {
  /// What stays of a module after init, as the system lists it.
  static func size(_ module: KernelModule, _ profile: SystemProfile) -> UInt64 {
    profile.pieces.filter { $0.lifetime == .module }.reduce(0) { sum, piece in
      let size = SimulatedKernel.offsets(piece, module.sections, page: profile.basePage).size
      return sum + profile.basePage.ceil(size)
    }
  }

  static func catalog(_ name: String) throws -> ModuleCatalog {
    let path = dataPath("../../Scenarios/data/\(name)")
    return try CatalogReader.read(InputFile.text(path), file: path)
  }

  @Test func `every size in a recorded /proc/modules of 6.1 is the catalog's`() throws {
    let profile = try ProfileCatalog.profile("linux-6.1")
    let catalog = try Self.catalog("debian-6.1.192-amd64-modules.csv")
    let name = "linux/modules-6.1-everything.xz"
    let set = try LoadedSet(text: dataText(name), file: name)
    #expect(set.modules.count > 1200)
    for loaded in set.modules {
      let module = try #require(catalog[loaded.name])
      #expect(Self.size(module, profile) == loaded.size, "\(loaded.name)")
    }
  }

  @Test func `95 of 105 sizes of a Debian 12 host are exact, the rest off by 1 to 3 pages`() throws
  {
    let profile = try ProfileCatalog.profile("linux-6.1")
    let newer = try ProfileCatalog.profile("linux-6.12")
    let catalog = try Self.catalog("debian-6.1.192-amd64-modules.csv")
    let path = dataPath("../../Scenarios/data/lsmod-debian12-6.1-host.txt")
    let set = try LoadedSet(text: InputFile.text(path), file: path)
    let modules = set.modules.compactMap { loaded in catalog[loaded.name].map { (loaded, $0) } }
    #expect(modules.count == 105)
    let off = modules.map { loaded, module in
      abs(Int(Self.size(module, profile)) - Int(loaded.size)) / 4096
    }
    #expect(off.count { $0 == 0 } == 95)
    #expect(off.max() ?? 9 <= 3)
    // The rule of the other generation fits far fewer: the era matters.
    let wrong = modules.count { loaded, module in Self.size(module, newer) == loaded.size }
    #expect(wrong < 50)
  }

  @Test func `the boot-random start covers the module bases of three recorded boots`() throws {
    let arena = try #require(ProfileCatalog.profile("linux-6.1").arena("modules"))
    for offset in [0xf6000, 0x1ee000, 0x37c000] as [UInt64] {
      #expect(offset % 4096 == 0)
      #expect((1...arena.randomStartPages).contains(offset / 4096))
    }
  }

  @Test func `isolation takes the global bit from modules, and from the image too with PCID`()
    throws
  {
    let text = AddressRange(start: 0xffff_ffff_8100_0000, size: 2 << 20)
    let module = AddressRange(start: 0xffff_ffff_c000_0000, size: 4096)
    for (system, expected) in [
      ("linux-6.1", [true, true]), ("linux-6.1-pti", [false, false]),
      ("linux-6.1-pti-nopcid", [true, false]),
    ] {
      var space = AddressSpace()
      space.map(Mapping(text, pageSize: .large2M, backing: .contiguous(0)))
      space.map(Mapping(module, pageSize: .base4K, backing: .contiguous(0x40_0000)))
      let profile = try ProfileCatalog.profile(system)
      LinuxGlobals(profile).apply(to: &space, text: text)
      let globals = [text, module].map { space.mapping(at: $0.lower)?.isGlobal }
      #expect(globals == expected, "\(system)")
    }
  }

  @Test func `a function tracer's log and modules.dep replay as they are`() throws {
    let path = dataPath("linux/ftrace-6.1-head.txt")
    let line = try #require(
      dataText("linux/ftrace-6.1-head.txt").split(separator: "\n").first { !$0.hasPrefix("#") })
    #expect(FtraceReader.recognises(line))
    #expect(!FtraceReader.recognises("0.5 load ext4"))
    #expect(ModulesDepReader.recognises("kernel/fs/ext4/ext4.ko.xz: kernel/lib/crc16.ko"))
    #expect(!ModulesDepReader.recognises("Module Size Used by"))
    let events = try FtraceReader.lifecycle(
      FtraceReader.read(InputFile.text(path), file: path))
    #expect(zip(events, events.dropFirst()).allSatisfy { $0.time <= $1.time })
  }
}
