/// What a module's file says, as far as admission looks at it.
public struct LinuxModuleFacts: Hashable, Sendable {
  /// Outcome of checking the signature at the file's end.
  public enum Signature: String, CaseIterable, Sendable {
    case valid
    /// No marker string at the end (ENODATA).
    case missing
    /// Signed by a key the kernel does not have (ENOKEY).
    case unknownKey
    /// Digest or cipher the kernel lacks (ENOPKG).
    case unknownAlgorithm
    /// Good key, wrong digest (EKEYREJECTED).
    case wrongDigest
    /// A marker and rubbish before it (EBADMSG).
    case malformed
  }

  /// A checksum of an imported symbol against the kernel's.
  public enum Checksum: String, CaseIterable, Sendable {
    case right, wrong, missing
  }

  public var name: String
  /// The first `license` tag; a NUL byte in it is kept.
  public var licence = "GPL"
  public var signature = Signature.valid
  public var isElfValid = true
  public var isInTree = true
  public var isStaging = false
  public var isLivepatch = false
  public var isTest = false
  /// Empty when the file has none.
  public var vermagic = ""
  public var hasChecksums = true
  public var layoutChecksum = Checksum.right
  public var symbolChecksums = Checksum.right
  /// Uses symbols exported with `EXPORT_SYMBOL_GPL`.
  public var usesGPLOnly = false
  /// Modules whose symbols it uses.
  public var needs: [String] = []
  /// Uses a symbol nobody exports.
  public var hasUnknownSymbol = false
  /// Uses a symbol of a namespace it does not import.
  public var lacksNamespace = false
  /// Imports a namespace reserved for named modules.
  public var importsModuleNamespace = false
  /// Symbols it exports, for clashes with others.
  public var exports: [String] = []
  public var exportsLackChecksums = false
  public var hasWritableCode = false
  public var perCPUBytes: UInt64 = 0
  public var hasBadRelocation = false
  /// The pointer to the arguments leads nowhere.
  public var hasBadArguments = false
  /// Page tables for the module's permissions find no memory.
  public var failsPermissions = false
  public var hasBadParameter = false
  /// What its init function returns: 0 or a negative errno.
  public var initResult = 0
  public var hasInit = true
  public var hasExit = true

  public init(name: String) { self.name = name }

  /// The facts a catalog knows. A licence's NUL byte is written `\0` there.
  public init(_ module: KernelModule) {
    name = module.name
    licence =
      module.license.split(separator: ";", omittingEmptySubsequences: false).first
      .map { $0.replacing("\\0", with: "\0") }.map { String($0) } ?? ""
    if module.path.isEmpty && module.license.isEmpty { licence = "GPL" }
    signature = module.isSigned ? .valid : .missing
    isInTree = module.isInTree
    isStaging = module.path.hasPrefix("drivers/staging/")
    vermagic = module.vermagic
    hasChecksums = module.vermagic.contains("modversions")
    needs = module.dependencies
    perCPUBytes = module.sections.perCPU
  }
}

/// A module that is in the kernel, as admission and removal see it.
public struct LinuxLiveModule: Hashable, Sendable {
  public enum State: String, Sendable { case live, coming, going }

  public var facts: LinuxModuleFacts
  public var taints: LinuxTaint = []
  public var state = State.live
  /// References other than by modules: open files, mounts, timers.
  public var references = 0

  public init(_ facts: LinuxModuleFacts) { self.facts = facts }
}

/// Everything in the kernel that admission depends on.
public struct LinuxKernelState: Hashable, Sendable {
  /// Kernel lockdown levels.
  public enum Lockdown: String, CaseIterable, Sendable, Comparable {
    case none, integrity, confidentiality
    public static func < (a: Lockdown, b: Lockdown) -> Bool {
      (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
    }
  }

  public var era: LinuxEra
  /// The kernel's own; empty matches every module.
  public var vermagic = ""
  public var modulesDisabled = false
  public var signaturesEnforced = false
  public var lockdown = Lockdown.none
  /// `module_blacklist=` of the kernel command line.
  public var blacklist: [String] = []
  /// `CONFIG_MODULE_FORCE_LOAD` and `CONFIG_MODULE_FORCE_UNLOAD`; Debian sets both.
  public var allowsForcedLoad = true
  public var allowsForcedUnload = true
  public var hasLivepatch = true
  public var hasModversions = true
  public var taint: LinuxTaint = []
  /// In load order.
  public var modules: LinuxModuleList = []
  /// Reserve all modules' per-CPU data share (PERCPU_MODULE_RESERVE).
  public var perCPUReserve: UInt64 = 8192

  public init(era: LinuxEra) { self.era = era }

  public func module(_ name: String) -> LinuxLiveModule? {
    modules[name]
  }

  /// Names of the modules that use `name`.
  public func users(of name: String) -> [String] {
    modules.filter { $0.facts.needs.contains(name) }.map(\.facts.name)
  }

  /// Bytes of the per-CPU reserve in use.
  public var perCPUUsed: UInt64 { modules.perCPUBytes }
}

/// How a load was asked for.
public struct LinuxLoadRequest: Hashable, Sendable {
  /// The caller has CAP_SYS_MODULE.
  public var isPrivileged = true
  /// Bits of `finit_module`: 1 ignore modversions, 2 ignore vermagic, 4 compressed.
  public var flags = 0

  public init(isPrivileged: Bool = true, flags: Int = 0) {
    self.isPrivileged = isPrivileged
    self.flags = flags
  }

  /// `modprobe -f`, `insmod -f`.
  public static let forced = LinuxLoadRequest(flags: 3)
}
