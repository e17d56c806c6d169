private import Glibc

/// A file written whole or not at all: bytes go to a neighbour, which takes the name on `commit`.
///
/// `-` and no path write straight to standard output.
public final class OutputFile {
  public let name: String
  /// Bytes written so far.
  public private(set) var position: UInt64 = 0

  private let temporary: String?
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var committed = false

  /// - Throws: kind `cannotCreate`.
  public init(_ path: String?) throws(InputError) {
    guard let path, path != "-" else {
      name = "<stdout>"
      temporary = nil
      descriptor = 1
      return
    }
    name = path
    let beside = path + ".\(getpid()).part"
    temporary = beside
    descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw InputError(
        file: path, kind: .cannotCreate,
        "cannot be created: \(String(cString: strerror(errno)).lowercased())")
    }
  }

  deinit {
    if let temporary {
      close(descriptor)
      if !committed { unlink(temporary) }
    }
  }

  public func write(_ text: String) throws(InputError) { try write(Array(text.utf8)) }

  public func write(_ bytes: [UInt8]) throws(InputError) {
    buffer.append(contentsOf: bytes)
    position += UInt64(bytes.count)
    if buffer.count >= 1 << 16 { try flush() }
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws(InputError) {
    buffer.append(contentsOf: bytes)
    position += UInt64(bytes.count)
    if buffer.count >= 1 << 16 { try flush() }
  }

  /// Overwrites bytes written earlier; not possible on standard output.
  public func rewrite(_ bytes: [UInt8], at offset: UInt64) throws(InputError) {
    try flush()
    let count = bytes.withUnsafeBytes {
      pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset))
    }
    guard count == bytes.count else { throw failure() }
  }

  /// Ends the file and gives it its name.
  public func commit() throws(InputError) {
    try flush()
    if let temporary {
      guard rename(temporary, name) == 0 else { throw failure() }
    }
    committed = true
  }

  private func flush() throws(InputError) {
    var done = 0
    while done < buffer.count {
      let count = buffer.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure()
      }
      done += count
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func failure() -> InputError {
    InputError(
      file: name, kind: .cannotWrite,
      "cannot write: \(String(cString: strerror(errno)).lowercased())")
  }
}
