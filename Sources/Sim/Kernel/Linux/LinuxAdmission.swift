/// The checks of `load_module`, numbered as they come in 7.3.
public enum LinuxCheck: Int, CaseIterable, Sendable {
  case privilege = 0
  case signature = 1
  case elf = 2
  case blacklist = 3
  case layoutChecksum = 4
  case vermagic = 5
  case livepatch = 6
  case name = 7
  case writableCode = 8
  case memory = 9
  case nameAgain = 10
  case taints = 11
  case perCPU = 12
  case exportChecksums = 13
  case moduleNamespace = 14
  case symbols = 15
  case relocations = 16
  case arguments = 17
  case exportClash = 18
  case permissions = 19
  case parameters = 20
  case tracepoint = 21
  case initialisation = 22
  /// Up to 6.1: O, C, K and P are set inside the layout step, before memory.
  case earlyTaints = 101
  /// Up to 6.1: E is set once the name is in the list.
  case unsignedTaint = 102

  /// The checks of an era in its order; `memory` separates those that refuse for free from those
  /// whose refusal has already cost an allocation.
  ///
  /// Source: kernel/module.c of 5.10.223, kernel/module/main.c of 6.1.192, 6.12.117, 7.3.4; 2.6
  /// recalled.
  public static func order(_ era: LinuxEra) -> [LinuxCheck] {
    let end: [LinuxCheck] = [
      .symbols, .relocations, .arguments, .exportClash, .permissions, .parameters, .tracepoint,
      .initialisation,
    ]
    if era == .v2_6 {
      return [.privilege, .elf, .layoutChecksum, .vermagic, .earlyTaints, .memory, .nameAgain]
        + [.perCPU, .exportChecksums] + end
    }
    if !era.checksNameEarly {
      return [.privilege, .signature, .elf, .blacklist, .layoutChecksum, .vermagic, .earlyTaints]
        + [.livepatch, .writableCode, .memory, .nameAgain, .unsignedTaint, .perCPU]
        + [.exportChecksums] + end
    }
    return [.privilege, .signature, .elf, .blacklist, .layoutChecksum, .vermagic, .livepatch]
      + [.name, .writableCode, .memory, .nameAgain, .taints, .perCPU, .exportChecksums]
      + (era >= .v7_3 ? [.moduleNamespace] : []) + end
  }
}

/// Why a load or unload was refused, and what it left behind.
public struct LinuxRefusal: Hashable, Sendable {
  public var check: LinuxCheck
  /// `EKEYREJECTED`.
  public var errno: String
  /// What the kernel logs; what the tool prints where the kernel is silent.
  public var message: String
}

/// One run of `load_module` over a kernel's state: pure rules, no memory, no addresses.
public struct LinuxAdmission: Sendable {
  public private(set) var state: LinuxKernelState
  public let facts: LinuxModuleFacts
  public let request: LinuxLoadRequest
  /// Taints of the module so far; they are the kernel's as well.
  public private(set) var taints: LinuxTaint = []
  public private(set) var log: [String] = []
  private var signatureIsGood = true

  public init(
    _ facts: LinuxModuleFacts, request: LinuxLoadRequest = LinuxLoadRequest(),
    state: LinuxKernelState
  ) {
    self.facts = facts
    self.request = request
    self.state = state
  }

  /// The checks before memory is taken. Nil admits so far.
  public mutating func beforeMemory() -> LinuxRefusal? {
    run(LinuxCheck.order(state.era).prefix { $0 != .memory })
  }

  /// The checks after. Nil: the module is live and in the state's list.
  public mutating func afterMemory() -> LinuxRefusal? {
    if let refusal = run(LinuxCheck.order(state.era).drop { $0 != .memory }.dropFirst()) {
      return refusal
    }
    var live = LinuxLiveModule(facts)
    live.taints = taints
    state.modules.append(live)
    return nil
  }

  private mutating func run(_ checks: some Sequence<LinuxCheck>) -> LinuxRefusal? {
    for check in checks {
      if let (errno, message) = failure(check) {
        return LinuxRefusal(check: check, errno: errno, message: message)
      }
    }
    return nil
  }

  private typealias Failure = (errno: String, message: String)

