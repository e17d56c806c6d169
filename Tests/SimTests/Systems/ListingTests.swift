import Sim
import TestSupport
import Testing

/// What each system's own listing command prints, column by column, for two modules of which the
/// second uses the first.
@Suite struct ListingTests {
  /// System, what to add to load lines, the header line (nil: none), a line's pattern.
  static let formats: [(system: String, extra: String, header: String?, line: String)] = [
    // lsmod(8) of kmod 30: "%-19s %8ld  %d%s%s".
    (
      "linux-6.1", "", "Module                  Size  Used by",
      #"(bb {17} {4}12288  0|aa {17} {4}49152  1 bb)"#
    ),
    // kldstat(8): "%2d %4d %p %8zx %s".
    (
      "freebsd-13-amd64", "", "Id Refs Address                Size Name",
      #" [123]    [123] 0x[0-9a-f]{16} [ 0-9a-f]{8} (kernel|aa\.ko|bb\.ko)"#
    ),
    // kextstat(8): Index Refs Address Size Wired Name (Version) <Linked Against>.
    (
      "macos-10.10", "",
      "Index Refs Address            Size       Wired      Name (Version) <Linked Against>",
      #" {4}(1 {4}1|2 {4}0) 0x[0-9a-f]{16} 0x[0-9a-f]+ +0x[0-9a-f]+ +(aa|bb) \(1\) <1?>"#
    ),
    // modinfo(1M): Id Loadaddr Size Info Rev Module Name.
    (
      "illumos-amd64", "", " Id         Loadaddr   Size Info Rev Module Name",
      #"  [12] [0-9a-f]{16} {3}[ 0-9a-f]{4} {4}- {3}1 (aa|bb)"#
    ),
    (
      "solaris-11-sparc", "", " Id         Loadaddr   Size Info Rev Module Name",
      #"  [12] [ 0-9a-f]{16} {3}[ 0-9a-f]{4} {4}- {3}1 (aa|bb)"#
    ),
    // driverquery: Module Name, Display Name, Driver Type, Link Date.
    (
      "nt-10-x64", "", "Module Name  Display Name           Driver Type   Link Date",
      #"(=+ =+ =+ =+|(aa|bb) {10} (aa|bb) {20} Kernel {8})"#
    ),
    // genkex: address, size in hexadecimal, path.
    (
      "aix-7", "", "    Text address     Size File",
      #"[0-9a-f]{16} {4}[0-9a-f]{5} /usr/lib/drivers/(aa|bb)"#
    ),
    // kmadmin -s: Name ID Status Type.
    (
      "hpux-11-parisc", "", "Name                    ID      Status          Type",
      #"(=+|(aa|bb) {21} [12] {6} LOADED {9} WSIO)"#
    ),
    // kcmodule(1M): Module State Cause.
    (
      "hpux-11.31-ia64", "", "Module              State     Cause",
      #"(aa|bb) {18}loaded {4}explicit"#
    ),
    // moduleShow(): name, id, group, starts of text, data, bss.
    (
      "vxworks-6-ppc", " longCalls=yes",
      "MODULE NAME     MODULE ID  GROUP #    TEXT START DATA START  BSS START",
      #"(-+ -+ -+ -+ -+ -+|(aa|bb)\.out {9} +0x[0-9a-f]+ +[12] +0x[0-9a-f]+ +(0x[0-9a-f]+|NO SEGMENT) +NO SEGMENT)"#
    ),
    // MODULES: name, description, version; addresses with an h.
    (
      "netware-4", "", nil,
      #"((AA|BB)\.NLM|  (aa|bb)|  Version 1\.00|  Code Address: [0-9a-f]{8}h  Length: [0-9a-f]{8}h)"#
    ),
    // modstat(8) of NetBSD 9: NAME CLASS SOURCE REFS SIZE REQUIRES.
    (
      "netbsd-9-amd64", "", "NAME                CLASS    SOURCE   REFS SIZE     REQUIRES",
      #"(aa|bb) {18}driver   filesys  [01]    [0-9]+ +(-|aa)"#
    ),
    // listimage: id, name, text, data.
    (
      "haiku-r1", "",
      "   ID                                Name       text       data  seq#      init#",
      #" +[12] +(aa|bb) 0x[0-9a-f]{8,16} 0x[0-9a-f]{8,16} {5}0 {10}0"#
    ),
  ]

  @Test(arguments: formats.indices)
  func everySystemListsWhatIsLoadedInItsOwnColumns(_ index: Int) throws {
    let (system, extra, header, line) = Self.formats[index]
    let lab = try SystemLab(
      system, [module("aa", text: 40960, data: 8192), module("bb", text: 12288, needs: ["aa"])])
    try lab.run("load aa\(extra)", "load bb\(extra)")
    #expect(lab.loadedNames == ["aa", "bb"], "\(system)")
    var lines = lab.listing.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.popLast() == "", "\(system): the last line ends")
    if let header {
      #expect(lines.removeFirst() == header, "\(system)")
    }
    let pattern = try Regex(line)
    for text in lines { #expect(text.wholeMatch(of: pattern) != nil, "\(system): '\(text)'") }
    for name in ["aa", "bb"] {
      #expect(lab.listing.lowercased().contains(name), "\(system) lists \(name)")
    }
  }

  @Test func aSystemWithoutModulesListsNothingAndEveryOtherIsCovered() throws {
    #expect(try SystemLab("minix-3", []).listing.isEmpty)
    let covered = try Set(Self.formats.map { try ProfileCatalog.profile($0.system).family })
    #expect(covered == Set(SystemFamily.allCases).subtracting([.minix]))
  }
}
