import Sim
import TestSupport
import Testing

/// The attackers' part of the article: root loads a hiding module, with lock-downs off and on. Each
/// trace of `Scenarios/intruder` loads first and is refused once the door is locked.
@Suite struct IntruderTests {
  static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    .joined(separator: "/") + "/Scenarios/intruder/"

  /// System and the code of its first refusal, which is that of the lock-down; nil: it has none.
  static let systems: [(String, String?)] = [
    ("linux-6.1", "EPERM"), ("freebsd-13-amd64", "EPERM"), ("macos-10.11", "0x1b"),
    ("macos-14-arm64", "0x1b"), ("solaris-11-sparc", "EPERM"), ("nt-10-x64", "0xC0000428"),
    ("aix-7", "EPERM"), ("hpux-11.31-ia64", "EINVAL"), ("netware-6", "SECURE CONSOLE"),
    ("vxworks-6-ppc-bat", nil),
  ]

  @Test(arguments: systems)
  func loadsWithTheDoorOpenAndIsRefusedOnceItIsLocked(system: String, code: String?) throws {
    let outcome = try TraceRun(system: system).run(Self.folder + system + ".trace")
    let records = outcome.replay.records
    let loaded = records.firstIndex { $0.verdict.outcome == .loaded }
    let refused = records.firstIndex { $0.verdict.outcome == .refused }
    let first = try #require(loaded)
    #expect(records[first].pieces.reduce(0) { $0 + $1.range.size } > 0)
    #expect(refused.flatMap { records[$0].verdict.code } == code)
    if let refused {
      #expect(first < refused)
      #expect(records[refused].verdict.message?.isEmpty == false)
    }
  }

  @Test func modulesDoNotRaisePrivilegeBecauseLoadingNeedsIt() throws {
    let requests = [
      ("freebsd-13-amd64", "kldload hide user=1001"), ("macos-10.8", "kextload hide user=501"),
      ("illumos-amd64", "modload hide privileges=basic"),
      ("nt-xp-x86", "sc start hide privilege=no"),
      ("aix-7", "SYS_KLOAD hide user=guest"), ("hpux-11-parisc", "modload hide user=guest"),
      ("netware-4", "LOAD hide operator=remote"), ("netbsd-9-amd64", "modload hide user=guest"),
    ]
    for (system, line) in requests {
      let lab = try SystemLab(system, [module("hide", text: 4096)])
      #expect(try lab.verdict(line).outcome == .refused, "\(system)")
    }
  }
}