  private mutating func failure(_ check: LinuxCheck) -> Failure? {
    let name = facts.name
    switch check {
    case .privilege: return privilege()
    case .signature: return signature()
    case .elf: return facts.isElfValid ? nil : ("ENOEXEC", "Invalid module format")
    case .blacklist:
      return state.blacklist.contains(name) ? ("EPERM", "Module \(name) is blacklisted") : nil
    case .layoutChecksum: return layoutChecksum()
    case .vermagic: return vermagic()
    case .livepatch:
      return facts.isLivepatch && !state.hasLivepatch
        ? (
          "ENOEXEC",
          "\(name): module is marked as livepatch module, but livepatch support is "
            + "disabled"
        ) : nil
    case .name, .nameAgain: return nameIsTaken()
    case .writableCode:
      return facts.hasWritableCode
        ? ("ENOEXEC", "\(name): section has invalid WRITE|EXEC flags") : nil
    case .earlyTaints:
      add(treeTaints)
      return nil
    case .unsignedTaint:
      add(signatureIsGood ? [] : .unsigned)
      return nil
    case .taints:
      add(treeTaints)
      add(signatureIsGood ? [] : .unsigned)
      return nil
    case .perCPU:
      let fits = state.perCPUUsed &+ facts.perCPUBytes <= state.perCPUReserve
      return fits
        ? nil : ("ENOMEM", "\(name): Could not allocate \(facts.perCPUBytes) bytes percpu data")
    case .exportChecksums:
      guard facts.exportsLackChecksums && state.hasModversions else { return nil }
      return force("no versions for exported symbols")
    case .moduleNamespace:
      return facts.importsModuleNamespace
        ? ("EPERM", "\(name): module tries to import module namespace") : nil
    case .symbols: return symbols()
    case .relocations:
      return facts.hasBadRelocation ? ("ENOEXEC", "\(name): Unknown rela relocation") : nil
    case .exportClash: return exportClash()
    case .parameters:
      return facts.hasBadParameter ? ("EINVAL", "\(name): parameter invalid for its type") : nil
    case .initialisation:
      return facts.initResult < 0
        ? (LinuxErrno.name(facts.initResult), "init returned \(facts.initResult)") : nil
    case .memory, .arguments, .permissions, .tracepoint: return nil
    }
  }

  private func privilege() -> Failure? {
    if !request.isPrivileged || state.modulesDisabled {
      return ("EPERM", "Operation not permitted")
    }
    return request.flags & ~state.era.validFlags == 0 ? nil : ("EINVAL", "Invalid argument")
  }

  /// `module_sig_check`.
  private mutating func signature() -> Failure? {
    let considered = state.era >= .v6_1 ? request.flags & 3 == 0 : request.flags == 0
    let signature = considered ? facts.signature : .missing
    let reason: String
    switch signature {
    case .valid: return nil
    case .missing: reason = "unsigned module"
    case .unknownAlgorithm: reason = "module with unsupported crypto"
    case .unknownKey: reason = "module with unavailable key"
    case .wrongDigest: return ("EKEYREJECTED", "Key was rejected by service")
    case .malformed: return ("EBADMSG", "Bad message")
    }
    signatureIsGood = false
    if state.signaturesEnforced {
      return ("EKEYREJECTED", "Loading of \(reason) is rejected")
    }
    if state.lockdown >= .integrity {
      return (
        "EPERM", "Lockdown: unsigned module loading is restricted; see man kernel_lockdown.7"
      )
    }
    return nil
  }

  private mutating func layoutChecksum() -> Failure? {
    guard state.hasModversions, facts.hasChecksums, request.flags & 1 == 0 else { return nil }
    switch facts.layoutChecksum {
    case .right, .missing: return nil
    case .wrong:
      return ("ENOEXEC", "\(facts.name): disagrees about version of symbol module_layout")
    }
  }

  private mutating func vermagic() -> Failure? {
    if facts.vermagic.isEmpty || request.flags & 2 != 0 {
      return state.vermagic.isEmpty && facts.vermagic.isEmpty && request.flags & 2 == 0
        ? nil : force("bad vermagic")
    }
    guard !state.vermagic.isEmpty else { return nil }
    let skipsRelease = facts.hasChecksums && request.flags & 1 == 0
    func compared(_ text: String) -> Substring {
      skipsRelease ? text.drop { $0 != " " } : text[...]
    }
    guard compared(facts.vermagic) != compared(state.vermagic) else { return nil }
    return (
      "ENOEXEC",
      "\(facts.name): version magic '\(facts.vermagic)' should be '\(state.vermagic)'"
    )
  }

