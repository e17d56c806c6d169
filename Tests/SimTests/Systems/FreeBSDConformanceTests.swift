import Sim
import TestSupport
import Testing

private let kib: UInt64 = 1 << 10
private let mib: UInt64 = 1 << 20

/// FreeBSD 13 sys/kern/link_elf_obj.c, kern_linker.c, vm/vm_map.c, vm/vm_reserv.c and, for version
/// ranges, `__FreeBSD_version` as sys/module.h uses it.
@Suite struct FreeBSDConformanceTests {
  let small = [
    module("a", text: 40 * kib), module("b", text: 12 * kib), module("c", text: 100 * kib),
    module("d", text: 8 * kib),
  ]

  @Test func modulesFollowEachOtherWithoutGapsAndFillTheGapOfAnUnloadedOne() throws {
    let lab = try SystemLab("freebsd-13-amd64", small)
    try lab.run("kldload a", "kldload b", "kldload c")
    let (a, b, c) = try (
      #require(lab.range("a")), #require(lab.range("b")), #require(lab.range("c"))
    )
    #expect(a.lower == PageSize.large2M.ceil(lab.kernel.image.range.upper))
    #expect(a.upper == b.lower && b.upper == c.lower)
    try lab.run("kldunload b", "kldload d")
    #expect(lab.range("d")?.lower == b.lower)
  }

  @Test func fiveMebibytesAreAlignedAndHoldTwoReservations() throws {
    let lab = try SystemLab(
      "freebsd-13-amd64", [module("x", text: 4 * kib), module("big", text: 5 * mib)])
    try lab.run("kldload x", "kldload big")
    let start = try #require(lab.range("big")?.lower)
    #expect(start % PageSize.large2M.bytes == 0)
    #expect(lab.entries("big") == [.large2M: 2, .base4K: 256])
  }

  @Test func mixedKindsKeepALargeModuleFromBeingPromotedWhereTheyMeet() throws {
    let lab = try SystemLab("freebsd-13-amd64", [module("big", text: 3 * mib, data: 2 * mib)])
    try lab.run("kldload big")
    #expect(lab.entries("big") == [.large2M: 1, .base4K: 768])
  }

  @Test func preloadedModulesLieInsideTheLargeMapSplitOnlyWhereKindsMeet() throws {
    let modules = [module("a", text: 5 * mib), module("b", text: 40 * kib, data: 8 * kib)]
    let lab = try SystemLab("freebsd-13-amd64", modules)
    try lab.run("0 boot initrd=a,b")
    let (a, b) = try (#require(lab.range("a")), #require(lab.range("b")))
    #expect(a.lower == PageSize.base4K.ceil(lab.kernel.image.range.upper))
    #expect(b.lower == a.upper)
    let sizes = lab.kernel.space.entries(in: AddressRange(a.lower, b.upper))
    #expect(sizes.contains { $0.size == .large2M })
    let seam = try #require(lab.kernel.image(of: "b")?.address(of: .data))
    #expect(lab.kernel.space.mapping(at: seam)?.pageSize == .base4K)
  }

  @Test func raisedSecurelevelRefusesLoadAndUnload() throws {
    let lab = try SystemLab("freebsd-13-amd64", small)
    try lab.run("kldload a", "set securelevel=1")
    #expect(try lab.verdict("kldload b").code == "EPERM")
    #expect(try lab.verdict("kldunload a").code == "EPERM")
    #expect(lab.loadedNames == ["a"])
  }

  @Test func aFileOfTheLoaderCannotBeUnloaded() throws {
    let lab = try SystemLab("freebsd-13-amd64", small)
    try lab.run("0 boot initrd=a")
    #expect(try lab.verdict("1 kldunload a").code == "EBUSY")
  }

  @Test func jailedRootAndOrdinaryUsersAreRefusedBeforeTheFileIsLookedFor() throws {
    let lab = try SystemLab("freebsd-13-amd64", small)
    #expect(try lab.verdict("kldload nosuch user=1001").code == "EPERM")
    #expect(try lab.verdict("kldload nosuch jailed=yes").code == "EPERM")
    #expect(try lab.verdict("kldload nosuch").code == "ENOENT")
  }

  @Test(
    arguments: [
      ("freebsd-6-i386", 600034, true), ("freebsd-6-i386", 604000, true),
      ("freebsd-7-i386", 600034, false), ("freebsd-7-i386", 700055, true),
      ("freebsd-6-i386", 700055, false),
    ])
  func modulesOfABranchWorkOnItsLaterReleasesAndOnNoOtherBranch(
    system: String, built: Int, works: Bool
  ) throws {
    let lab = try SystemLab(system, small)
    let verdict = try lab.verdict("kldload a abi=\(built)")
    #expect((verdict.outcome == .loaded) == works)
    if !works { #expect(verdict.code == "ENOEXEC") }
    #expect(lab.loadedNames == (works ? ["a"] : []))
  }

  @Test func aSecondLoadCountsAndAnUnloadOnlyTakesTheCountBack() throws {
    let lab = try SystemLab("freebsd-13-amd64", small)
    try lab.run("kldload a", "kldload a")
    #expect(lab.loadedNames == ["a"])
    try lab.run("kldunload a")
    #expect(lab.loadedNames == ["a"])
    try lab.run("kldunload a")
    #expect(lab.loadedNames.isEmpty)
  }

  @Test func kldstatPrintsItsOwnColumns() throws {
    let lab = try SystemLab("freebsd-13-amd64", small)
    try lab.run("kldload /boot/modules/a.ko")
    let lines = lab.listing.split(separator: "\n")
    #expect(lines.first == "Id Refs Address                Size Name")
    #expect(lines.last?.hasSuffix("    a000 a.ko") == true)
  }
}
