import Sim
import TestSupport
import Testing

private let kib: UInt64 = 1 << 10
private let mib: UInt64 = 1 << 20

/// illumos common/krtld/kobj.c, common/os/modctl.c, common/os/vmem.c, sun4/os/startup.c,
/// i86pc/os/startup.c; Solaris 11.3 documents for Verified Boot and immutable zones.
@Suite struct IllumosConformanceTests {
  @Test func nucleusSlackCostsNoEntryAndTheFirstImportLandsAtItsPlace() throws {
    // The nucleus page has 1536 KiB left behind 2560 KiB of text.
    let modules = (0..<40).map { module("m\($0)", text: 64 * kib - 16) }
    let lab = try SystemLab("illumos-sparc", modules)
    let before = lab.kernel.space.mappings
    var slack = 0
    for index in 0..<40 {
      try lab.run("modload m\(index)")
      let range = try #require(lab.range("m\(index)"))
      guard range.lower < 0x7000_0000 else { break }
      slack += 1
      #expect(lab.kernel.space.mappings == before)
      #expect(lab.kernel.space.mapping(at: range.lower)?.isLocked == true)
    }
    #expect(slack == 24)
    #expect(lab.range("m24")?.lower == 0x7be0_0000)
    #expect(lab.entries("m24") == [PageSize(shift: 13): 8])
  }

  @Test func aBigTextNeedsAnUntouchedRunAndElseGoesToTheOversizeHalf() throws {
    let big = 3 * mib / 2
    let modules =
      (0..<17).map { module("r\($0)", text: 1280 * kib) } + [
        module("fill", text: 1535 * kib), module("x", text: big), module("y", text: big),
      ]
    let lab = try SystemLab("illumos-sparc", modules)
    try lab.run("modload fill")
    for index in 0..<16 { try lab.run("modload r\(index)") }
    #expect(
      lab.kernel.loaded.dropFirst().allSatisfy { ($0.pieces.first?.range.upper ?? 0) < 0x7c00_0000 }
    )
    try lab.run("modload x")
    #expect(lab.range("x")?.lower == 0x7c00_2000)
    let freed = try #require(lab.range("r5")?.lower)
    try lab.run("modunload r5", "modload y")
    #expect(lab.range("y")?.lower == freed)
  }

  @Test func twoSmallModulesShareAPageThatStaysUntilTheLastLeaves() throws {
    let modules = [
      module("fill", text: 1535 * kib), module("a", text: 3 * kib), module("b", text: 3 * kib),
    ]
    let lab = try SystemLab("illumos-sparc", modules)
    try lab.run("modload fill")
    let free = lab.kernel.memory.freeFrames
    try lab.run("modload a", "modload b")
    let (a, b) = try (#require(lab.range("a")), #require(lab.range("b")))
    #expect(a.lower >> 13 == b.lower >> 13)
    #expect(free - lab.kernel.memory.freeFrames == 2)
    try lab.run("modunload a")
    #expect(lab.kernel.space.mapping(at: b.lower) != nil)
    try lab.run("modunload b")
    #expect(lab.kernel.space.mapping(at: b.lower) == nil)
    #expect(lab.kernel.memory.freeFrames == free)
  }

  @Test func amd64ImportsStartAtTheWindowsLowEnd() throws {
    let lab = try SystemLab(
      "illumos-amd64", [module("fill", text: 1023 * kib), module("a", text: 40 * kib)])
    try lab.run("modload fill", "modload a")
    #expect(lab.range("a")?.lower == 0xffff_ffff_f77f_b000)
  }

  @Test func debugKernelsUnloadIdleAutoloadedModulesEveryMinuteAndPlainOnesUnderPressure() throws {
    let modules = [module("drv", text: 8 * kib, needs: ["misc"]), module("misc", text: 8 * kib)]
    let debug = try SystemLab("illumos-amd64", modules)
    try debug.run("0 set debug=on", "1 modload drv auto=yes", "70 list")
    #expect(debug.loadedNames.isEmpty)
    let plain = try SystemLab("illumos-amd64", modules)
    try plain.run("1 modload drv", "700 list")
    #expect(plain.loadedNames == ["misc", "drv"])
    // A module asked for by name stays; the one loaded for it is held by it.
    try plain.run("701 set pressure=yes")
    #expect(plain.loadedNames == ["misc", "drv"])
    try plain.run("702 modunload drv", "703 modunload -i 0")
    #expect(plain.loadedNames.isEmpty)
  }

  @Test(
    arguments: [
      ("", LifecycleOutcome.loaded), ("set modulePolicy=warning", .loaded),
      ("set modulePolicy=enforce", .refused), ("set bootPolicy=enforce", .refused),
    ])
  func verifiedBootPolicyDecidesOnUnsignedModules(
    setting: String, outcome: LifecycleOutcome
  ) throws {
    let lab = try SystemLab("solaris-11-sparc", [module("drv", text: 8 * kib)])
    if !setting.isEmpty { try lab.run(setting) }
    #expect(try lab.verdict("modload drv signed=no").outcome == outcome)
    #expect(try lab.verdict("modload drv signed=yes").outcome != .refused)
  }

  @Test func anImmutableGlobalZoneLoadsOnlyOverTheTrustedPath() throws {
    let lab = try SystemLab("solaris-11-sparc", [module("drv", text: 8 * kib)])
    try lab.run("set immutable=yes")
    #expect(try lab.verdict("modload drv").code == "EPERM")
    #expect(try lab.verdict("modload drv trustedPath=yes").outcome == .loaded)
  }

  @Test func onlyTheGlobalZoneWithAllPrivilegesLoads() throws {
    let lab = try SystemLab("illumos-amd64", [module("drv", text: 8 * kib)])
    #expect(try lab.verdict("modload drv zone=web").code == "EPERM")
    let verdict = try lab.verdict("modload drv privileges=basic")
    #expect(verdict.message == "Insufficient privileges to load a module")
    #expect(lab.profile.lifecycle.names.paths.contains("/usr/kernel"))
  }
}
