private import Glibc

/// A plain regular file in memory, read-only.
@safe public final class MappedFile {
  // Safe: the mapping is made in `init` with the size `fstat` gave and undone in `deinit`; what is
  // released early is behind the reader, by whole pages. A file cut short while mapped ends in
  // SIGBUS: the file is the user's to leave alone.
  public let name: String
  public let bytes: UnsafeRawBufferPointer
  private var released = 0

  /// Nil when `path` is standard input, a pipe, or a compressed file; read those with `InputFile`.
  /// - Throws: kind `missing` when there is no such file.
  public init?(_ path: String) throws(InputError) {
    guard path != "-" else { return nil }
    let descriptor = try openForReading(path)
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return nil
    }
    let size = Int(status.st_size)
    name = path
    guard size > 0 else {
      unsafe bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
      unsafe base != MAP_FAILED
    else { return nil }
    let all = unsafe UnsafeRawBufferPointer(start: base, count: size)
    guard unsafe InputFile.Compression(head: all) == .plain else {
      unsafe munmap(base, size)
      return nil
    }
    unsafe madvise(base, size, MADV_SEQUENTIAL)
    unsafe bytes = all
  }

  deinit {
    if let base = unsafe bytes.baseAddress {
      unsafe munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    }
  }

  /// The file is read from its start again.
  public func rewind() { released = 0 }

  /// Gives back the memory of the bytes before `offset`; they are read again if they are wanted.
  public func release(upTo offset: Int) {
    guard let base = unsafe bytes.baseAddress else { return }
    let whole = unsafe min(offset, bytes.count) & ~0xffff
    guard whole > released else { return }
    unsafe madvise(
      UnsafeMutableRawPointer(mutating: base + released), whole - released, MADV_DONTNEED)
    released = whole
  }
}
