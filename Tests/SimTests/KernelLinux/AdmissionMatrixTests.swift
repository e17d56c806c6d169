import Sim
import Testing

/// One row of the admission matrix: what is done, to which eras, and what the kernel answers.
struct AdmissionRow: Sendable {
  let claim: String
  var eras: [LinuxEra] = LinuxEra.allCases
  /// Nil: the load succeeds.
  let errno: String?
  var check: LinuxCheck?
  /// Taints of the kernel afterwards.
  var taint = ""
  var spendsMemory = false
  /// Where the rule stands.
  let evidence: String
  var request = LinuxLoadRequest()
  var facts: @Sendable (inout LinuxModuleFacts) -> Void = { _ in }
  var state: @Sendable (inout LinuxKernelState) -> Void = { _ in }
}

@Suite struct AdmissionMatrixTests {
  static let signed: [LinuxEra] = [.v5_10, .v6_1, .v6_4, .v6_12, .v6_15, .v7_3]
  static let old: [LinuxEra] = [.v5_10, .v6_1]
  static let new: [LinuxEra] = [.v6_4, .v6_12, .v6_15, .v7_3]
  static let loader = "kernel/module/main.c load_module"

  static let rows: [AdmissionRow] = [
    AdmissionRow(claim: "a clean module loads", errno: nil, evidence: loader),
    AdmissionRow(
      claim: "no capability", errno: "EPERM", check: .privilege,
      evidence: "may_init_module", request: LinuxLoadRequest(isPrivileged: false)),
    AdmissionRow(
      claim: "modules_disabled", errno: "EPERM", check: .privilege,
      evidence: "may_init_module; kernel.modules_disabled", state: { $0.modulesDisabled = true }),
    AdmissionRow(
      claim: "unknown flag bits", errno: "EINVAL", check: .privilege,
      evidence: "finit_module", request: LinuxLoadRequest(flags: 8)),
    AdmissionRow(
      claim: "the compressed flag before it existed", eras: [.v5_10], errno: "EINVAL",
      check: .privilege, evidence: "finit_module 5.10", request: LinuxLoadRequest(flags: 4)),
    AdmissionRow(
      claim: "the compressed flag since 5.17", eras: [.v6_1] + new, errno: nil,
      evidence: "finit_module 6.1", request: LinuxLoadRequest(flags: 4)),
    AdmissionRow(
      claim: "unsigned, not enforced: loads and taints E", eras: signed, errno: nil, taint: "E",
      evidence: "module_sig_check", facts: { $0.signature = .missing }),
    AdmissionRow(
      claim: "unsigned and enforced", eras: signed, errno: "EKEYREJECTED", check: .signature,
      evidence: "module_sig_check, sig_enforce", facts: { $0.signature = .missing },
      state: { $0.signaturesEnforced = true }),
    AdmissionRow(
      claim: "unknown key and enforced", eras: signed, errno: "EKEYREJECTED", check: .signature,
      evidence: "module_sig_check", facts: { $0.signature = .unknownKey },
      state: { $0.signaturesEnforced = true }),
    AdmissionRow(
      claim: "unsigned under lockdown", eras: signed, errno: "EPERM", check: .signature,
      evidence: "security_locked_down(LOCKDOWN_MODULE_SIGNATURE)",
      facts: { $0.signature = .unknownAlgorithm }, state: { $0.lockdown = .integrity }),
    AdmissionRow(
      claim: "a wrong digest is fatal even when nothing is enforced", eras: signed,
      errno: "EKEYREJECTED", check: .signature, evidence: "module_sig_check",
      facts: { $0.signature = .wrongDigest }),
    AdmissionRow(
      claim: "a malformed signature is fatal", eras: signed, errno: "EBADMSG", check: .signature,
      evidence: "mod_check_sig", facts: { $0.signature = .malformed }),
    AdmissionRow(
      claim: "ignore flags throw the signature away: E", eras: signed, errno: nil, taint: "FE",
      evidence: "mangled_module in module_sig_check", request: .forced),
    AdmissionRow(
      claim: "2.6 knows no signatures", eras: [.v2_6], errno: nil, evidence: "recalled",
      facts: { $0.signature = .wrongDigest }),
    AdmissionRow(
      claim: "no ELF relocatable", errno: "ENOEXEC", check: .elf, evidence: "elf_validity_check",
      facts: { $0.isElfValid = false }),
    AdmissionRow(
      claim: "the signature is looked at before the ELF header", eras: signed,
      errno: "EKEYREJECTED", check: .signature, evidence: loader,
      facts: {
        $0.isElfValid = false
        $0.signature = .wrongDigest
      }),
    AdmissionRow(
      claim: "module_blacklist=", eras: signed, errno: "EPERM", check: .blacklist,
      evidence: "blacklisted()", state: { $0.blacklist = ["x"] }),
    AdmissionRow(
      claim: "module_layout checksum", errno: "ENOEXEC", check: .layoutChecksum,
      evidence: "check_modstruct_version", facts: { $0.layoutChecksum = .wrong }),
    AdmissionRow(
      claim: "a vermagic of other options", errno: "ENOEXEC", check: .vermagic,
      evidence: "check_modinfo, same_magic",
      facts: { $0.vermagic = "6.1.0 SMP mod_unload modversions" }),
    AdmissionRow(
      claim: "with checksums the release part may differ", errno: nil,
      evidence: "same_magic with has_crcs",
      facts: { $0.vermagic = "9.9.9 SMP preempt mod_unload modversions" }),
    AdmissionRow(
      claim: "without checksums it may not", errno: "ENOEXEC", check: .vermagic,
      evidence: "same_magic",
      facts: {
        $0.vermagic = "9.9.9 SMP preempt mod_unload modversions"
        $0.hasChecksums = false
      }),
    AdmissionRow(
      claim: "a missing vermagic is forced: F", errno: nil, taint: "F",
      evidence: "try_to_force_load", facts: { $0.vermagic = "" }),
    AdmissionRow(
      claim: "a missing vermagic without force-load support", errno: "ENOEXEC", check: .vermagic,
      evidence: "try_to_force_load", facts: { $0.vermagic = "" },
      state: { $0.allowsForcedLoad = false }),
    AdmissionRow(
      claim: "a livepatch on a kernel without", eras: new, errno: "ENOEXEC", check: .livepatch,
      evidence: "check_modinfo_livepatch", facts: { $0.isLivepatch = true },
      state: { $0.hasLivepatch = false }),
    AdmissionRow(
      claim: "a duplicate costs memory up to 6.1", eras: [.v2_6] + old, errno: "EEXIST",
      check: .nameAgain, spendsMemory: true, evidence: "add_unformed_module 6.1.192",
      state: { $0.modules = [LinuxLiveModule(LinuxModuleFacts(name: "x"))] }),
    AdmissionRow(
      claim: "a duplicate costs nothing later", eras: new, errno: "EEXIST", check: .name,
      evidence: "module_patient_check_exists 6.12.117",
      state: { $0.modules = [LinuxLiveModule(LinuxModuleFacts(name: "x"))] }),
    AdmissionRow(
      claim: "a duplicate still loading", eras: new, errno: "EBUSY", check: .name,
      evidence: "module_patient_check_exists",
      state: {
        var other = LinuxLiveModule(LinuxModuleFacts(name: "x"))
        other.state = .coming
        $0.modules = [other]
      }),
    AdmissionRow(
      claim: "an out-of-tree duplicate has tainted before it is refused, up to 6.1", eras: old,
      errno: "EEXIST", check: .nameAgain, taint: "O", spendsMemory: true,
      evidence: "check_modinfo 6.1.192", facts: { $0.isInTree = false },
      state: { $0.modules = [LinuxLiveModule(LinuxModuleFacts(name: "x"))] }),
    AdmissionRow(
      claim: "and leaves no taint later", eras: new, errno: "EEXIST", check: .name,
      evidence: "module_augment_kernel_taints 6.12.117", facts: { $0.isInTree = false },
      state: { $0.modules = [LinuxLiveModule(LinuxModuleFacts(name: "x"))] }),
    AdmissionRow(
      claim: "code both writable and executable", eras: signed, errno: "ENOEXEC",
      check: .writableCode, evidence: "module_enforce_rwx_sections",
      facts: { $0.hasWritableCode = true }),
    AdmissionRow(
      claim: "out of tree taints O", eras: signed, errno: nil, taint: "O",
      evidence: "tainted bit 12",
      facts: { $0.isInTree = false }),
    AdmissionRow(
      claim: "staging taints C", errno: nil, taint: "C", evidence: "tainted bit 10",
      facts: { $0.isStaging = true }),
    AdmissionRow(
      claim: "a proprietary licence taints P", errno: nil, taint: "P", evidence: "set_license",
      facts: { $0.licence = "CDDL" }),
    AdmissionRow(
      claim: "no licence is 'unspecified': P", errno: nil, taint: "P", evidence: "set_license",
      facts: { $0.licence = "" }),
    AdmissionRow(
      claim: "licences are compared exactly", errno: nil, taint: "P",
      evidence: "license_is_gpl_compatible", facts: { $0.licence = "gpl" }),
    AdmissionRow(
      claim: "a licence with a NUL byte passes as what stands before it", errno: nil,
      evidence: "the 2004 case; strcmp in license_is_gpl_compatible",
      facts: { $0.licence = "GPL\0for files in the \"GPL\" directory" }),
    AdmissionRow(
      claim: "names that lied about their licence are P", errno: nil, taint: "P",
      evidence: "module_license_taint_check", facts: { $0.name = "driverloader" }),
    AdmissionRow(
      claim: "a livepatch taints K", eras: signed, errno: nil, taint: "K",
      evidence: "check_modinfo_livepatch", facts: { $0.isLivepatch = true }),
    AdmissionRow(
      claim: "a test module taints N since the letter exists", eras: [.v6_1] + new, errno: nil,
      taint: "N", evidence: "TAINT_TEST, absent in 5.10.223", facts: { $0.isTest = true }),
    AdmissionRow(
      claim: "and nothing before", eras: [.v2_6, .v5_10], errno: nil,
      evidence: "kernel/panic.c taint_flags 5.10.223", facts: { $0.isTest = true }),
    AdmissionRow(
      claim: "ndiswrapper taints P and keeps what is GPL-only", errno: nil, taint: "P",
      evidence: "module_license_taint_check: the kernel is tainted, the module is not",
      facts: {
        $0.name = "ndiswrapper"
        $0.usesGPLOnly = true
      }),
    AdmissionRow(
      claim: "lve is P whatever it says", errno: "ENOENT", check: .symbols, taint: "P",
      spendsMemory: true, evidence: "module_license_taint_check",
      facts: {
        $0.name = "lve"
        $0.usesGPLOnly = true
      }),
    AdmissionRow(
      claim: "a dependency on its way out", errno: "ENOENT", check: .symbols, spendsMemory: true,
      evidence: "strong_try_module_get, MODULE_STATE_GOING", facts: { $0.needs = ["y"] },
      state: {
        var other = LinuxLiveModule(LinuxModuleFacts(name: "y"))
        other.state = .going
        $0.modules = [other]
      }),
    AdmissionRow(
      claim: "arguments that lie nowhere", errno: "EFAULT", check: .arguments, spendsMemory: true,
      evidence: "strndup_user", facts: { $0.hasBadArguments = true }),
    AdmissionRow(
      claim: "no page tables for the permissions", errno: "ENOMEM", check: .permissions,
      spendsMemory: true, evidence: "complete_formation", facts: { $0.failsPermissions = true }),
    AdmissionRow(
      claim: "the per-CPU reserve is 8 KiB", errno: "ENOMEM", check: .perCPU, spendsMemory: true,
      evidence: "PERCPU_MODULE_RESERVE", facts: { $0.perCPUBytes = 8193 }),
    AdmissionRow(
      claim: "all of the per-CPU reserve can be used", errno: nil,
      evidence: "pcpu_alloc from pcpu_reserved_chunk", facts: { $0.perCPUBytes = 8192 }),
    AdmissionRow(
      claim: "exports without checksums are forced: F", errno: nil, taint: "F",
      evidence: "check_export_symbol_versions", facts: { $0.exportsLackChecksums = true }),
    AdmissionRow(
      claim: "a module: namespace may not be imported", eras: [.v7_3], errno: "EPERM",
      check: .moduleNamespace, spendsMemory: true, evidence: "7.3 verify_module_namespace",
      facts: { $0.importsModuleNamespace = true }),
    AdmissionRow(
      claim: "an unknown symbol", errno: "ENOENT", check: .symbols, spendsMemory: true,
      evidence: "simplify_symbols", facts: { $0.hasUnknownSymbol = true }),
    AdmissionRow(
      claim: "insmod before its dependency", errno: "ENOENT", check: .symbols,
      spendsMemory: true, evidence: "resolve_symbol_wait", facts: { $0.needs = ["y"] }),
    AdmissionRow(
      claim: "a dependency still initialising", errno: "EBUSY", check: .symbols,
      spendsMemory: true, evidence: "resolve_symbol_wait, 30 s", facts: { $0.needs = ["y"] },
      state: {
        var other = LinuxLiveModule(LinuxModuleFacts(name: "y"))
        other.state = .coming
        $0.modules = [other]
      }),
    AdmissionRow(
      claim: "a proprietary module and a GPL-only symbol; the kernel stays tainted",
      errno: "ENOENT", check: .symbols, taint: "P", spendsMemory: true,
      evidence: "find_symbol gplok",
      facts: {
        $0.licence = "Proprietary"
        $0.usesGPLOnly = true
      }),
    AdmissionRow(
      claim: "symbols of a proprietary module make the user proprietary", eras: signed,
      errno: nil, taint: "P", evidence: "inherit_taint", facts: { $0.needs = ["y"] },
      state: { $0.modules = [AdmissionMatrixTests.proprietary] }),
    AdmissionRow(
      claim: "unless it uses GPL-only symbols: refused", eras: signed, errno: "ENOENT",
      check: .symbols, spendsMemory: true, evidence: "inherit_taint",
      facts: {
        $0.needs = ["y"]
        $0.usesGPLOnly = true
      }, state: { $0.modules = [AdmissionMatrixTests.proprietary] }),
    AdmissionRow(
      claim: "a symbol's checksum differs", errno: "EINVAL", check: .symbols, spendsMemory: true,
      evidence: "check_version", facts: { $0.symbolChecksums = .wrong }),
    AdmissionRow(
      claim: "a symbol's checksum is missing", errno: "EINVAL", check: .symbols,
      spendsMemory: true, evidence: "check_version", facts: { $0.symbolChecksums = .missing }),
    AdmissionRow(
      claim: "a namespace not imported", eras: signed, errno: "EINVAL", check: .symbols,
      spendsMemory: true, evidence: "verify_namespace_is_imported",
      facts: { $0.lacksNamespace = true }),
    AdmissionRow(
      claim: "an unknown relocation", errno: "ENOEXEC", check: .relocations, spendsMemory: true,
      evidence: "apply_relocate_add", facts: { $0.hasBadRelocation = true }),
    AdmissionRow(
      claim: "an exported symbol exists already", errno: "ENOEXEC", check: .exportClash,
      spendsMemory: true, evidence: "verify_exported_symbols", facts: { $0.exports = ["f"] },
      state: {
        var facts = LinuxModuleFacts(name: "y")
        facts.exports = ["e", "f"]
        $0.modules = [LinuxLiveModule(facts)]
      }),
    AdmissionRow(
      claim: "a bad parameter", errno: "EINVAL", check: .parameters, spendsMemory: true,
      evidence: "parse_args", facts: { $0.hasBadParameter = true }),
    AdmissionRow(
      claim: "init fails", errno: "ENODEV", check: .initialisation, spendsMemory: true,
      evidence: "do_init_module", facts: { $0.initResult = -19 }),
  ]

