/// The rules of a system's family.
public func systemRules(_ profile: SystemProfile) -> any SystemRules {
  switch profile.family {
  case .linux: LinuxRules(profile)
  case .freebsd, .macos, .illumos, .solaris, .nt, .aix, .hpux, .vxworks, .netware, .netbsd, .haiku,
    .minix:
    ProfileRules(profile)
  }
}
