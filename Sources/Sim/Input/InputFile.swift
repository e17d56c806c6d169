private import Glibc
private import Synchronization

/// The packed bytes of standard input that were looked at before anything read them.
private let headOfStandardInput = Mutex<[UInt8]>([])

/// A file read once from front to back, plain or compressed; the compression is told by content.
///
/// Memory stays bounded whatever the file's length. `-` is standard input.
@safe public final class InputFile {
  // Safe: `chunk` lives from `init` to `deinit`, and `chunkRange` lies inside what was read into
  // it; system calls are given buffers with their own counts.
  /// How the bytes on disk are packed.
  public enum Compression: String, CaseIterable, Sendable {
    case plain, gzip, xz, zstd

    /// What `head`, the first bytes of a file, says.
    init(head: UnsafeRawBufferPointer) {
      func starts(_ magic: [UInt8]) -> Bool {
        unsafe head.count >= magic.count && head.prefix(magic.count).elementsEqual(magic)
      }
      if starts([0x1f, 0x8b]) {
        self = .gzip
      } else if starts([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) {
        self = .xz
      } else if starts([0x28, 0xb5, 0x2f, 0xfd]) {
        self = .zstd
      } else {
        self = .plain
      }
    }
  }

  /// What messages call the file: its path, or `<stdin>`.
  public let name: String
  public private(set) var compression = Compression.plain
  /// Bytes handed out so far, after decompression.
  public private(set) var position: UInt64 = 0

  private let descriptor: Int32
  private let chunk: UnsafeMutableRawBufferPointer
  private var chunkRange = 0..<0
  /// Offset in the file of the end of `chunkRange`.
  private var fileOffset: UInt64 = 0
  private var reachedEnd = false
  /// Bytes of a regular file that is not compressed; nil when its length is not known beforehand.
  private var knownSize: UInt64?
  private var decompressor: (any Decompressor)?
  /// Bytes a reader's buffer wants, a power of two: small files want no block.
  private(set) var room = 1 << 18

  /// - Throws: kind `missing` when there is no such file, `badData` when it cannot be read.
  public init(_ path: String) throws(InputError) {
    name = path == "-" ? "<stdin>" : path
    descriptor = try path == "-" ? 0 : openForReading(path)
    var status = stat()
    let isRegular =
      unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    let size = isRegular ? UInt64(max(0, status.st_size)) : .max
    unsafe chunk = .allocate(byteCount: InputFile.room(for: size), alignment: 64)
    try fill()
    chooseDecompressor()
    if compression == .plain, isRegular {
      knownSize = size
      room = unsafe chunk.count
    }
  }

  private func chooseDecompressor() {
    compression = unsafe Compression(
      head: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(chunk)[chunkRange]))
    switch compression {
    case .plain: break
    case .gzip: decompressor = GzipDecompressor()
    case .xz: decompressor = XZDecompressor()
    case .zstd: decompressor = ZstdDecompressor()
    }
  }

  /// Bytes of a buffer that takes `size` at once and sees that there is no more, or of a block.
  private static func room(for size: UInt64) -> Int {
    var room = 1 << 12
    while room < 1 << 18, UInt64(room) <= size { room *= 2 }
    return room
  }

