/// Facts the conditions of a profile look at, and the words they fill in.
extension ProfileRules {
  func code(_ rule: RequestRule) -> String? { rule.code.isEmpty ? nil : rule.code }

  func isIdle(_ name: String, _ kernel: SimulatedKernel, without gone: [String]) -> Bool {
    (residence[name]?.uses ?? 0) == 0
      && (kernel.image(of: name)?.users.allSatisfy { gone.contains($0) } ?? true)
  }

  /// A fact's value: what the line says, what the kernel knows, what was set, the default.
  func fact(
    _ name: String, _ request: ModuleRequest, _ kernel: SimulatedKernel, without gone: [String] = []
  ) -> String {
    if let value = supplied(name, request, kernel, without: gone) { return value }
    if let value = request.event[name], !value.isEmpty { return value }
    if let value = settings[name] ?? rules.fact(name) { return value }
    switch name {
    case "signed": return request.module?.isSigned == true ? "yes" : "no"
    case "license": return request.module?.license ?? ""
    default: return ""
    }
  }

  func supplied(
    _ name: String, _ request: ModuleRequest, _ kernel: SimulatedKernel, without gone: [String]
  ) -> String? {
    let module = request.name
    let here = residence[module]
    func word(_ truth: Bool) -> String { truth ? "yes" : "no" }
    switch name {
    case "module": return module
    case "found": return word(request.module != nil && request.event.flag("found") != false)
    case "loaded": return word(kernel.image(of: module) != nil)
    case "references": return String(here?.references ?? 0)
    case "dependents":
      return String(kernel.image(of: module)?.users.count { !gone.contains($0) } ?? 0)
    case "users": return kernel.image(of: module)?.users.joined(separator: ", ") ?? ""
    case "uses": return String(here?.uses ?? 0)
    case "pending": return word(here?.isPending ?? false)
    case "boot": return word(request.isFromBoot)
    case "fromBoot": return word(here?.isFromBoot ?? false)
    case "autoloaded": return word(here?.isAutoloaded ?? false)
    case "memory": return "free"
    case "missingDependency":
      return request.module?.dependencies.first {
        kernel.image(of: $0) == nil || residence[$0]?.isPending == true
      } ?? "none"
    case "size": return request.module.map { String($0.sections.size(of: .image)) } ?? "0"
    case "abiBranchEnd":
      let built = UInt64(fact("abi", request, kernel)) ?? 0
      let branch = UInt64(fact("abiBranch", request, kernel)) ?? 100_000
      return branch == 0 ? "0" : String((built / branch + 1) * branch - 1)
    case "outOfReach": return word(isOutOfReach(module, kernel))
    case "verb": return request.event.word
    case "perCPU": return String(bytes("percpu", request))
    case "perCPUTotal":
      let used = kernel.loaded.filter { $0.module.name != module }.reduce(UInt64(0)) {
        $0 &+ $1.module.sections.perCPU &+ stated("percpu", of: $1.module.name)
      }
      return String(used &+ bytes("percpu", request))
    case "vnet": return String(bytes("vnet", request))
    case "vnetTotal":
      let used = kernel.loaded.filter { $0.module.name != module }
        .reduce(UInt64(0)) { $0 &+ stated("vnet", of: $1.module.name) }
      return String(used &+ bytes("vnet", request))
    case "spaceTotal":
      let space = fact("space", request, kernel)
      let mine = kernel.loaded.filter { image in
        image.module.name != module
          && residence[image.module.name]?.attributes.first { $0.name == "space" }?.value == space
      }
      let size = request.module?.sections.size(of: .image) ?? 0
      return String(mine.reduce(size) { $0 &+ $1.listedSize })
    case "copies": return String(here?.copies ?? 0)
    case "time": return String(request.event.time)
    default: return nil
    }
  }

  /// Bytes of a kind the line states, and for per-CPU data the catalog's.
  private func bytes(_ name: String, _ request: ModuleRequest) -> UInt64 {
    let own = name == "percpu" ? request.module?.sections.perCPU ?? 0 : 0
    return own &+ (request.event[name].flatMap { ByteCount($0)?.bytes } ?? 0)
  }

  /// Bytes of a kind the line that loaded a module stated.
  private func stated(_ name: String, of module: String) -> UInt64 {
    residence[module]?.attributes.first { $0.name == name }.flatMap { ByteCount($0.value)?.bytes }
      ?? 0
  }

  /// Whether some byte of a placed module lies farther from the base image than a relocation spans.
  func isOutOfReach(_ name: String, _ kernel: SimulatedKernel) -> Bool {
    guard let image = kernel.image(of: name) else { return false }
    return image.pieces.contains { piece in
      let arena = profile.arena(profile.pieces[piece.profile].arena)
      guard let reach = arena?.reach, reach > 0, arena?.anchor != .belowText
      else { return false }
      let base = kernel.image.range
      let below = base.upper > piece.range.lower ? base.upper - piece.range.lower : 0
      let above = piece.range.upper > base.lower ? piece.range.upper - base.lower : 0
      return max(below, above) > reach
    }
  }

  /// `message` with facts in braces replaced by their values.
  func fill(
    _ message: String, _ request: ModuleRequest, _ kernel: SimulatedKernel
  ) -> String {
    replacing(message) { fact($0, request, kernel) }
  }

  func replacing(_ message: String, _ value: (String) -> String) -> String {
    var result = ""
    var rest = Substring(message)
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      result += rest[..<open]
      result += value(String(rest[rest.index(after: open)..<close]))
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }
}

extension ModuleRequest {
  /// The catalog's name for the module, or the line's.
  var name: String { module?.name ?? event.module }

  /// Loaded by the boot loader or as part of a boot collection.
  var isFromBoot: Bool { event.word == "boot" || event.word == "reboot" }
}
