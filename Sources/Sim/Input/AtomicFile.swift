import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that appears whole or not at all: bytes go to a temporary neighbour, which `commit`
/// makes durable and renames over the target. Dropping it uncommitted leaves the target untouched.
public struct AtomicFile: ~Copyable {
  // Safe: paths are passed as strings for the length of a call, bytes with their own count;
  // `realpath` returns a string of ours, freed once read.
  private let path: String
  /// The temporary neighbour; nil when the target is no regular file (a pipe, `/dev/null`).
  private let temporary: String?
  private var descriptor: Int32

  private static let serial = Atomic<Int>(0)

  /// Marks the temporary neighbours of an interrupted run: `.NAME.kfrag-tmp.PID.N`.
  public static let temporaryMark = ".kfrag-tmp."

  /// - Throws: `InputError` of kind `cannotCreate` when the folder is missing or read-only.
  public init(path: String) throws(InputError) {
    let opened = try AtomicFile.open(path)
    self.path = opened.path
    temporary = opened.temporary
    descriptor = opened.descriptor
  }

  private static func open(
    _ path: String
  ) throws(InputError) -> (path: String, temporary: String?, descriptor: Int32) {
    var status = stat()
    let exists = unsafe stat(path, &status) == 0
    if exists, status.st_mode & S_IFMT == S_IFDIR {
      throw InputError(file: path, kind: .cannotCreate, "is a directory")
    }
    // A symbolic link keeps pointing where it did: its target is what gets replaced.
    let target = exists ? resolved(path) : path
    var temporary: String?
    let descriptor: Int32
    if exists, status.st_mode & S_IFMT != S_IFREG {
      descriptor = openDescriptor(path, O_WRONLY | O_CLOEXEC, 0)
    } else {
      let (folder, name) = split(target)
      let number = serial.add(1, ordering: .relaxed).newValue
      let neighbour = "\(folder).\(name)\(temporaryMark)\(getpid()).\(number)"
      temporary = neighbour
      let mode = exists ? status.st_mode & 0o777 : 0o666
      descriptor = openDescriptor(neighbour, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    }
    guard descriptor >= 0 else {
      throw InputError(file: path, kind: .cannotCreate, "cannot create: \(errorText(errno))")
    }
    return (target, temporary, descriptor)
  }

  /// Appends bytes. - Throws: `InputError` of kind `cannotWrite`, as on a full disk.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(InputError) {
    try unsafe writeAll(bytes, to: descriptor, name: path)
  }

  public mutating func write(_ bytes: [UInt8]) throws(InputError) {
    try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(InputError) in
      try unsafe writeAll(UnsafeRawBufferPointer(buffer), to: descriptor, name: path)
    }
  }

  /// Overwrites bytes written earlier. - Throws: kind `cannotWrite`, as on a pipe.
  public mutating func rewrite(_ bytes: [UInt8], at offset: UInt64) throws(InputError) {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe pwrite(
          descriptor, $0.baseAddress.map { unsafe $0 + done }, $0.count - done,
          off_t(clamping: offset + UInt64(done)))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      done += count
    }
  }

  /// Makes the bytes durable and the file visible under its name. Without `synchronising` a crash
  /// of the machine, though not of the process, can still tear the file; thousands of small
  /// files that are checked when read go faster that way.
  public consuming func commit(synchronising: Bool = true) throws(InputError) {
    guard let temporary else { return }
    if synchronising, fsync(descriptor) != 0 { throw failure() }
    guard unsafe rename(temporary, path) == 0 else { throw failure() }
    if synchronising { AtomicFile.synchroniseFolder(of: path) }
  }

  private func failure() -> InputError {
    InputError(file: path, kind: .cannotWrite, "cannot write: \(errorText(errno))")
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if let temporary { unsafe unlink(temporary) }
  }

  /// Writes `bytes` to `path`, whole or not at all.
  public static func write(
    _ bytes: [UInt8], to path: String, synchronising: Bool = true
  ) throws(InputError) {
    var file = try AtomicFile(path: path)
    try file.write(bytes)
    try file.commit(synchronising: synchronising)
  }

  private static func resolved(_ path: String) -> String {
    guard let real = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }

  /// Folder with its final `/` (empty when there is none) and file name.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (String(path[...slash]), String(path[path.index(after: slash)...]))
  }

  private static func synchroniseFolder(of path: String) {
    let folder = split(path).folder
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    let descriptor = openDescriptor(folder.isEmpty ? "." : folder, flags, 0)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}

/// open(2), out of reach of `AtomicFile.open`'s name.
private func openDescriptor(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
  // Safe: the path is lent for the length of the call.
  unsafe open(path, flags, mode)
}

// Safe: strerror never returns null.
/// The system's words for an `errno`.
public func errorText(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

/// Writes all of `bytes` to an open descriptor, resuming after interruptions.
/// - Throws: `InputError` of kind `cannotWrite`.
public func writeAll(
  _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, name: String
) throws(InputError) {
  // Safe: `done` stays below the count, so what is written lies in the buffer.
  var done = 0
  while done < bytes.count {
    guard let base = bytes.baseAddress else { return }
    let count = unsafe write(descriptor, base + done, bytes.count - done)
    if count < 0 {
      if errno == EINTR { continue }
      throw InputError(file: name, kind: .cannotWrite, "cannot write: \(errorText(errno))")
    }
    done += count
  }
}
