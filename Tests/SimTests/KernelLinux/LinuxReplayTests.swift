import Sim
import TestSupport
import Testing

/// Whole load/unload traces on whole systems.
@Suite struct LinuxReplayTests {
  static func module(
    _ name: String, text: UInt64 = 5000, needs: [String] = [], soft: String = ""
  ) -> KernelModule {
    var module = KernelModule(name: name)
    module.path = "drivers/\(name).ko"
    module.license = "GPL"
    module.isSigned = true
    module.vermagic = "6.1 SMP preempt mod_unload modversions"
    module.sections.text = text
    module.sections.rodata = 3000
    module.sections.roAfterInit = 40
    module.sections.data = 2000
    module.sections.symbols = 1500
    module.sections.initText = 100
    module.sections.initData = 4000
    module.dependencies = needs
    module.softDependencies = soft
    return module
  }

  static let catalog = ModuleCatalog(
    source: "test",
    modules: [
      module("base"), module("mid", needs: ["base"]), module("top", needs: ["mid", "base"]),
      module("pre"), module("post"), module("soft", soft: "pre: pre missing;post: post"),
      module("big", text: 900_000),
    ])

  static func replay(
    _ system: String, _ trace: String, frames: UInt64 = 1 << 16
  ) throws -> (records: [LifecycleRecord], kernel: SimulatedKernel) {
    let profile = try ProfileCatalog.profile(system)
    let image = BaseImage(
      name: "test", start: profile.image.start, physicalStart: 0x100_0000,
      regions: [
        BaseImage.Region(kind: .text, size: 4 << 20, alignment: 1 << 21),
        BaseImage.Region(kind: .rodata, size: 2 << 20, alignment: 1 << 21),
        BaseImage.Region(kind: .data, size: 1 << 20, alignment: 1 << 21),
      ])
    let kernel = SimulatedKernel(
      profile: profile, image: LinkedImage(image), physicalStart: 0x100_0000,
      memory: PageAllocator(frames: frames), seed: nil)
    let rules = systemRules(profile)
    let events = try LifecycleTrace(
      text: trace, file: "trace", forms: rules.forms, extensions: rules.extensions)
    var replay = LifecycleReplay(kernel: kernel, rules: rules, catalog: catalog)
    for event in events.events { replay.apply(event) }
    return (replay.records, replay.kernel)
  }

  @Test func `modules that need each other are refused by a sentence that names the circle`() throws
  {
    let circle = ModuleCatalog(
      source: "test",
      modules: [Self.module("a", needs: ["b"]), Self.module("b", needs: ["a"])])
    let profile = try ProfileCatalog.profile("linux-6.1")
    let image = profile.baseImage
    let kernel = SimulatedKernel(
      profile: profile, image: LinkedImage(image), physicalStart: image.physicalStart,
      memory: PageAllocator(frames: 1 << 16), seed: nil)
    var replay = LifecycleReplay(kernel: kernel, rules: systemRules(profile), catalog: circle)
    replay.apply(LifecycleEvent(line: 1, time: 0, verb: .load, word: "load", module: "a"))
    #expect(replay.records.map(\.verdict.outcome) == [.refused])
    #expect(replay.records[0].verdict.message == "dependency cycle: a → b → a")
    #expect(replay.kernel.loaded.isEmpty)
  }

  @Test func `modprobe loads dependencies and soft dependencies, insmod neither`() throws {
    let (records, _) = try Self.replay("linux-6.12", "0 modprobe top\n1 modprobe soft")
    #expect(records.map(\.module) == ["base", "mid", "top", "pre", "soft", "post"])
    #expect(records.allSatisfy { $0.verdict.outcome == .loaded })
    let (alone, kernel) = try Self.replay("linux-6.12", "0 insmod mid.ko")
    #expect(alone.map(\.verdict.code) == ["ENOENT"])
    #expect(alone[0].verdict.effects == ["memory spent and freed"])
    #expect(kernel.loaded.isEmpty)
  }

  @Test(arguments: ["linux-5.10", "linux-6.1"])
  func `up to 6.1 a duplicate is placed before it is refused, and the first one stays`(
    _ system: String
  ) throws {
    let (records, kernel) = try Self.replay(system, "0 insmod base\n1 insmod base\n2 rmmod base")
    #expect(records.map(\.verdict.code) == [nil, "EEXIST", nil])
    #expect(records[1].verdict.effects == ["memory spent and freed"])
    #expect(records[1].flushes > 0)
    #expect(records[2].verdict.outcome == .unloaded)
    #expect(kernel.loaded.isEmpty)
  }