  static var proprietary: LinuxLiveModule {
    var module = LinuxLiveModule(LinuxModuleFacts(name: "y"))
    module.taints = .proprietary
    return module
  }

  @Test(arguments: 0..<rows.count)
  func `the answer is the kernel's, and so is what it leaves behind`(_ index: Int) {
    let row = Self.rows[index]
    for era in row.eras {
      var facts = LinuxModuleFacts(name: "x")
      facts.vermagic = "6.1.0 SMP preempt mod_unload modversions"
      row.facts(&facts)
      var state = LinuxKernelState(era: era)
      state.vermagic = "6.1.0 SMP preempt mod_unload modversions"
      row.state(&state)
      var admission = LinuxAdmission(facts, request: row.request, state: state)
      let early = admission.beforeMemory()
      let refusal = early ?? admission.afterMemory()
      let what = "\(era.rawValue): \(row.claim) (\(row.evidence))"
      #expect(refusal?.errno == row.errno, "\(what)")
      #expect(refusal?.check == row.check, "\(what)")
      #expect((refusal != nil && early == nil) == row.spendsMemory, "\(what)")
      #expect(admission.state.taint.letters == row.taint, "\(what)")
      #expect(
        admission.state.modules.contains { $0.facts.name == facts.name }
          == (refusal == nil || row.check == .name || row.check == .nameAgain), "\(what)")
    }
  }

  @Test func `every era has its checks once and in the order of the 7.3 numbering after memory`() {
    for era in LinuxEra.allCases {
      let order = LinuxCheck.order(era)
      #expect(Set(order).count == order.count)
      #expect(order.count { $0 == .memory } == 1)
    }
    let newest = LinuxCheck.order(.v7_3).map(\.rawValue)
    #expect(newest == Array(0...22))
  }

  @Test func `taint letters stand in bit order`() {
    let all: LinuxTaint = [.proprietary, .outOfTree, .unsigned]
    #expect(all.letters == "POE")
    #expect(all.rawValue == 12289)
    #expect(all.oopsText.hasPrefix("P           OE"))
    #expect(LinuxTaint().oopsText.hasPrefix("G "))
  }
}

