import Glibc
import Sim
import Synchronization

/// A file in memory with a path, for readers that want one. Its bytes change from call to call.
enum ScratchFile {
  // Safe: system calls get paths that live for the call and a buffer with its own count, of which
  // `done` bytes, never more than it holds, are written already.
  /// Descriptors by name, made once.
  private static let open = Mutex<[String: Int32]>([:])

  /// Makes `bytes` the contents of the scratch file called `name` and returns its path.
  static func path(_ name: String, _ bytes: [UInt8]) throws -> String {
    let descriptor = try open.withLock { open in
      if let known = open[name] { return known }
      let made = try nameless(name)
      open[name] = made
      return made
    }
    guard ftruncate(descriptor, 0) == 0 else { throw ScratchFailure(reason: errorText(errno)) }
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe pwrite(
          descriptor, $0.baseAddress.map { unsafe $0 + done }, bytes.count - done, off_t(done))
      }
      guard count > 0 else { throw ScratchFailure(reason: errorText(errno)) }
      done += count
    }
    return "/proc/self/fd/\(descriptor)"
  }

  /// An open file in memory that goes with the process.
  private static func nameless(_ name: String) throws -> Int32 {
    let path = "/dev/shm/kfrag-\(name)-\(getpid())"
    let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw ScratchFailure(reason: errorText(errno)) }
    unsafe unlink(path)
    return descriptor
  }
}

/// The scratch file itself does not work: no finding.
struct ScratchFailure: Error { let reason: String }
