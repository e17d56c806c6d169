/// Linux's tools and loader: modprobe, insmod, rmmod over the era's checks.
///
/// On a trace line these attributes change what the catalog says of a module: `license=` (a NUL
/// byte is written `\0`), `signed=yes|no|unknownKey|unknownAlgorithm|wrongDigest|malformed`,
/// `intree=`, `staging=`, `vermagic=`, `elf=bad`, `crc=wrong|missing`, `layoutcrc=wrong`,
/// `gplonly=yes`, `symbols=missing`, `namespace=missing`, `exports=a,b`, `param=bad`, `args=bad`,
/// `permissions=bad`, `percpu=600`, `init=-19`, `exit=no`, `references=1`; these the caller:
/// `privileged=no`, `flags=3`, `-f`, `--first-time`. `vermagic=none` is a file without one; a
/// module nothing is known of, stated by the trace alone, has the kernel's.
public struct LinuxRules: SystemRules {
  public private(set) var state: LinuxKernelState
  /// `blacklist` lines of modprobe's configuration, and `modprobe.blacklist=`.
  public private(set) var toolBlacklist: [String] = []
  /// modprobe's configuration.
  public var configuration = ModprobeConfiguration()
  /// State before a load's checks after memory, and the run they continue.
  private var pending: LinuxAdmission?
  /// Taints before the load under way: some kernels taint before they refuse.
  private var taintBefore: LinuxTaint = []
  private let initial: LinuxKernelState

  public init(_ profile: SystemProfile) {
    let era = profile.setting("era").flatMap { LinuxEra(rawValue: $0) } ?? .v6_1
    state = LinuxKernelState(era: era)
    initial = state
  }

  public let forms = [
    VerbForm("modprobe", .load), VerbForm("insmod", .insert), VerbForm("rmmod", .unload),
    VerbForm("modprobe -r", .unloadUnused), VerbForm("modprobe --remove", .unloadUnused),
    VerbForm("delete_module", .unload),
    VerbForm("finit_module", .insert), VerbForm("init_module", .insert),
    VerbForm("lsmod", .list), VerbForm("sysctl", .set),
  ]

  public let extensions = [".ko", ".ko.xz", ".ko.gz", ".ko.zst"]

  public let loadFollowsDependencies = true

