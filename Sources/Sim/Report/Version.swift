#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Which kfrag this is.
public enum Version {
  // Safe: getenv's and realpath's strings are copied at once, and realpath's freed; nothing here
  // sets the environment.
  public static let number = "0.1.0"

  /// The commit it was built from: `KFRAG_COMMIT`, or the head of the checkout of this package the
  /// executable lies in; nil for a copy installed elsewhere, under whoever's repository. The head
  /// is read when the program runs: what was committed or edited since the build is not told apart.
  public static let commit: String? = {
    if let named = unsafe getenv("KFRAG_COMMIT") { return unsafe String(cString: named) }
    guard let real = unsafe realpath("/proc/self/exe", nil) else { return nil }
    defer { unsafe free(real) }
    var folder = unsafe AtomicFile.split(String(cString: real)).folder
    while folder.count > 1 {
      if unsafe access(folder + ".git", F_OK) == 0 {
        return isOurs(folder) ? head(ofCheckout: folder) : nil
      }
      folder = AtomicFile.split(String(folder.dropLast())).folder
    }
    return nil
  }()

  /// Whether a checkout is this package's.
  private static func isOurs(_ folder: String) -> Bool {
    guard let text = try? InputFile.text(folder + "Package.swift", limit: 1 << 20) else {
      return false
    }
    return text.contains("name: \"kfrag\"")
  }

  /// The commit `folder/.git` has checked out, read without running git.
  private static func head(ofCheckout folder: String) -> String? {
    func line(_ path: String) -> String? {
      guard let text = try? InputFile.text(path, limit: 1 << 12) else { return nil }
      return text.split(separator: "\n").first.map(String.init)
    }
    var git = folder + ".git/"
    if let link = line(folder + ".git"), link.hasPrefix("gitdir: ") {
      git = link.dropFirst(8) + "/"
      if !git.hasPrefix("/") { git = folder + git }
    }
    guard let head = line(git + "HEAD") else { return nil }
    guard head.hasPrefix("ref: ") else { return isHash(head) ? head : nil }
    let name = String(head.dropFirst(5))
    let shared = line(git + "commondir").map { $0.hasPrefix("/") ? $0 + "/" : git + $0 + "/" }
    for root in [git, shared ?? git] {
      if let hash = line(root + name), isHash(hash) { return hash }
      guard let packed = try? InputFile.text(root + "packed-refs", limit: 1 << 24) else { continue }
      for entry in packed.split(separator: "\n") where entry.hasSuffix(" \(name)") {
        return entry.split(separator: " ").first.map(String.init)
      }
    }
    return nil
  }

  private static func isHash(_ text: String) -> Bool {
    text.count >= 40 && text.allSatisfy(\.isHexDigit)
  }
}
