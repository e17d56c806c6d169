import Sim
import TestSupport
import Testing

private let kib: UInt64 = 1 << 10

/// xnu osfmk/kern/kext_alloc.c, libkern/c++/OSKext.cpp, kext_tools security.c and its history.
@Suite struct MacOSConformanceTests {
  let kexts = [
    module("Foo", text: 20 * kib, data: 8 * kib, symbols: 12 * kib), module("Lib", text: 8 * kib),
    module("User", text: 8 * kib, needs: ["Lib"]),
  ]

  @Test(
    arguments: [
      ("macos-10.8", "", LifecycleOutcome.loaded), ("macos-10.9", "", .loaded),
      ("macos-10.10", "", .refused), ("macos-10.10", "set kext-dev-mode=1", .loaded),
      ("macos-10.11", "", .refused), ("macos-10.11", "set kext-dev-mode=1", .refused),
      ("macos-10.11", "set sip=off", .loaded),
    ])
  func theSameUnsignedKextMeetsEachReleasesRule(
    system: String, setting: String, outcome: LifecycleOutcome
  ) throws {
    let lab = try SystemLab(system, kexts)
    if !setting.isEmpty { try lab.run(setting) }
    let verdict = try lab.verdict("kextload /System/Library/Extensions/Foo.kext signed=no")
    #expect(verdict.outcome == outcome)
    // 10.9 warns for this folder and refuses for the other.
    if system == "macos-10.9" {
      #expect(verdict.message?.contains("Invalid signature") == true)
      let other = try SystemLab(system, kexts)
      #expect(
        try other.verdict("kextload /Library/Extensions/Foo.kext signed=no").outcome == .refused)
    }
  }

  @Test func wrongOwnerOrModeIsRefusedAndAFlaggedBundleLoadsForAUser() throws {
    let lab = try SystemLab("macos-10.8", kexts)
    #expect(try lab.verdict("kextload Foo.kext owner=501:20").code == "0xd")
    #expect(try lab.verdict("kextload Foo.kext mode=0775").code == "0xd")
    #expect(try lab.verdict("kextload Foo.kext mode=0757").code == "0xd")
    #expect(try lab.verdict("kextload Foo.kext user=501").code == "0x4")
    #expect(
      try lab.verdict("kextload /tmp/Foo.kext user=501 userLoad=yes").code == "0x4")
    #expect(try lab.verdict("kextload Foo.kext user=501 userLoad=yes").outcome == .loaded)
  }

  @Test func idleKextsLeaveAfterAMinuteOfQuietAWholeChainInOneSweep() throws {
    let lab = try SystemLab("macos-10.10", kexts)
    try lab.run("0 kextload User autounload=yes")
    #expect(lab.loadedNames == ["Lib", "User"])
    try lab.run("59 list")
    #expect(lab.loadedNames == ["Lib", "User"])
    let records = try lab.run("60 list")
    #expect(lab.loadedNames.isEmpty)
    #expect(records.filter { $0.verdict.outcome == .unloaded }.map(\.module) == ["User", "Lib"])
  }

  @Test func aKextInUseStays() throws {
    let lab = try SystemLab("macos-10.10", kexts)
    try lab.run("0 kextload User autounload=yes", "1 use User", "500 list")
    #expect(lab.loadedNames == ["Lib", "User"])
    #expect(try lab.verdict("501 kextunload Lib").code == "0x18")
  }

  @Test func appleSiliconLoadsNothingThatIsInNoCollection() throws {
    let lab = try SystemLab("macos-14-arm64", kexts)
    #expect(try lab.verdict("kextload Foo").code == "0xa")
    #expect(lab.loadedNames.isEmpty)
    #expect(try lab.verdict("kmutil load Foo collection=aux").outcome == .heldForNextBoot)
    #expect(lab.loadedNames.isEmpty)
    try lab.run("reboot")
    #expect(lab.loadedNames == ["Foo"])
    // Granule 0: plain 16 KiB pages, no hint.
    let start = try #require(lab.range("Foo")?.lower)
    let mapping = try #require(lab.kernel.space.mapping(at: start))
    #expect(mapping.pageSize == PageSize(shift: 14) && !mapping.hasContiguousHint)
    #expect(lab.kernel.space.mapping(at: lab.kernel.image.range.lower)?.hasContiguousHint == true)
  }

  @Test func intelKextsLieWithinTwoGibibytesBelowTextAndLinkeditGoesBack() throws {
    let lab = try SystemLab("macos-10.10", kexts)
    try lab.run("kextload Foo", "kextload Lib")
    let foo = try #require(lab.range("Foo"))
    let textEnd = try #require(lab.kernel.image.range(of: .text)?.upper)
    #expect(foo.lower >= textEnd - (2 << 30) && foo.upper <= 0xffff_ff80_0000_0000)
    #expect(foo.size == 28 * kib)
    #expect(lab.range("Lib")?.lower == foo.upper)
    #expect(lab.entries("Foo") == [.base4K: 7])
  }

  @Test func kernelTextIsLargePagesFromSnowLeopardOnAndDataIsNot() throws {
    for (system, size) in [("macos-10.5-i386", PageSize.base4K), ("macos-10.6", .large2M)] {
      let lab = try SystemLab(system, kexts)
      let text = try #require(lab.kernel.image.range(of: .text)?.lower)
      let data = try #require(lab.kernel.image.range(of: .data)?.lower)
      #expect(lab.kernel.space.mapping(at: text)?.pageSize == size)
      #expect(lab.kernel.space.mapping(at: data)?.pageSize == .base4K)
    }
  }
}
