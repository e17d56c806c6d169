import Glibc
import Sim

/// A file in memory with a path, for readers that want one. Its bytes change from call to call.
enum ScratchFile {
  /// Descriptors by name, made once.
  nonisolated(unsafe) private static var open: [String: Int32] = [:]

  /// Makes `bytes` the contents of the scratch file called `name` and returns its path.
  static func path(_ name: String, _ bytes: [UInt8]) throws -> String {
    let descriptor: Int32
    if let known = open[name] {
      descriptor = known
    } else {
      descriptor = try nameless(name)
      open[name] = descriptor
    }
    guard ftruncate(descriptor, 0) == 0 else { throw ScratchFailure(reason: errorText(errno)) }
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, off_t(done))
      }
      guard count > 0 else { throw ScratchFailure(reason: errorText(errno)) }
      done += count
    }
    return "/proc/self/fd/\(descriptor)"
  }

  /// An open file in memory that goes with the process.
  private static func nameless(_ name: String) throws -> Int32 {
    let path = "/dev/shm/kfrag-\(name)-\(getpid())"
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw ScratchFailure(reason: errorText(errno)) }
    unlink(path)
    return descriptor
  }
}

/// The scratch file itself does not work: no finding.
struct ScratchFailure: Error { let reason: String }