  /// `try_to_force_load`.
  private mutating func force(_ reason: String) -> Failure? {
    guard state.allowsForcedLoad else { return ("ENOEXEC", "\(facts.name): \(reason)") }
    add(.forcedLoad)
    return nil
  }

  private func nameIsTaken() -> Failure? {
    guard let other = state.module(facts.name) else { return nil }
    switch other.state {
    case .live: return ("EEXIST", "File exists")
    case .coming, .going: return ("EBUSY", "Device or resource busy")
    }
  }

  /// O, C, K, P and N; N is a letter since 5.18.
  private var treeTaints: LinuxTaint {
    var taints: LinuxTaint = []
    if !facts.isInTree && state.era >= .v5_10 { taints.insert(.outOfTree) }
    if facts.isStaging { taints.insert(.staging) }
    if facts.isLivepatch && state.hasLivepatch { taints.insert(.livepatch) }
    if facts.isTest && state.era >= .v6_1 { taints.insert(.test) }
    if !LinuxLicence.isCompatible(facts.licence)
      || LinuxLicence.forcedProprietary.contains(facts.name) || facts.name == "ndiswrapper"
    {
      taints.insert(.proprietary)
    }
    return taints
  }

  private mutating func symbols() -> Failure? {
    let name = facts.name
    // ndiswrapper taints the kernel but keeps what GPL modules may use.
    let isProprietary = taints.contains(.proprietary) && name != "ndiswrapper"
    for owner in facts.needs {
      guard let module = state.module(owner) else {
        return ("ENOENT", "\(name): Unknown symbol of \(owner) (err -2)")
      }
      switch module.state {
      case .coming: return ("EBUSY", "\(name): gave up waiting for init of module \(owner)")
      case .going: return ("ENOENT", "\(name): Unknown symbol of \(owner) (err -2)")
      case .live: break
      }
      if module.taints.contains(.proprietary) && !isProprietary && state.era >= .v5_10 {
        if facts.usesGPLOnly {
          return (
            "ENOENT",
            "\(name): module using GPL-only symbols uses symbols from proprietary "
              + "module \(owner)."
          )
        }
        add(.proprietary)
      }
    }
    if facts.hasUnknownSymbol { return ("ENOENT", "\(name): Unknown symbol (err -2)") }
    if facts.usesGPLOnly && isProprietary {
      return ("ENOENT", "\(name): Unknown symbol, GPL-only (err -2)")
    }
    if state.hasModversions && request.flags & 1 == 0 && facts.hasChecksums {
      switch facts.symbolChecksums {
      case .right: break
      case .wrong: return ("EINVAL", "\(name): disagrees about version of symbol")
      case .missing: return ("EINVAL", "\(name): no symbol version")
      }
    }
    if facts.lacksNamespace && state.era >= .v5_10 {
      return ("EINVAL", "\(name): module uses symbol from a namespace, but does not import it.")
    }
    return nil
  }

  private func exportClash() -> Failure? {
    for module in state.modules where module.facts.name != facts.name {
      if let symbol = facts.exports.first(where: { module.facts.exports.contains($0) }) {
        return (
          "ENOEXEC",
          "\(facts.name): exports duplicate symbol \(symbol) (owned by \(module.facts.name))"
        )
      }
    }
    return nil
  }

  private mutating func add(_ new: LinuxTaint) {
    let name = facts.name
    let fresh = new.subtracting(taints)
    taints.formUnion(new)
    state.taint.formUnion(new)
    if fresh.contains(.proprietary) {
      log.append(
        "\(name): module license '\(LinuxLicence.asRead(facts.licence))' taints kernel.")
    }
    if fresh.contains(.outOfTree) {
      log.append("\(name): loading out-of-tree module taints kernel.")
    }
    if fresh.contains(.staging) {
      log.append(
        "\(name): module is from the staging directory, the quality is unknown, you have been "
          + "warned.")
    }
    if fresh.contains(.unsigned) {
      log.append(
        "\(name): module verification failed: signature and/or required key missing - tainting "
          + "kernel")
    }
  }
}
