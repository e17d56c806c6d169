#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A point that did not finish: why, and how to repeat it.
public struct SweepFailure: Hashable, Sendable {
  public var index: Int
  /// Exit code the point alone would end with.
  public var exit: Int32
  public var message: String

  public init(index: Int, exit: Int32, message: String) {
    self.index = index
    self.exit = exit
    self.message = message
  }
}

/// The folder of a sweep. A point's file is named by what the point is, not by its place in the
/// plan, so a changed plan keeps what it still asks for.
public struct SweepStore: Sendable {
  // Safe: paths are passed as strings for the length of a call; the listing is closed where it was
  // opened, and `d_name` is read before the next `readdir` overwrites it.
  public let folder: String

  /// Creates the folder where it is missing. - Throws: kind `cannotCreate`.
  public init(folder: String) throws(InputError) {
    self.folder = folder
    for path in [folder, folder + "/points"] {
      var made = ""
      for part in path.split(separator: "/", omittingEmptySubsequences: false) {
        made +=
          made.isEmpty && part.isEmpty
          ? "/" : (made.hasSuffix("/") || made.isEmpty ? "" : "/") + part
        if unsafe mkdir(made, 0o777) != 0, errno != EEXIST, made == path {
          throw InputError(
            file: path, kind: .cannotCreate, "cannot create: \(errorText(errno))")
        }
      }
    }
    guard unsafe access(folder + "/points", W_OK) == 0 else {
      throw InputError(file: folder, kind: .cannotCreate, "cannot write: \(errorText(errno))")
    }
  }

  public func resultPath(_ key: String) -> String { "\(folder)/points/\(key).json" }
  private func failurePath(_ key: String) -> String { "\(folder)/points/\(key).failed" }

  /// The bytes of a finished point; nil when there are none.
  public func result(_ key: String) -> [UInt8]? {
    let path = resultPath(key)
    guard unsafe access(path, R_OK) == 0 else { return nil }
    return try? InputFile.contents(path)
  }

  public func hasResult(_ key: String) -> Bool { unsafe access(resultPath(key), R_OK) == 0 }

  public func hasFailure(_ key: String) -> Bool { unsafe access(failurePath(key), R_OK) == 0 }

  /// Makes a point's result visible, whole or not at all, and forgets an earlier failure.
  public func save(_ bytes: [UInt8], _ key: String) throws(InputError) {
    try AtomicFile.write(bytes, to: resultPath(key), synchronising: false)
    forgetFailure(key)
  }

  /// Records a failure, and drops an earlier result: it is no answer to the point any more.
  public func save(_ failure: SweepFailure, _ key: String) throws(InputError) {
    let text = "\(failure.exit)\n\(failure.message)\n"
    try AtomicFile.write(Array(text.utf8), to: failurePath(key), synchronising: false)
    forgetResult(key)
  }

  public func forgetResult(_ key: String) { unsafe unlink(resultPath(key)) }

  public func forgetFailure(_ key: String) { unsafe unlink(failurePath(key)) }

  /// The recorded failure of a point.
  public func failure(_ key: String, index: Int) -> SweepFailure? {
    guard hasFailure(key), let text = try? InputFile.text(failurePath(key)) else { return nil }
    let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let exit = Int32(parts[0]) else { return nil }
    let message = parts[1].last == "\n" ? parts[1].dropLast() : parts[1]
    return SweepFailure(index: index, exit: exit, message: String(message))
  }

  /// Runs `body` while no other process merges into this folder.
  public func locked<T>(_ body: () throws(InputError) -> T) throws(InputError) -> T {
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw InputError(file: folder, kind: .cannotCreate, "cannot open: \(errorText(errno))")
    }
    defer { close(descriptor) }
    // A file system without locks merges unlocked: every write is atomic all the same.
    _ = flock(descriptor, LOCK_EX)
    return try body()
  }

  /// Removes what interrupted runs left half-written. Only when nothing is under way any more.
  public func removeTemporaries() {
    for folder in [folder, folder + "/points"] {
      for name in SweepStore.names(in: folder)
      where name.hasPrefix(".") && name.contains(AtomicFile.temporaryMark) {
        unsafe unlink("\(folder)/\(name)")
      }
    }
  }

  /// Results and recorded failures there are, of whatever plan.
  func fileCount() -> Int {
    SweepStore.names(in: folder + "/points").count { !$0.hasPrefix(".") }
  }

  /// Names of what a folder holds, `.` and `..` too.
  static func names(in folder: String) -> [String] {
    guard let listing = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(listing) }
    var names: [String] = []
    while let entry = unsafe readdir(listing) {
      unsafe names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        })
    }
    return names
  }
}
