import Sim
import TestSupport
import Testing

private let kib: UInt64 = 1 << 10
private let mib: UInt64 = 1 << 20

/// Each test names the documents its claim comes from.
@Suite struct OtherSystemsConformanceTests {
  /// ReactOS ntoskrnl/mm/ARM3/syspte.c.
  @Test func ntTakesAnExactFitWholeAndElseTheTailOfTheSmallestRun() throws {
    let sizes: [(String, UInt64)] = [
      ("a", 3), ("s1", 1), ("b", 5), ("s2", 1), ("c", 8), ("s3", 1), ("five", 5), ("four", 4),
    ]
    let lab = try SystemLab("nt-xp-x86", sizes.map { module($0.0, text: $0.1 * 4 * kib) })
    for (name, _) in sizes.prefix(6) { try lab.run("sc start \(name)") }
    let (b, c) = try (#require(lab.range("b")), #require(lab.range("c")))
    try lab.run("sc stop a", "sc stop b", "sc stop c", "sc start five", "sc start four")
    #expect(lab.range("five") == b)
    #expect(lab.range("four") == AddressRange(c.upper - 16 * kib, c.upper))
  }

  /// ReactOS largepag.c; Windows Internals on LargePageDrivers.
  @Test func largePageDriversFallBackToBasePagesWithoutAnError() throws {
    let driver = [module("e1000", text: 300 * kib)]
    let fresh = try SystemLab("nt-7-x64", driver)
    try fresh.run("set LargePageDrivers=*", "sc start e1000")
    #expect(fresh.entries("e1000") == [.large2M: 1])
    let worn = try SystemLab("nt-7-x64", holding: 512, driver)
    try worn.run("set LargePageDrivers=*")
    let verdict = try worn.verdict("sc start e1000")
    #expect(verdict.outcome == .loaded && verdict.code == nil)
    #expect(worn.entries("e1000") == [.base4K: 75])
  }

  /// ReactOS sysldr.c: INIT is freed after DriverEntry, the address range is kept.
  @Test func ntFreesTheFramesOfInitAndKeepsItsAddresses() throws {
    let lab = try SystemLab(
      "nt-7-x64", [module("d", text: 20 * kib, initText: 8 * kib), module("e", text: 4 * kib)])
    let free = lab.kernel.memory.freeFrames
    try lab.run("0 sc start d", "1 list")
    #expect(lab.range("d")?.size == 28 * kib)
    #expect(lab.entries("d") == [.base4K: 5])
    #expect(free - lab.kernel.memory.freeFrames == 5)
    try lab.run("2 sc stop d")
    #expect(lab.kernel.memory.freeFrames == free)
  }

  /// ReactOS sysldr.c: system PTEs over the boot loader's frames, relocated, INIT freed.
  @Test func ntMovesBootDriversToSystemPTEsOverTheBootLoadersFrames() throws {
    let lab = try SystemLab(
      "nt-xp-x86", [module("disk", text: 20 * kib, initText: 8 * kib), module("e", text: 4 * kib)])
    let window = try #require(lab.kernel.freeRanges(ofArena: "system PTEs").first)
    try lab.run("0 boot initrd=disk", "1 sc start e")
    let disk = try #require(lab.range("disk"))
    // The tail of the only run, by base pages; frames as the loader had them: in one run.
    #expect(disk == AddressRange(window.upper - 28 * kib, window.upper))
    #expect(lab.entries("disk") == [.base4K: 5])
    let frames = (0..<5).compactMap {
      lab.kernel.space.translation(at: disk.lower + $0 * 4096)?.physicalBase
    }
    #expect(zip(frames, frames.dropFirst()).allSatisfy { $1 == $0 + 4096 } && frames.count == 5)
    #expect(try lab.verdict("sc stop disk").code == "STATUS_INVALID_DEVICE_REQUEST")
    // On x64 they stay behind the kernel (assumed).
    let x64 = try SystemLab("nt-7-x64", [module("disk", text: 20 * kib)])
    try x64.run("0 boot initrd=disk")
    #expect(x64.range("disk")?.lower == PageSize.large2M.ceil(x64.kernel.image.range.upper))
    #expect(x64.entries("disk") == [.base4K: 5])
  }

  /// Microsoft: driver signing policy, testsigning, the blocklist.
  @Test func x64RefusesUnsignedDriversAnd32BitDoesNot() throws {
    let driver = [module("d", text: 4 * kib)]
    let x64 = try SystemLab("nt-10-x64", driver)
    #expect(try x64.verdict("sc start d signed=no").code == "0xC0000428")
    #expect(try x64.verdict("sc start d blocked=yes").message?.contains("1275") == true)
    #expect(try x64.verdict("sc start d hvci=on writableCode=yes").outcome == .refused)
    try x64.run("set testSigning=on")
    #expect(try x64.verdict("sc start d signed=no").outcome == .loaded)
    let xp = try SystemLab("nt-xp-x86", driver)
    #expect(try xp.verdict("sc start d signed=no").outcome == .loaded)
  }

  /// IBM: SYS_KLOAD, SYS_SINGLELOAD, SYS_KULOAD, kmod_unload.
  @Test func aixLoadsACopyEachTimeAndKeepsAUsedExtensionPendingWithoutExports() throws {
    let extensions = [module("ext", text: 100 * kib), module("top", text: 8 * kib, needs: ["ext"])]
    let lab = try SystemLab("aix-7", extensions)
    try lab.run("SYS_KLOAD ext", "SYS_KLOAD ext")
    #expect(lab.loadedNames == ["ext", "ext"])
    #expect(lab.entries("ext") == [PageSize(shift: 16): 2])
    try lab.run("SYS_SINGLELOAD ext")
    #expect(lab.loadedNames == ["ext", "ext"])

    let busy = try SystemLab("aix-7", extensions)
    try busy.run("SYS_KLOAD ext", "use ext")
    #expect(try busy.verdict("SYS_KULOAD ext").outcome == .pending)
    #expect(busy.loadedNames == ["ext"])
    #expect(try busy.verdict("insert top").outcome == .refused)
    try busy.run("leave ext")
    #expect(busy.loadedNames.isEmpty)
  }

  /// IBM: 64-bit kernel only from 6.1; Trusted Execution.
  @Test func aixSixRefuses32BitExtensionsAndTrustedExecutionUntrustedOnes() throws {
    let ext = [module("ext", text: 8 * kib)]
    #expect(try SystemLab("aix-5", ext).verdict("SYS_KLOAD ext bits=32").outcome == .loaded)
    #expect(try SystemLab("aix-6", ext).verdict("SYS_KLOAD ext bits=32").code == "ENOEXEC")
    let lab = try SystemLab("aix-7", ext)
    try lab.run("set te=on")
    #expect(try lab.verdict("SYS_KLOAD ext trusted=no").outcome == .refused)
  }

  /// HP: kcmodule(1M), moduload(2).
  @Test func hpuxHoldsAnUnloadWithUsersForTheNextBoot() throws {
    let lab = try SystemLab("hpux-11.31-ia64", [module("m", text: 40 * kib)])
    try lab.run("kcmodule m", "use m")
    let base = lab.kernel.image.range
    #expect(try lab.verdict("moduload m").outcome == .heldForNextBoot)
    #expect(lab.loadedNames == ["m"] && lab.kernel.image.range == base)
    try lab.run("reboot reload=yes")
    #expect(lab.loadedNames.isEmpty)
    #expect(try lab.verdict("kcmodule m registered=no").outcome == .refused)
  }

  /// VxWorks loadLib, unldLib; relocation reach notes.
  @Test func vxWorksRefusesModulesOutOfReachAndLeavesCallersDangling() throws {
    let modules = [module("x", text: 40 * kib), module("y", text: 8 * kib, needs: ["x"])]
    let lab = try SystemLab("vxworks-5-ppc", modules)
    // The heap's high end lies 64 MiB up: a 24-bit branch does not reach.
    let refused = try lab.verdict("ld < x.out")
    #expect(refused.outcome == .refused)
    #expect(refused.message?.contains("24 bits") == true)
    #expect(lab.kernel.loaded.isEmpty)
    try lab.run("ld < x.out longCalls=yes", "ld < y.out longCalls=yes")
    #expect(lab.range("x")?.upper == 0x400_0000)
    let verdict = try lab.verdict("unld x")
    #expect(verdict.outcome == .unloaded)
    #expect(verdict.message?.contains("dangling") == true)
    #expect(lab.loadedNames == ["y"])
  }

  /// Novell: memory administration guides of 3.x and 4.x.
  @Test func netWare3TranslatesNothingAndItsPoolFragments() throws {
    let modules = (0..<40).map { module("n\($0)", text: 12 * kib) }
    let lab = try SystemLab("netware-3", modules)
    for index in 0..<40 { try lab.run("LOAD n\(index).NLM") }
    let whole = lab.kernel.freeRanges(ofArena: "cache non-movable pool")
    for index in stride(from: 0, to: 40, by: 2) { try lab.run("UNLOAD n\(index)") }
    #expect(lab.kernel.freeRanges(ofArena: "cache non-movable pool").count >= whole.count + 19)
    #expect(lab.kernel.space.mappings.allSatisfy { $0.isLocked })
  }

  @Test func netWare4MapsContiguousLogicalAddressesOverAnyFrames() throws {
    let lab = try SystemLab("netware-4", holding: 3, [module("n", text: 40 * kib)])
    try lab.run("LOAD n.NLM")
    let range = try #require(lab.range("n"))
    #expect(range.size == 40 * kib)
    let frames = (0..<10).compactMap {
      lab.kernel.space.translation(at: range.lower + $0 * 4096)?.physicalBase
    }
    #expect(frames.count == 10)
    #expect(zip(frames, frames.dropFirst()).contains { $1 != $0 + 4096 })
  }

  /// Novell: SECURE CONSOLE.
  @Test func secureConsoleLoadsFromTheSearchPathOnly() throws {
    let lab = try SystemLab("netware-6", [module("spy", text: 4 * kib)])
    try lab.run("set secureConsole=on")
    #expect(try lab.verdict("LOAD A:SPY.NLM").outcome == .refused)
    #expect(try lab.verdict("LOAD A:spy.NLM").code == "SECURE CONSOLE")
    #expect(try lab.verdict("LOAD spy").outcome == .loaded)
  }

  /// NetBSD sys/kern/subr_kobj.c.
  @Test func netBSDMakesThreePiecesThatLeaveThreeHoles() throws {
    let modules = [
      module("a", text: 12 * kib, rodata: 4 * kib, data: 8 * kib),
      module("b", text: 12 * kib, rodata: 4 * kib, data: 8 * kib),
      module("w", text: 16 * kib),
    ]
    let lab = try SystemLab("netbsd-9-amd64", modules)
    try lab.run("modload a", "modload b")
    let a = lab.pieces("a").map(\.range)
    #expect(a.map(\.size) == [8 * kib, 4 * kib, 12 * kib])
    #expect(a[0].upper == a[1].lower && a[1].upper == a[2].lower)
    try lab.run("modunload a", "modload w")
    // 16 KiB of text go into the 24 KiB hole the three pieces left together.
    #expect(lab.range("w")?.lower == a[0].lower)
  }

  /// MINIX 3 source tree.
  @Test func minixLoadsNothingIntoItsKernel() throws {
    let lab = try SystemLab("minix-3", [module("e1000", text: 40 * kib)])
    #expect(try lab.verdict("service up /service/e1000").outcome == .refused)
    #expect(lab.kernel.loaded.isEmpty && lab.kernel.moduleMappings.isEmpty)
  }
}
