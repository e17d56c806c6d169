import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#else
  private import Darwin
#endif

/// What was made of a file, kept while the file stays as it is: the points of a sweep read the
/// same catalogs again and again.
final class ReadCache<Value: Sendable>: Sendable {
  // Safe: stat fills a structure of ours from a path lent for the call.
  private struct Key: Hashable {
    var name: String
    var inode: UInt64 = 0
    var size: Int64 = 0
    var seconds = 0
    var nanoseconds = 0
  }

  private let kept = Mutex<[Key: Value]>([:])
  private let limit: Int

  /// - Parameter limit: values kept; beyond that all are forgotten.
  init(limit: Int = 32) { self.limit = limit }

  /// The value of the file at `path`, made by `read` unless it was made of the file as it is now.
  func value(
    file path: String, variant: String = "", read: () throws(InputError) -> Value
  ) throws(InputError) -> Value {
    var status = stat()
    guard path != "-", unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return try read()
    }
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    return try value(
      Key(
        name: "\(path)\n\(variant)", inode: UInt64(status.st_ino), size: Int64(status.st_size),
        seconds: Int(time.tv_sec), nanoseconds: Int(time.tv_nsec)), read)
  }

  /// The value of something that cannot change while the program runs.
  func value(
    preset name: String, read: () throws(InputError) -> Value
  ) throws(InputError) -> Value {
    try value(Key(name: name), read)
  }

  private func value(
    _ key: Key, _ read: () throws(InputError) -> Value
  ) throws(InputError) -> Value {
    if let known = kept.withLock({ $0[key] }) { return known }
    let made = try read()
    kept.withLock { kept in
      if kept.count >= limit { kept.removeAll() }
      kept[key] = made
    }
    return made
  }
}