  /// The first bytes of standard input, unpacked; whoever reads it next still gets them. As many as
  /// 64 KiB of what stands in the pipe unpack to, 64 KiB at most.
  static func standardInputHead() throws(InputError) -> [UInt8] {
    let limit = 1 << 16
    var packed = headOfStandardInput.withLock { $0 }
    if packed.isEmpty {
      let room = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 8)
      defer { unsafe room.deallocate() }
      while packed.count < limit {
        let count = unsafe Glibc.read(0, room.baseAddress, limit - packed.count)
        if count < 0 {
          if errno == EINTR { continue }
          throw InputError(
            file: "<stdin>", byte: 0, unsafe "cannot read: \(String(cString: strerror(errno)))")
        }
        if count == 0 { break }
        unsafe packed.append(contentsOf: room.prefix(count))
      }
      if packed.isEmpty { throw InputError.emptyTrace("<stdin>") }
      let head = packed
      headOfStandardInput.withLock { $0 = head }
    }
    let file = InputFile(bytes: packed, name: "<stdin>")
    file.chooseDecompressor()
    var head: [UInt8] = []
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 8)
    defer { unsafe piece.deallocate() }
    while head.count < limit {
      // The packed bytes end in the middle of their stream: what came out until then is the head.
      guard let count = try? unsafe file.read(into: piece), count > 0 else { break }
      unsafe head.append(contentsOf: piece.prefix(count))
    }
    return head
  }

  /// Bytes already in memory, read as a plain file called `name`.
  public init(bytes: [UInt8], name: String) {
    self.name = name
    descriptor = -1
    unsafe chunk = .allocate(byteCount: max(1, bytes.count), alignment: 64)
    unsafe chunk.copyBytes(from: bytes)
    chunkRange = 0..<bytes.count
    fileOffset = UInt64(bytes.count)
    reachedEnd = true
    room = InputFile.room(for: UInt64(bytes.count))
  }

  deinit {
    if descriptor > 0 { close(descriptor) }
    unsafe chunk.deallocate()
  }

  /// Fills `buffer` from its start, all of it unless the data ends first; 0 at the end.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = try unsafe decompressor == nil ? readPlain(into: rest) : inflate(into: rest)
      if count == 0 { break }
      done += count
    }
    position += UInt64(done)
    return done
  }

  /// The same of a trace, which an empty file is not.
  public func readTrace(into buffer: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
    let count = try unsafe read(into: buffer)
    if count == 0, position == 0 { throw InputError.emptyTrace(name) }
    return count
  }

  /// The whole rest of the file. - Throws: when it is larger than `limit` bytes.
  public func readAll(limit: Int = 1 << 30) throws(InputError) -> [UInt8] {
    var all: [UInt8] = []
    if let knownSize, knownSize > UInt64(limit) {
      throw error("larger than the \(ByteCount(UInt64(limit))) this reader takes")
    }
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 16)
    defer { unsafe block.deallocate() }
    while true {
      let count = try unsafe read(into: block)
      if count == 0 { return all }
      guard all.count + count <= limit else {
        throw error("larger than the \(ByteCount(UInt64(limit))) this reader takes")
      }
      unsafe all.append(contentsOf: block.prefix(count))
    }
  }

  /// The whole of a file. - Throws: as `init` and `readAll`.
  public static func contents(_ path: String, limit: Int = 1 << 30) throws(InputError) -> [UInt8] {
    try InputFile(path).readAll(limit: limit)
  }

  /// The whole of a text file; bytes that are no UTF-8 become replacement characters.
  public static func text(_ path: String, limit: Int = 1 << 28) throws(InputError) -> String {
    String(decoding: try contents(path, limit: limit), as: UTF8.self)
  }

  /// An error at the current place of the decompressed data.
  func error(_ message: String) -> InputError { InputError(file: name, byte: position, message) }

  private func fill() throws(InputError) {
    guard !reachedEnd else { return }
    if descriptor == 0 {
      let head = headOfStandardInput.withLock { held in
        defer { held = [] }
        return held
      }
      if !head.isEmpty {
        unsafe chunk.copyBytes(from: head)
        chunkRange = 0..<head.count
        fileOffset += UInt64(head.count)
        return
      }
    }
    while true {
      let count = unsafe Glibc.read(descriptor, chunk.baseAddress, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw InputError(
          file: name, byte: fileOffset, unsafe "cannot read: \(String(cString: strerror(errno)))")
      }
      reachedEnd = count == 0
      chunkRange = 0..<count
      fileOffset += UInt64(count)
      return
    }
  }

  private func readPlain(into rest: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
    if chunkRange.isEmpty { try fill() }
    if chunkRange.isEmpty { return 0 }
    let count = min(chunkRange.count, rest.count)
    guard count > 0, let source = unsafe chunk.baseAddress, let target = rest.baseAddress else {
      return 0
    }
    unsafe memcpy(target, source + chunkRange.lowerBound, count)
    chunkRange = (chunkRange.lowerBound + count)..<chunkRange.upperBound
    return count
  }

  private func inflate(into rest: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
    guard let decompressor else { return 0 }
    while true {
      if chunkRange.isEmpty { try fill() }
      if chunkRange.isEmpty && decompressor.atFrameEnd { return 0 }
      let input = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(chunk)[chunkRange])
      let at = fileOffset - UInt64(chunkRange.count)
      let step: DecompressorStep
      do { step = try unsafe decompressor.step(input, rest, atEnd: reachedEnd) } catch {
        throw InputError(
          file: name, byte: at, "the \(compression.rawValue) data is damaged: \(error.reason)")
      }
      chunkRange = (chunkRange.lowerBound + step.consumed)..<chunkRange.upperBound
      if step.produced > 0 { return step.produced }
      if step.consumed == 0 && reachedEnd {
        if decompressor.atFrameEnd { return 0 }
        throw InputError(
          file: name, byte: fileOffset, "the \(compression.rawValue) data ends in its middle")
      }
    }
  }
}

/// Opens `path`. - Throws: kind `missing` when it is not there, `badData` for a directory or one
/// that may not be read.
func openForReading(_ path: String) throws(InputError) -> Int32 {
  // Safe: the path is lent for the length of the call; strerror never returns null.
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    let kind: InputError.Kind = errno == ENOENT || errno == ENOTDIR ? .missing : .badData
    throw unsafe InputError(file: path, kind: kind, String(cString: strerror(errno)).lowercased())
  }
  var status = stat()
  if unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
    close(descriptor)
    throw InputError(file: path, "is a directory, not a file")
  }
  return descriptor
}

extension InputError {
  /// What every reader of traces says of one without a byte.
  static func emptyTrace(_ name: String) -> InputError {
    InputError(file: name, byte: 0, "the trace is empty")
  }
}
