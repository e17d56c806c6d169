private import CZstd

/// A stream read from a `.kft` file.
public struct KftSource: DescribedSource {
  // Safe: chunks and tables lie in the file, as the header and the tables were checked to say.
  public let description: StreamDescription
  /// Records in the whole file, markers included.
  public let recordCount: UInt64
  /// References in the whole file, collapsed repeats included.
  public let referenceCount: UInt64

  private let storage: KftStorage
  private var chunks: [KftChunk]
  private var chunk = 0
  private var word = 0
  private var left: UInt64 = 0
  private var references: UInt64 = 0

  /// - Throws: a file that is missing, cut short, damaged or absurd, with the byte.
  public init(_ path: String) throws(InputError) {
    let storage = try KftStorage(path)
    self.storage = storage
    do throws(DecodingFailure) {
      let header = try unsafe KftHeader(storage.bytes, fileSize: UInt64(storage.bytes.count))
      recordCount = header.records
      referenceCount = header.references
      let packed = unsafe UnsafeRawBufferPointer(
        rebasing: storage.bytes[Int(header.tablesOffset)...])
      try unsafe storage.unpack(packed, size: Int(header.tablesSize), at: header.tablesOffset)
      let tables: KftTables
      do throws(DecodingFailure) {
        tables = try unsafe KftTables(storage.unpacked(Int(header.tablesSize)), header: header)
      } catch {
        throw DecodingFailure(
          offset: Int(header.tablesOffset),
          reason: "the tables are damaged at their byte \(error.offset): \(error.reason)")
      }
      description = tables.description
      chunks = tables.chunks
    } catch {
      throw InputError(file: storage.name, byte: UInt64(error.offset), error.reason)
    }
  }

  /// Leaves out chunks that hold none of the steps selected, without reading them; a `StepFilter`
  /// does the rest. Chunks end where steps begin, so one lies in the step the next one starts in.
  public mutating func skipChunks(outside selection: StepSelection) {
    chunks = chunks.indices.filter { index in
      index + 1 == chunks.count || selection.contains(chunks[index + 1].step)
    }.map { chunks[$0] }
    rewind()
  }

  /// Goes back to the start.
  public mutating func rewind() {
    chunk = 0
    word = 0
    left = 0
  }

  /// - Throws: a chunk whose checksum, length or sites do not fit, with its byte offset.
  public mutating func read(
    into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) throws -> Int {
    if left == 0 {
      while chunk < chunks.count, chunks[chunk].records == 0 { chunk += 1 }
      guard chunk < chunks.count, !block.isEmpty else { return 0 }
      word = 0
      references = 0
      left = chunks[chunk].records
    }
    let current = chunks[chunk]
    if storage.loaded != current.offset { try load(current) }
    let wanted = min(block.count, Int(left))
    let words = unsafe storage.unpacked(current.words * 4).bindMemory(to: UInt32.self)
    let unpacker = KftUnpacker(
      siteBits: UInt32(current.siteBits), siteCount: UInt32(description.table.sites.count))
    let state = unsafe unpacker.unpack(
      words, from: word, into: UnsafeMutableBufferPointer(rebasing: block[..<wanted]))
    word = state.word
    references += state.references
    left -= UInt64(wanted)
    guard state.isWhole, left > 0 || (word == words.count && references == current.references)
    else { throw damaged(current, "its records do not fit its tables") }
    if left == 0 { chunk += 1 }
    return wanted
  }

  private func load(_ next: KftChunk) throws(InputError) {
    let packed = unsafe UnsafeRawBufferPointer(
      rebasing: storage.bytes[Int(next.offset)..<Int(next.offset + next.packedSize)])
    do {
      try unsafe storage.unpack(packed, size: next.words * 4, at: next.offset)
    } catch {
      throw damaged(next, error.reason)
    }
  }

  private func damaged(_ chunk: KftChunk, _ reason: String) -> InputError {
    InputError(file: storage.name, byte: chunk.offset, "the chunk is damaged: \(reason)")
  }
}

/// The bytes of a `.kft` file and room for one unpacked chunk.
@safe private final class KftStorage {
  // Safe: bytes, room and context are made in `init`, after all that can fail there, and freed in
  // `deinit`; `room` holds the largest size unpacked, and zstd is told how much there is on both
  // sides.
  let name: String
  let bytes: UnsafeRawBufferPointer
  /// Offset of the frame unpacked last; 0 for none.
  private(set) var loaded: UInt64 = 0
  private let mapped: MappedFile?
  private var room: UnsafeMutableRawBufferPointer
  private let context: OpaquePointer?

  init(_ path: String) throws(InputError) {
    name = path == "-" ? "<stdin>" : path
    mapped = try MappedFile(path)
    if let mapped {
      unsafe bytes = mapped.bytes
    } else {
      let all = try InputFile.contents(path, limit: 1 << 32)
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: all.count, alignment: 64)
      unsafe copy.copyBytes(from: all)
      unsafe bytes = UnsafeRawBufferPointer(copy)
    }
    unsafe room = .allocate(byteCount: 1 << 16, alignment: 64)
    unsafe context = ZSTD_createDCtx()
    unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 27)
  }

  deinit {
    if mapped == nil { unsafe bytes.deallocate() }
    unsafe room.deallocate()
    unsafe ZSTD_freeDCtx(context)
  }

  func unpacked(_ size: Int) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[..<size])
  }

  /// Unpacks one zstd frame of exactly `size` bytes; its checksum is checked.
  func unpack(
    _ packed: UnsafeRawBufferPointer, size: Int, at offset: UInt64
  ) throws(DecodingFailure) {
    loaded = 0
    let stated = unsafe ZSTD_getFrameContentSize(packed.baseAddress, packed.count)
    guard stated == UInt64(size) else {
      throw DecodingFailure(offset: Int(offset), reason: "no zstd frame of \(size) bytes")
    }
    if unsafe room.count < size {
      unsafe room.deallocate()
      unsafe room = .allocate(byteCount: size, alignment: 64)
    }
    let status = unsafe ZSTD_decompressDCtx(
      context, room.baseAddress, size, packed.baseAddress, packed.count)
    guard ZSTD_isError(status) == 0, status == size else {
      let reason =
        unsafe ZSTD_isError(status) != 0
        ? String(cString: ZSTD_getErrorName(status)) : "it is short"
      throw DecodingFailure(offset: Int(offset), reason: reason)
    }
    loaded = offset
  }
}
