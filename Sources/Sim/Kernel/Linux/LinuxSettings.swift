/// Settings of a running or booting kernel, and what a trace line says of a module.
extension LinuxRules {
  static let settings = [
    "modules_disabled", "sig_enforce", "lockdown", "module_blacklist", "blacklist", "nomodule",
    "vermagic", "force_load", "force_unload", "references", "alias", "install", "softdep",
  ]

  public mutating func set(
    _ name: String, _ value: String, _ event: LifecycleEvent
  ) -> Verdict {
    switch name {
    case "modules_disabled", "kernel.modules_disabled", "nomodule":
      // proc_dointvec_minmax with both bounds 1.
      guard value == "1" || name == "nomodule" else {
        return Verdict(.refused, code: "EINVAL", message: "only 1 can be written")
      }
      edit { $0.modulesDisabled = true }
    case "sig_enforce", "module.sig_enforce":
      guard value == "1" || value == "y" || value == "Y" else {
        return state.signaturesEnforced
          ? Verdict(.refused, code: "EROFS", message: "enforcement cannot be taken back")
          : Verdict(.done)
      }
      edit { $0.signaturesEnforced = true }
    case "lockdown":
      guard let level = LinuxKernelState.Lockdown(rawValue: value) else {
        return Verdict(.refused, code: "EINVAL", message: "no lockdown level '\(value)'")
      }
      guard level >= state.lockdown else {
        return Verdict(.refused, code: "EPERM", message: "lockdown can only be raised")
      }
      edit { $0.lockdown = level }
    case "module_blacklist": edit { $0.blacklist = LinuxRules.list(value) }
    case "blacklist", "modprobe.blacklist": setToolBlacklist(LinuxRules.list(value))
    case "vermagic": edit { $0.vermagic = value.replacingUnderscores }
    case "force_load": edit { $0.allowsForcedLoad = value != "no" }
    case "force_unload": edit { $0.allowsForcedUnload = value != "no" }
    default:
      if let words = LinuxRules.configurationLine(name, value) {
        let problem = configure(words)
        return problem.map { Verdict(.refused, message: $0) } ?? Verdict(.done)
      }
      if name.hasPrefix("references."), let count = Int(value) {
        setReferences(String(name.dropFirst(11)), count)
        return Verdict(.done)
      }
      return Verdict(
        .refused, code: "ENOENT",
        message: "unknown setting '\(name)'" + suggestion(for: name, in: LinuxRules.settings))
    }
    return Verdict(.done)
  }

  static func list(_ value: String) -> [String] {
    value.split(separator: ",").map { String($0.map { $0 == "-" ? "_" : $0 }) }
  }

  /// How a line's caller asks.
  static func load(_ request: ModuleRequest) -> LinuxLoadRequest {
    let event = request.event
    var load = LinuxLoadRequest()
    load.isPrivileged = event.flag("privileged") ?? true
    guard !request.isDependency else { return load }
    if event.flag("-f") == true || event.flag("--force") == true { load = .forced }
    if let flags = event["flags"].flatMap({ Int($0) }) { load.flags = flags }
    load.isPrivileged = event.flag("privileged") ?? true
    return load
  }

  /// The catalog's facts, changed by what the line says. A dependency keeps the catalog's.
  static func facts(
    of module: KernelModule, _ request: ModuleRequest, kernel vermagic: String
  ) -> LinuxModuleFacts {
    var facts = LinuxModuleFacts(module)
    if module.path.isEmpty && module.vermagic.isEmpty {
      facts.vermagic = vermagic
      facts.hasChecksums = vermagic.contains("modversions")
    }
    guard !request.isDependency else { return facts }
    let event = request.event
    if let licence = event["license"] ?? event["licence"] { facts.licence = licence.unescaped }
    if let signed = event["signed"] {
      facts.signature =
        LinuxModuleFacts.Signature(rawValue: signed)
        ?? (event.flag("signed") == true ? .valid : .missing)
    }
    facts.isInTree = event.flag("intree") ?? facts.isInTree
    facts.isStaging = event.flag("staging") ?? facts.isStaging
    facts.isLivepatch = event.flag("livepatch") ?? false
    facts.isTest = event.flag("test") ?? false
    if let vermagic = event["vermagic"] {
      facts.vermagic = vermagic == "none" ? "" : vermagic.replacingUnderscores
    }
    facts.isElfValid = event["elf"] != "bad"
    facts.hasWritableCode = event["wx"] == "yes"
    if let crc = event["crc"].flatMap({ LinuxModuleFacts.Checksum(rawValue: $0) }) {
      facts.symbolChecksums = crc
    }
    if let crc = event["layoutcrc"].flatMap({ LinuxModuleFacts.Checksum(rawValue: $0) }) {
      facts.layoutChecksum = crc
    }
    if event["crc"] != nil || event["layoutcrc"] != nil { facts.hasChecksums = true }
    facts.perCPUBytes = event["percpu"].flatMap { ByteCount($0)?.bytes } ?? facts.perCPUBytes
    facts.usesGPLOnly = event.flag("gplonly") ?? false
    facts.hasUnknownSymbol = event["symbols"] == "missing"
    facts.lacksNamespace = event["namespace"] == "missing"
    facts.importsModuleNamespace = event["namespace"] == "module"
    facts.exports = list(event["exports"] ?? "")
    facts.hasBadArguments = event["args"] == "bad"
    facts.failsPermissions = event["permissions"] == "bad"
    facts.hasBadParameter = event["param"] == "bad"
    facts.hasBadRelocation = event["relocation"] == "bad"
    if let result = event["init"].flatMap({ LinuxErrno.number($0) }) {
      facts.initResult = -result
    }
    facts.hasExit = event.flag("exit") ?? true
    return facts
  }
}

extension String {
  /// A NUL byte is written `\0`, a blank `_` would be ambiguous in licences, so `\s`.
  fileprivate var unescaped: String {
    var result = ""
    var escaped = false
    for character in self {
      if escaped {
        switch character {
        case "0": result.append("\0")
        case "s": result.append(" ")
        default: result.append(character)
        }
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else {
        result.append(character)
      }
    }
    return result
  }

  /// A trace's words hold no blanks: a vermagic writes them as `_`.
  fileprivate var replacingUnderscores: String { String(map { $0 == "_" ? " " : $0 }) }
}
