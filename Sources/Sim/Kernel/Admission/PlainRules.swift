/// Rules of a system that checks nothing but presence, duplicates and dependants.
struct PlainRules: SystemRules {
  let forms: [VerbForm] = []
  let extensions: [String] = []
  let loadFollowsDependencies = true

  mutating func admit(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict? {
    guard let module = request.module else {
      return Verdict(.refused, code: "ENOENT", message: "no such module")
    }
    guard kernel.image(of: module.name) == nil else { return Verdict(.alreadyLoaded) }
    return nil
  }

  func outOfMemory(_ failure: MemoryFailure) -> Verdict {
    Verdict(.refused, code: "ENOMEM", message: failure.description)
  }

  mutating func release(_ request: ModuleRequest, _ kernel: SimulatedKernel) -> Verdict {
    guard let image = kernel.image(of: request.event.module) else {
      return Verdict(.refused, code: "ENOENT", message: "not loaded")
    }
    guard image.users.isEmpty else {
      return Verdict(
        .refused, code: "EBUSY", message: "in use by \(image.users.joined(separator: ", "))")
    }
    return Verdict(.unloaded)
  }

  mutating func set(_ name: String, _ value: String, _ event: LifecycleEvent) -> Verdict {
    Verdict(.done)
  }

  func listing(_ kernel: SimulatedKernel) -> String {
    kernel.loaded.map { "\($0.module.name) \($0.listedSize)\n" }.joined()
  }
}

/// The rules of a system's family.
public func systemRules(_ profile: SystemProfile) -> any SystemRules {
  switch profile.family {
  case .linux: LinuxRules(profile)
  case .freebsd, .macos, .illumos, .solaris, .nt, .aix, .hpux, .vxworks, .netware, .netbsd, .haiku,
    .minix:
    PlainRules()
  }
}