@Suite struct LinuxRemovalTests {
  static func state(_ change: (inout LinuxLiveModule) -> Void = { _ in }) -> LinuxKernelState {
    var state = LinuxKernelState(era: .v6_12)
    var module = LinuxLiveModule(LinuxModuleFacts(name: "x"))
    change(&module)
    state.modules = [module]
    return state
  }

  @Test func `removal is refused in the kernel's order`() {
    var state = Self.state()
    #expect(LinuxRemoval.refusal(of: "x", &state) == nil)
    #expect(LinuxRemoval.refusal(of: "y", &state)?.errno == "ENOENT")
    #expect(LinuxRemoval.refusal(of: "x", isPrivileged: false, &state)?.errno == "EPERM")
    state.modulesDisabled = true
    #expect(LinuxRemoval.refusal(of: "y", &state)?.errno == "EPERM")
    var used = Self.state()
    var user = LinuxModuleFacts(name: "z")
    user.needs = ["x"]
    used.modules.append(LinuxLiveModule(user))
    #expect(LinuxRemoval.refusal(of: "x", isForced: true, &used)?.errno == "EWOULDBLOCK")
    var coming = Self.state { $0.state = .coming }
    #expect(LinuxRemoval.refusal(of: "x", &coming)?.errno == "EBUSY")
  }

  @Test func `force removes what is in use or has no exit, and taints R`() {
    for change: (inout LinuxLiveModule) -> Void in [
      { $0.references = 2 }, { $0.facts.hasExit = false },
    ] {
      var state = Self.state(change)
      let plain = LinuxRemoval.refusal(of: "x", &state)?.errno
      #expect(plain == "EWOULDBLOCK" || plain == "EBUSY")
      #expect(state.taint.isEmpty)
      #expect(LinuxRemoval.refusal(of: "x", isForced: true, &state) == nil)
      #expect(state.taint.letters == "R")
      state.allowsForcedUnload = false
      #expect(LinuxRemoval.refusal(of: "x", isForced: true, &state)?.errno == plain)
    }
  }
}
