import Sim
import Testing

/// The order of the checks, era by era: a module that fails two of them is refused by the first.
@Suite struct AdmissionOrderTests {
  /// Fails one check and no other.
  static let failing: [(check: LinuxCheck, fail: @Sendable (inout Case) -> Void)] = [
    (.privilege, { $0.request.isPrivileged = false }),
    (.signature, { $0.facts.signature = .wrongDigest }),
    (.elf, { $0.facts.isElfValid = false }),
    (.blacklist, { $0.state.blacklist = ["x"] }),
    (.layoutChecksum, { $0.facts.layoutChecksum = .wrong }),
    (.vermagic, { $0.facts.vermagic = "6.1.0 mod_unload modversions" }),
    (
      .livepatch,
      {
        $0.facts.isLivepatch = true
        $0.state.hasLivepatch = false
      }
    ),
    (.name, { $0.state.modules = [LinuxLiveModule(LinuxModuleFacts(name: "x"))] }),
    (.writableCode, { $0.facts.hasWritableCode = true }),
    (.nameAgain, { $0.state.modules = [LinuxLiveModule(LinuxModuleFacts(name: "x"))] }),
    (.perCPU, { $0.facts.perCPUBytes = 9000 }),
    (
      .exportChecksums,
      {
        $0.facts.exportsLackChecksums = true
        $0.state.allowsForcedLoad = false
      }
    ),
    (.moduleNamespace, { $0.facts.importsModuleNamespace = true }),
    (.symbols, { $0.facts.hasUnknownSymbol = true }),
    (.relocations, { $0.facts.hasBadRelocation = true }),
    (.arguments, { $0.facts.hasBadArguments = true }),
    (
      .exportClash,
      {
        var other = LinuxModuleFacts(name: "y")
        other.exports = ["f"]
        $0.facts.exports = ["f"]
        $0.state.modules.append(LinuxLiveModule(other))
      }
    ),
    (.permissions, { $0.facts.failsPermissions = true }),
    (.parameters, { $0.facts.hasBadParameter = true }),
    (.initialisation, { $0.facts.initResult = -19 }),
  ]

  struct Case: Sendable {
    var facts: LinuxModuleFacts
    var request = LinuxLoadRequest()
    var state: LinuxKernelState

    init(_ era: LinuxEra) {
      facts = LinuxModuleFacts(name: "x")
      facts.vermagic = "6.1.0 SMP mod_unload modversions"
      state = LinuxKernelState(era: era)
      state.vermagic = facts.vermagic
    }

    var refusal: LinuxRefusal? {
      var admission = LinuxAdmission(facts, request: request, state: state)
      return admission.beforeMemory() ?? admission.afterMemory()
    }
  }

  /// What each kernel checks, first to last, by errno. kernel/module.c of 5.10.223,
  /// kernel/module/main.c of 6.1.192, 6.12.117 and 7.3.4 (`load_module`, `layout_and_allocate`,
  /// `early_mod_check`); 2.6 recalled.
  static func order(_ era: LinuxEra) -> [(LinuxCheck, String)] {
    let start: [(LinuxCheck, String)] = [
      (.privilege, "EPERM"), (.signature, "EKEYREJECTED"), (.elf, "ENOEXEC"),
      (.blacklist, "EPERM"), (.layoutChecksum, "ENOEXEC"), (.vermagic, "ENOEXEC"),
      (.livepatch, "ENOEXEC"),
    ]
    let end: [(LinuxCheck, String)] = [
      (.symbols, "ENOENT"), (.relocations, "ENOEXEC"), (.arguments, "EFAULT"),
      (.exportClash, "ENOEXEC"), (.permissions, "ENOMEM"), (.parameters, "EINVAL"),
      (.initialisation, "ENODEV"),
    ]
    let taken: [(LinuxCheck, String)] = [(.perCPU, "ENOMEM"), (.exportChecksums, "ENOEXEC")]
    switch era {
    case .v2_6:
      return [
        (.privilege, "EPERM"), (.elf, "ENOEXEC"), (.layoutChecksum, "ENOEXEC"),
        (.vermagic, "ENOEXEC"), (.nameAgain, "EEXIST"),
      ] + taken + end
    case .v5_10, .v6_1:
      return start + [(.writableCode, "ENOEXEC"), (.nameAgain, "EEXIST")] + taken + end
    case .v6_4, .v6_12, .v6_15:
      return start + [(.name, "EEXIST"), (.writableCode, "ENOEXEC")] + taken + end
    case .v7_3:
      return start + [(.name, "EEXIST"), (.writableCode, "ENOEXEC")] + taken
        + [(.moduleNamespace, "EPERM")] + end
    }
  }

  static func fail(_ check: LinuxCheck, _ case: inout Case) {
    failing.first { $0.check == check }?.fail(&`case`)
  }

  @Test(arguments: LinuxEra.allCases)
  func `of two checks that fail the earlier one answers, with its errno`(_ era: LinuxEra) {
    let order = Self.order(era)
    for (first, (early, errno)) in order.enumerated() {
      for (late, _) in order[first...] {
        // What fails last must not undo what fails first.
        var both = Case(era)
        Self.fail(early, &both)
        if late != early { Self.fail(late, &both) }
        #expect(both.refusal?.check == early, "\(era.rawValue): \(early) and \(late)")
        #expect(both.refusal?.errno == errno, "\(era.rawValue): \(early) and \(late)")
      }
    }
  }

  @Test(arguments: LinuxEra.allCases)
  func `a check the era does not have refuses nothing`(_ era: LinuxEra) {
    let known = Self.order(era).map(\.0)
    for (check, fail) in Self.failing
    where !known.contains(check) && check != .name && check != .nameAgain {
      var one = Case(era)
      fail(&one)
      #expect(one.refusal == nil, "\(era.rawValue): \(check)")
    }
  }
}
