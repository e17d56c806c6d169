/// `delete_module`, check by check (kernel/module/main.c, the same from 5.10 to 7.3).
public enum LinuxRemoval {
  /// Why a module may not leave; nil lets it go. A forced removal taints the state with R.
  public static func refusal(
    of name: String, isPrivileged: Bool = true, isForced: Bool = false,
    _ state: inout LinuxKernelState
  ) -> (errno: String, message: String)? {
    guard isPrivileged, !state.modulesDisabled else {
      return ("EPERM", "Operation not permitted")
    }
    guard let module = state.module(name) else {
      return ("ENOENT", "Module \(name) is not currently loaded")
    }
    let users = state.users(of: name)
    guard users.isEmpty else {
      return ("EWOULDBLOCK", "Module \(name) is in use by: \(users.joined(separator: " "))")
    }
    guard module.state == .live else { return ("EBUSY", "Device or resource busy") }
    let force = isForced && state.allowsForcedUnload
    if module.facts.hasInit && !module.facts.hasExit {
      guard force else { return ("EBUSY", "Device or resource busy") }
      state.taint.insert(.forcedUnload)
    }
    if module.references > 0 {
      guard force else { return ("EWOULDBLOCK", "Module \(name) is in use") }
      state.taint.insert(.forcedUnload)
    }
    return nil
  }
}

/// Names and texts of error numbers, as tools print them.
public enum LinuxErrno {
  private static let table: [(number: Int, name: String)] = [
    (1, "EPERM"), (2, "ENOENT"), (4, "EINTR"), (5, "EIO"), (6, "ENXIO"), (8, "ENOEXEC"),
    (9, "EBADF"), (11, "EAGAIN"), (12, "ENOMEM"), (13, "EACCES"), (14, "EFAULT"), (16, "EBUSY"),
    (17, "EEXIST"), (19, "ENODEV"), (22, "EINVAL"), (28, "ENOSPC"), (30, "EROFS"), (38, "ENOSYS"),
    (61, "ENODATA"), (62, "ETIME"), (65, "ENOPKG"), (74, "EBADMSG"), (95, "EOPNOTSUPP"),
    (110, "ETIMEDOUT"), (126, "ENOKEY"), (129, "EKEYREJECTED"),
  ]

  /// The name of an errno, given positive or negated; the number itself when it has none here.
  public static func name(_ value: Int) -> String {
    table.first { $0.number == Int(value.magnitude) }?.name ?? "errno \(value.magnitude)"
  }

  /// The number of a name or number.
  public static func number(_ text: String) -> Int? {
    if let value = Int(text) { return value.magnitude < 4096 ? Int(value.magnitude) : nil }
    return table.first { $0.name == text }?.number
  }
}
