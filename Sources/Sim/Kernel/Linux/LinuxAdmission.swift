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

  typealias Failure = (errno: String, message: String)

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
    case .arguments: return facts.hasBadArguments ? ("EFAULT", "Bad address") : nil
    case .permissions: return facts.failsPermissions ? ("ENOMEM", "Cannot allocate memory") : nil
    case .memory, .tracepoint: return nil
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

  mutating func add(_ new: LinuxTaint) {
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
