/// A file written whole or not at all: buffered, by way of an `AtomicFile`.
///
/// `-` and no path write straight to standard output.
public final class OutputFile {
  // Safe: the bytes lent are copied or written before the call returns.
  public let name: String
  /// Bytes written so far.
  public private(set) var position: UInt64 = 0

  private var buffer: [UInt8] = []
  /// Nil for standard output.
  private var file: AtomicFile?

  /// - Throws: kind `cannotCreate`.
  public init(_ path: String?) throws(InputError) {
    guard let path, path != "-" else {
      name = "<stdout>"
      return
    }
    name = path
    file = try AtomicFile(path: path)
  }

  public func write(_ text: String) throws(InputError) { try write(Array(text.utf8)) }

  public func write(_ bytes: [UInt8]) throws(InputError) {
    buffer.append(contentsOf: bytes)
    position += UInt64(bytes.count)
    if buffer.count >= 1 << 16 { try flush() }
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws(InputError) {
    unsafe buffer.append(contentsOf: bytes)
    position += UInt64(bytes.count)
    if buffer.count >= 1 << 16 { try flush() }
  }

  /// Overwrites bytes written earlier; not possible on standard output.
  public func rewrite(_ bytes: [UInt8], at offset: UInt64) throws(InputError) {
    try flush()
    guard try file?.rewrite(bytes, at: offset) != nil else {
      throw InputError(file: name, kind: .cannotWrite, "cannot write: not seekable")
    }
  }

  /// Ends the file and gives it its name.
  public func commit() throws(InputError) {
    try flush()
    try file.take()?.commit()
  }

  private func flush() throws(InputError) {
    if file == nil {
      try unsafe buffer.withUnsafeBufferPointer { (bytes) throws(InputError) in
        try unsafe writeAll(UnsafeRawBufferPointer(bytes), to: 1, name: name)
      }
    } else {
      try file?.write(buffer)
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