  @Test func `a refusal names the taints it leaves, set before or after memory was spent`() throws {
    let trace = """
      0 insmod base
      1 insmod base license=CDDL intree=no
      2 insmod pre license=CDDL gplonly=yes
      3 insmod post intree=no vermagic=other
      """
    let effects: (String) throws -> [[String]] = { system in
      try Self.replay(system, trace).records.map { $0.verdict.effects.filter { $0.count < 30 } }
    }
    // Up to 6.1 the duplicate has tainted P and O; nothing is left for the second to add.
    #expect(
      try effects("linux-6.1") == [
        [], ["taint: PO", "memory spent and freed"], ["memory spent and freed"], [],
      ])
    // Later it is refused for free, and the second taints; the name, the file are looked at first.
    #expect(
      try effects("linux-6.12") == [[], [], ["taint: P", "memory spent and freed"], []])
  }

  @Test func `a line's percpu and checksums count, and a file without vermagic is forced`() throws {
    let trace = """
      0 insmod base
      1 insmod pre percpu=9000
      2 insmod post crc=wrong
      3 insmod soft vermagic=none
      """
    let (records, _) = try Self.replay("linux-6.12", trace)
    #expect(records.map(\.verdict.code) == [nil, "ENOMEM", "EINVAL", nil])
    #expect(records[3].verdict.effects.first == "taint: F")
    let stated = try LifecycleTrace(
      text: "0 insmod mine text=9000 percpu=600", file: "t", forms: [VerbForm("insmod", .insert)],
      extensions: [])
    #expect(TraceRun.stated(stated).map(\.sections.perCPU) == [600])
  }

  @Test func `modules_disabled from the initramfs ends loading and unloading`() throws {
    let trace = """
      0 boot initrd=base
      1 set modules_disabled=1
      2 modprobe mid
      3 rmmod base
      4 set modules_disabled=0
      """
    let (records, kernel) = try Self.replay("linux-7.3", trace)
    #expect(records.dropFirst(3).map(\.verdict.code) == ["EPERM", "EPERM", "EINVAL"])
    #expect(kernel.loaded.map(\.module.name) == ["base"])
  }

  @Test func `a licence with a NUL byte is GPL to every era, and 7.3 says it no longer compiles`()
    throws
  {
    for system in ["linux-2.6", "linux-5.10", "linux-6.12", "linux-7.3"] {
      let (records, _) = try Self.replay(system, "0 insmod base license=GPL\\0for\\sfiles")
      #expect(records[0].verdict.outcome == .loaded)
      let effects = records[0].verdict.effects.joined()
      #expect(!effects.contains("taint"))
      #expect(effects.contains("NUL byte"))
      #expect(effects.contains("no longer compiles") == (system == "linux-7.3"))
    }
  }

  @Test func `a module takes two areas up to 6.3 and seven types later, rounded as listed`() throws
  {
    let (old, oldKernel) = try Self.replay("linux-6.1", "0 insmod base\n1 list")
    #expect(old[0].pieces.count == 1)
    // text 2 pages, rodata, ro_after_init, data and symbols one each.
    #expect(oldKernel.loaded[0].listedSize == 6 * 4096)
    let (new, newKernel) = try Self.replay("linux-6.12", "0 insmod base\n1 list")
    #expect(new[0].pieces.count == 4)
    // Data and symbols share one area: 3,500 bytes, one page.
    #expect(newKernel.loaded[0].listedSize == 5 * 4096)
    let (_, ancient) = try Self.replay("linux-2.6", "0 insmod base\n1 list")
    #expect(ancient.loaded[0].listedSize % 4096 != 0)
  }

  @Test func `text shares 2 MiB blocks from 6.15 on, and frees them when all has left`() throws {
    let (records, kernel) = try Self.replay(
      "linux-6.15", "0 insmod base\n1 insmod pre\n2 insmod big\n3 list")
    let texts = records.prefix(3).compactMap { record in
      record.pieces.first { $0.pageSize == .large2M }?.range
    }
    #expect(texts.count == 3)
    #expect(Set(texts.map { $0.lower >> 21 }).count == 1)
    #expect(kernel.space.mappings.filter { $0.pageSize == .large2M }.count > 1)
    let before = kernel.memory.freeFrames
    let (_, emptied) = try Self.replay(
      "linux-6.15",
      "0 insmod base\n1 insmod pre\n2 insmod big\n3 list\n4 rmmod base\n5 rmmod pre\n6 rmmod big")
    #expect(emptied.memory.freeFrames > before + 512)
    #expect(emptied.memory.freeFrames == 1 << 16)
  }

  @Test func `what is left of a 2 MiB text block serves a module that needs all of it`() throws {
    var kernel = try LoadingTests.kernel("linux-6.15")
    let start = { (image: LoadedImage) in image.address(of: .text) ?? 0 }
    let first = start(try kernel.load(LoadingTests.module("first", [.text: 1 << 20])))
    let blocks = kernel.space.mappings
    let second = start(try kernel.load(LoadingTests.module("second", [.text: 1 << 20])))
    #expect(second == first + 1 << 20)
    #expect(kernel.space.mappings == blocks)
  }

  @Test func `without a free order-9 block the text block is 512 base pages`() throws {
    let profile = try ProfileCatalog.profile("linux-6.15")
    var memory = PageAllocator(frames: 1 << 14)
    var held: [FrameNumber] = []
    while let frame = memory.allocate(order: 0) { held.append(frame) }
    // Every other page is free: plenty of memory, no block larger than one page.
    for frame in held where frame.value % 2 == 0 { memory.free(frame, order: 0) }
    let image = BaseImage(
      name: "test", start: profile.image.start, physicalStart: 0x100_0000,
      regions: [BaseImage.Region(kind: .text, size: 2 << 20, alignment: 1 << 21)])
    var kernel = SimulatedKernel(
      profile: profile, image: LinkedImage(image), physicalStart: 0x100_0000, memory: memory,
      seed: nil)
    let loaded = try kernel.load(Self.module("base"))
    let text = try #require(loaded.pieces.first { $0.sections.contains { $0.kind == .text } })
    #expect(text.pageSize == .base4K)
    let mapping = try #require(kernel.space.mapping(at: text.range.lower))
    #expect(mapping.pageSize == .base4K)
    #expect(mapping.pageCount == 512)
  }

  @Test func `loading gives back what it took when memory runs out`() throws {
    let (records, kernel) = try Self.replay("linux-6.1", "0 insmod big", frames: 128)
    #expect(records.map(\.verdict.code) == ["ENOMEM"])
    #expect(kernel.memory.freeFrames == 128)
    #expect(kernel.loaded.isEmpty)
  }
}
