import Sim
import TestSupport
import Testing

private let kib: UInt64 = 1 << 10
private let mib: UInt64 = 1 << 20

/// Limits of single systems that refuse a load or cost memory.
@Suite struct LimitsConformanceTests {
  /// FreeBSD DPCPU_MODMIN 2048 bytes, VNET_MODMIN 8 pages.
  @Test func freeBSDRefusesWhatItsPerCPUAndVnetSparesCannotHold() throws {
    let names = ["a", "b", "c", "d"]
    let lab = try SystemLab("freebsd-13-amd64", names.map { module($0, text: 4 * kib) })
    let free = lab.kernel.memory.freeFrames
    #expect(try lab.verdict("kldload a percpu=1500").outcome == .loaded)
    let refused = try lab.verdict("kldload b percpu=600")
    // The linker class says ENOSPC, linker_load_file makes ENOEXEC of it.
    #expect(refused.code == "ENOEXEC" && refused.message?.contains("pcpu module space") == true)
    #expect(free - lab.kernel.memory.freeFrames == 1)
    #expect(try lab.verdict("kldload b percpu=548").outcome == .loaded)
    #expect(try lab.verdict("kldload c vnet=32KiB").outcome == .loaded)
    #expect(try lab.verdict("kldload d vnet=8").code == "ENOEXEC")
    try lab.run("kldunload c")
    #expect(try lab.verdict("kldload d vnet=8").outcome == .loaded)
  }

  /// ReactOS largepag.c: sixteen times the span must be free.
  @Test func ntWantsSixteenTimesALargePageDriversSpanInFreeSystemPTEs() throws {
    let lab = try SystemLab(
      "nt-xp-x86", frames: 1 << 18, [module("big", text: 20 * mib), module("small", text: 2 * mib)])
    let window = lab.kernel.freeRanges(ofArena: "system PTEs").reduce(0) { $0 + $1.size }
    try lab.run("set LargePageDrivers=*", "sc start big", "sc start small")
    let large = try #require(lab.profile.largePage)
    let span = large.ceil(20 * mib)
    #expect((lab.entries("big")[large] != nil) == (window / span >= 16))
    #expect(lab.entries("small")[large] != nil)
  }

  /// Novell, NetWare 5 and 6: a protected address space holds at most 512 MiB.
  @Test func netWareProtectedSpacesAreLimited() throws {
    let lab = try SystemLab(
      "netware-6", frames: 1 << 19,
      [module("a", text: 400 * mib), module("b", text: 200 * mib), module("lan", text: 4 * kib)])
    #expect(try lab.verdict("LOAD a space=ONE").outcome == .loaded)
    #expect(try lab.verdict("LOAD b space=ONE").code == "out of memory")
    #expect(try lab.verdict("LOAD b space=TWO").outcome == .loaded)
    #expect(try lab.verdict("LOAD lan space=TWO kernelOnly=yes").code == "not allowed")
    #expect(try lab.verdict("LOAD lan kernelOnly=yes").outcome == .loaded)
  }

  /// NetBSD veriexec(8): learning warns, IDS refuses mismatches, IPS what is not listed.
  @Test func netBSDVeriexecRefusesByItsStrictLevel() throws {
    func verdict(_ level: Int, _ fingerprint: String) throws -> Verdict {
      let lab = try SystemLab("netbsd-9-amd64", [module("m", text: 4 * kib)])
      try lab.run("set verifiedexec=on veriexecStrict=\(level)")
      return try lab.verdict("modload m fingerprint=\(fingerprint)")
    }
    #expect(try verdict(0, "mismatch").outcome == .loaded)
    #expect(try verdict(0, "mismatch").message?.contains("veriexec") == true)
    #expect(try verdict(1, "mismatch").code == "EPERM")
    #expect(try verdict(1, "no").outcome == .loaded)
    #expect(try verdict(2, "no").code == "EPERM")
    #expect(try verdict(2, "yes").outcome == .loaded)
  }

  /// IBM: repeated load and unload may leak memory; the amount is a parameter.
  @Test func aixLosesWhatItIsToldToLeakAtEachUnload() throws {
    let lab = try SystemLab("aix-7", [module("ext", text: 100 * kib)])
    let free = lab.kernel.memory.freeFrames
    try lab.run("SYS_KLOAD ext", "SYS_KULOAD ext")
    #expect(lab.kernel.memory.freeFrames == free)
    try lab.run("set leakPerUnload=8192", "SYS_KLOAD ext")
    let verdict = try lab.verdict("SYS_KULOAD ext")
    #expect(verdict.effects == ["leaked: 2 pages"])
    #expect(free - lab.kernel.memory.freeFrames == 2)
  }

  /// Locked entries, block registers and untranslated memory compete with nobody.
  @Test func entriesThatNeverMissAreNotCounted() throws {
    let lab = try SystemLab("netware-3", [module("n", text: 40 * kib)])
    try lab.run("LOAD n")
    let range = try #require(lab.range("n"))
    #expect(lab.kernel.space.entries(in: range, competing: true).isEmpty)
    #expect(!lab.kernel.space.entries(in: range).isEmpty)
    let facts = LayoutFacts(
      space: lab.kernel.space, text: [range], data: [], modulePages: 0, moduleBytes: 0)
    #expect(facts.textEntries.isEmpty && facts.reachBytes == 0)
  }
}