  public mutating func admit(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict? {
    let event = request.event
    let isTool = event.verb != .insert
    guard let module = request.module else {
      return Verdict(
        .refused, code: "ENOENT", message: "Module \(event.module) not found in directory")
    }
    if isTool && state.module(module.name) != nil {
      guard event.flag("--first-time") == true, !request.isDependency else {
        return Verdict(.alreadyLoaded)
      }
      return Verdict(.refused, code: "EEXIST", message: "Module already in kernel")
    }
    if isTool, event.flag("-b") == true, isToolBlacklisted(module.name) {
      return Verdict(.refused, message: "blacklisted by modprobe's configuration")
    }
    if isTool, request.isDependency, let command = configuration.command(instead: module.name) {
      return Verdict(.done, message: "install command instead: \(command)")
    }
    // The kernel's own vermagic is that of the modules built with it.
    if state.vermagic.isEmpty { state.vermagic = module.vermagic }
    let facts = LinuxRules.facts(of: module, request, kernel: state.vermagic)
    var admission = LinuxAdmission(facts, request: LinuxRules.load(request), state: state)
    let refusal = admission.beforeMemory()
    taintBefore = state.taint
    state = admission.state
    pending = admission
    guard let refusal else { return nil }
    pending = nil
    return verdict(refusal, taintBefore: taintBefore, spentMemory: false)
  }

  public mutating func admitPlaced(
    _ request: ModuleRequest, _ kernel: SimulatedKernel
  ) -> Verdict? {
    guard var admission = pending else { return nil }
    // The admission's list gets the module: with one owner that copies nothing.
    pending = nil
    state.modules = []
    let refusal = admission.afterMemory()
    state = admission.state
    pending = admission
    guard let refusal else { return nil }
    pending = nil
    return verdict(refusal, taintBefore: taintBefore, spentMemory: true)
  }

  public mutating func didLoad(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict {
    guard let admission = pending else { return Verdict(.loaded) }
    pending = nil
    if let text = request.event["references"], !request.isDependency, let count = Int(text) {
      setReferences(admission.facts.name, count)
    }
    var effects = admission.taints.isEmpty ? [] : ["taint: \(admission.taints.letters)"]
    effects += admission.log
    if LinuxLicence.hidesText(admission.facts.licence) {
      effects.append(
        state.era >= .v7_3
          ? "licence holds a NUL byte: read as '\(LinuxLicence.asRead(admission.facts.licence))', "
            + "though such a module no longer compiles"
          : "licence holds a NUL byte: read as '\(LinuxLicence.asRead(admission.facts.licence))'")
    }
    return Verdict(.loaded, effects: effects)
  }

  public func outOfMemory(_ failure: MemoryFailure) -> Verdict {
    Verdict(.refused, code: "ENOMEM", message: "Cannot allocate memory: \(failure)")
  }

  public mutating func release(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict {
    let before = state.taint
    let event = request.event
    let isForced = event.flag("-f") == true || event.flag("--force") == true
    if let (errno, message) = LinuxRemoval.refusal(
      of: event.module, isPrivileged: event.flag("privileged") ?? true, isForced: isForced, &state)
    {
      return Verdict(.refused, code: errno, message: message)
    }
    state.modules.remove(event.module)
    let added = state.taint.subtracting(before)
    return Verdict(.unloaded, effects: added.isEmpty ? [] : ["taint: \(added.letters)"])
  }

  public mutating func use(_ name: String, by change: Int, at time: Double) -> Verdict {
    guard state.module(name) != nil else {
      return Verdict(.refused, message: "\(name) is not loaded")
    }
    setReferences(name, uses(of: name) + change)
    return Verdict(.done)
  }

  public func uses(of name: String) -> Int { state.module(name)?.references ?? 0 }

  public mutating func boot(_ event: LifecycleEvent) {
    state = initial
    toolBlacklist = []
    for attribute in event.attributes where attribute.name != "initrd" {
      _ = set(attribute.name, attribute.value, event)
    }
  }

  public var perCPUReserve: PerCPUReserve? {
    PerCPUReserve(reserve: state.perCPUReserve, used: state.perCPUUsed)
  }

  public func listing(_ kernel: SimulatedKernel) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
    var text = "Module                  Size  Used by\n"
    for image in kernel.loaded.reversed() {
      let name = image.module.name
      let count = image.users.count + uses(of: name)
      let users = image.users.joined(separator: ",")
      text += "\(padded(name, 19)) \(right(String(image.listedSize), 8))  \(count)"
      text += users.isEmpty ? "\n" : " \(users)\n"
    }
    return text
  }

  /// Lines of `/proc/modules`, newest first.
  public func procModules(_ kernel: SimulatedKernel) -> String {
    kernel.loaded.reversed().map { image in
      let live = state.module(image.module.name)
      let count = image.users.count + uses(of: image.module.name)
      var users = image.users.map { $0 + "," }.joined()
      if live?.facts.hasExit == false { users += "[permanent]," }
      let taints = live?.taints.letters ?? ""
      return "\(image.module.name) \(image.listedSize) \(count) \(users.isEmpty ? "-" : users) "
        + "Live \(hex(image.address(of: .text) ?? image.pieces.first?.range.lower ?? 0))"
        + (taints.isEmpty ? "\n" : " (\(taints))\n")
    }.joined()
  }

  private func verdict(
    _ refusal: LinuxRefusal, taintBefore: LinuxTaint, spentMemory: Bool
  ) -> Verdict {
    var effects: [String] = []
    let added = state.taint.subtracting(taintBefore)
    if !added.isEmpty { effects.append("taint: \(added.letters)") }
    if spentMemory { effects.append("memory spent and freed") }
    return Verdict(.refused, code: refusal.errno, message: refusal.message, effects: effects)
  }

  mutating func edit(_ change: (inout LinuxKernelState) -> Void) { change(&state) }

  mutating func setToolBlacklist(_ names: [String]) { toolBlacklist = names }

  mutating func setReferences(_ name: String, _ count: Int) {
    state.modules.setReferences(of: name, to: min(max(0, count), 1 << 40))
  }
}
