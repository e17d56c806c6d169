import Sim
import TestSupport
import Testing

/// modprobe's configuration by modprobe.d(5) of kmod 30.
@Suite struct ModprobeTests {
  static let modules = [
    module("libcrc32c", text: 4096), module("crc32c_intel", text: 4096),
    module("ext4", text: 40960, needs: ["jbd2"]), module("jbd2", text: 8192),
    module("e1000e", text: 40960), module("snd", text: 8192), module("pcspkr", text: 4096),
    module("snd_pcsp", text: 4096, needs: ["snd"]),
  ]

  static func replay(_ configuration: String, _ trace: String) throws -> LifecycleReplay {
    let profile = try ProfileCatalog.profile("linux-6.1")
    var rules = LinuxRules(profile)
    try rules.configuration.read(configuration, file: "test.conf")
    let image = profile.baseImage
    var replay = LifecycleReplay(
      kernel: SimulatedKernel(
        profile: profile, image: LinkedImage(image), physicalStart: image.physicalStart,
        memory: PageAllocator(frames: 65536), seed: nil),
      rules: rules, catalog: ModuleCatalog(source: "test", modules: modules))
    let events = try LifecycleTrace(
      text: trace, file: "t", forms: rules.forms, extensions: rules.extensions)
    for event in events.events { replay.apply(event) }
    return replay
  }

  static func loaded(_ configuration: String, _ trace: String) throws -> [String] {
    try replay(configuration, trace).kernel.loaded.map(\.module.name)
  }

  @Test func `an alias stands for every module it matches, wildcards, dashes and sets`() throws {
    let alias = "alias pci:v00008086d*sv* e1000e\nalias sound-slot-[0-3] snd\nalias net-?f ext4\n"
    #expect(try Self.loaded(alias, "0 modprobe pci:v00008086d000010D3sv01") == ["e1000e"])
    #expect(try Self.loaded(alias, "0 modprobe sound_slot_2") == ["snd"])
    #expect(try Self.loaded(alias, "0 modprobe sound-slot-7").isEmpty)
    #expect(try Self.loaded(alias, "0 modprobe net-pf") == ["jbd2", "ext4"])
    let both = "alias speaker pcspkr\nalias speaker snd_pcsp\n"
    #expect(try Self.loaded(both, "0 modprobe speaker") == ["pcspkr", "snd", "snd_pcsp"])
  }

  @Test func `a blacklist takes a module's aliases away, its name and its users only with -b`()
    throws
  {
    let lines = "alias speaker pcspkr\nblacklist pcspkr\nblacklist snd\n"
    #expect(try Self.loaded(lines, "0 modprobe speaker").isEmpty)
    #expect(try Self.loaded(lines, "0 modprobe pcspkr") == ["pcspkr"])
    #expect(try Self.loaded(lines, "0 modprobe -b pcspkr").isEmpty)
    #expect(try Self.loaded(lines, "0 modprobe snd_pcsp") == ["snd", "snd_pcsp"])
  }

  @Test func `an install line stands in for the module unless it is ignored or a softdep wins`()
    throws
  {
    let off = "install snd /bin/true\ninstall pcspkr /bin/false\n"
    let both = try Self.replay(off, "0 modprobe snd\n1 modprobe pcspkr\n2 modprobe -i snd")
    #expect(both.kernel.loaded.map(\.module.name) == ["snd"])
    #expect(both.records.map(\.verdict.outcome) == [.done, .refused, .loaded])
    let more = "install ext4 /sbin/modprobe snd && /sbin/modprobe --ignore-install ext4\n"
    #expect(try Self.loaded(more, "0 modprobe ext4") == ["snd", "jbd2", "ext4"])
    let soft = "install ext4 /bin/false\nsoftdep ext4 pre: libcrc32c\n"
    #expect(try Self.loaded(soft, "0 modprobe ext4") == ["libcrc32c", "jbd2", "ext4"])
    // insmod knows no configuration.
    #expect(try Self.loaded(off, "0 insmod pcspkr") == ["pcspkr"])
  }

  @Test func `soft dependencies go before and after, aliases resolved, failures let be`() throws {
    let lines = "alias crypto-crc32c crc32c_intel\nsoftdep ext4 pre: crypto-crc32c nosuch post: snd"
    #expect(
      try Self.loaded(lines, "0 modprobe ext4") == ["crc32c_intel", "jbd2", "ext4", "snd"])
    let set = "0 set softdep.ext4=pre:snd;post:pcspkr\n1 modprobe ext4"
    #expect(try Self.loaded("", set) == ["snd", "jbd2", "ext4", "pcspkr"])
  }

  @Test func `modprobe -r takes unused dependencies along and leaves used ones`() throws {
    let trace = "0 modprobe ext4\n1 modprobe snd_pcsp\n2 use snd\n"
    #expect(try Self.loaded("", trace + "3 modprobe -r ext4") == ["snd", "snd_pcsp"])
    let busy = try Self.replay("", "0 modprobe ext4\n1 modprobe -r jbd2")
    #expect(busy.records.last?.verdict.code == "EWOULDBLOCK")
    #expect(busy.kernel.loaded.count == 2)
  }

  /// kmod tools/modprobe.c, `rmmod_do_modlist`: only dependencies without references are tried.
  @Test func `modprobe -r does not try a dependency that something else holds open`() throws {
    let trace = "0 modprobe snd_pcsp\n1 use snd count=2\n2 leave snd\n3 modprobe -r snd_pcsp\n"
    let held = try Self.replay("", trace)
    #expect(held.kernel.loaded.map(\.module.name) == ["snd"])
    #expect(held.records.allSatisfy { $0.verdict.outcome != .refused })
    #expect(held.rules.listing(held.kernel).hasSuffix(" 1\n"))
    #expect(try Self.loaded("", trace + "4 leave snd\n5 rmmod snd").isEmpty)
    let many = try Self.replay("", "0 modprobe snd\n1 use snd count=9223372036854775807\n")
    #expect(many.records.last?.verdict.message == "count is a number from 1 to 1000000")
  }

  @Test func `a bad line is named with its place, all at once`() {
    var configuration = ModprobeConfiguration()
    do {
      try configuration.read(
        "alias a\n  blaklist x\n# fine\nsoftdep x\\\n pre: y\n", file: "m.conf")
      Issue.record("bad lines were taken")
    } catch {
      #expect(error.diagnostics.map(\.line) == [1, 2])
      #expect(error.diagnostics[1].column == 3)
      #expect(error.diagnostics[1].message.contains("did you mean 'blacklist'"))
    }
    #expect(configuration.softDependencies.map(\.command) == ["pre: y"])
  }
}
