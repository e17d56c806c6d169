private import Glibc

/// A plain regular file in memory, read-only.
public final class MappedFile {
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
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    let size = Int(status.st_size)
    name = path
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED
    else { return nil }
    let all = UnsafeRawBufferPointer(start: base, count: size)
    guard InputFile.Compression(head: all) == .plain else {
      munmap(base, size)
      return nil
    }
    madvise(base, size, MADV_SEQUENTIAL)
    bytes = all
  }

  deinit {
    if let base = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    }
  }

  /// The file is read from its start again.
  public func rewind() { released = 0 }

  /// Gives back the memory of the bytes before `offset`; they are read again if they are wanted.
  public func release(upTo offset: Int) {
    guard let base = bytes.baseAddress else { return }
    let whole = min(offset, bytes.count) & ~0xffff
    guard whole > released else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + released), whole - released, MADV_DONTNEED)
    released = whole
  }
}
