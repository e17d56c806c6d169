private import CZstd

/// Writes a stream as `.kft`.
///
/// A record is one 32-bit word: kind in bits 31…30, then count, then site in as many bits as the
/// chunk's largest site needs (16 at least). Count 0 means that a word with the true count follows.
/// Absolute sites beat differences here: the kernel repeats itself page for page; zstd finds it.
/// Chunks end where a step begins, so that any step can be reached at once.
public struct KftWriter {
  // Safe: slices lie between indices of the block; zstd writes into the `bound` bytes it asked for
  // and its context is freed where it was made.
  /// How much work goes into making the file small.
  public enum Effort: String, CaseIterable, Sendable {
    /// More than 15 million records a second.
    case fast
    /// Smallest; a hundred times slower, and 128 MiB to read back.
    case best

    var level: Int32 { self == .fast ? 6 : 22 }
    var chunkRecords: Int { self == .fast ? 1 << 21 : 21 << 20 }
  }

  private let file: OutputFile
  private let effort: Effort
  private var header = KftHeader()
  private var chunks: [KftChunk] = []
  private var records: [ReferenceRecord] = []
  private var largestSite: UInt32 = 0
  private var step: UInt32 = 0
  private var stepAtStart: UInt32 = 0
  private var words: [UInt32] = []
  private var packed: [UInt8] = []

  /// - Throws: kind `cannotCreate`, also for standard output, whose header could not be completed.
  public init(_ path: String?, effort: Effort = .fast) throws(InputError) {
    guard let path, path != "-" else {
      throw InputError(
        file: "-o", kind: .cannotCreate, "a .kft file needs a path; it is completed at its end")
    }
    file = try OutputFile(path)
    self.effort = effort
    records.reserveCapacity(effort.chunkRecords)
    try file.write(header.bytes)
  }

  public static let siteLimit = 1 << 26

  /// Appends records. - Throws: kind `cannotWrite`.
  public mutating func append(_ block: UnsafeBufferPointer<ReferenceRecord>) throws(InputError) {
    var from = 0
    for index in block.indices {
      let record = unsafe block[index]
      if record.isMarker {
        if record.marker == .step {
          unsafe take(block[from..<index])
          from = index
          try endChunk()
          step = record.count
        }
      } else if record.site > largestSite {
        largestSite = record.site
      }
    }
    unsafe take(block[from...])
    if records.count >= effort.chunkRecords { try endChunk() }
  }

  private mutating func take(_ part: Slice<UnsafeBufferPointer<ReferenceRecord>>) {
    unsafe records.append(contentsOf: UnsafeBufferPointer(rebasing: part))
  }

  /// Writes tables and header; gives the file its name.
  public mutating func finish(_ description: StreamDescription) throws(InputError) -> (
    records: UInt64, references: UInt64, bytes: UInt64
  ) {
    try endChunk()
    let tables = KftTables(description: description, chunks: chunks).encoded()
    header.tablesOffset = file.position
    header.tablesSize = UInt64(tables.count)
    try unsafe check(tables.withUnsafeBytes { unsafe compress($0) })
    header.tablesPackedSize = UInt64(packed.count)
    try file.write(packed)
    header.fileSize = file.position
    try file.rewrite(header.bytes, at: 0)
    try file.commit()
    return (header.records, header.references, header.fileSize)
  }

  private mutating func endChunk() throws(InputError) {
    guard !records.isEmpty else {
      stepAtStart = step
      return
    }
    guard largestSite < KftWriter.siteLimit else {
      throw InputError(file: file.name, "more than \(KftWriter.siteLimit) distinct pages")
    }
    let bits = max(16, 32 - largestSite.leadingZeroBitCount)
    let countLimit = UInt32(1) << UInt32(30 - bits)
    var references: UInt64 = 0
    words.removeAll(keepingCapacity: true)
    for record in records {
      let count = record.count
      let fits = count != 0 && count < countLimit
      let head = UInt32(record.kindBits) << 30 | record.site
      words.append(head | (fits ? count << UInt32(bits) : 0))
      if !fits { words.append(count) }
      if !record.isMarker { references += UInt64(count) }
    }
    let offset = file.position
    try unsafe check(words.withUnsafeBytes { unsafe compress($0) })
    try file.write(packed)
    chunks.append(
      KftChunk(
        offset: offset, packedSize: UInt64(packed.count), words: words.count,
        records: UInt64(records.count), references: references, step: stepAtStart, siteBits: bits))
    header.records += UInt64(records.count)
    header.references += references
    records.removeAll(keepingCapacity: true)
    largestSite = 0
    stepAtStart = step
  }

  /// Packs `bytes` into `packed`: one zstd frame with its content size and checksum. Returns
  /// zstd's status.
  private mutating func compress(_ bytes: UnsafeRawBufferPointer) -> Int {
    let context = unsafe ZSTD_createCCtx()
    defer { unsafe ZSTD_freeCCtx(context) }
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, effort.level)
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    if effort == .best { unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27) }
    let bound = ZSTD_compressBound(bytes.count)
    var status = 0
    packed = unsafe Array(unsafeUninitializedCapacity: bound) { target, count in
      status = unsafe ZSTD_compress2(
        context, target.baseAddress, bound, bytes.baseAddress, bytes.count)
      count = ZSTD_isError(status) == 0 ? status : 0
    }
    return status
  }

  private func check(_ status: Int) throws(InputError) {
    guard ZSTD_isError(status) == 0 else {
      throw unsafe InputError(
        file: file.name, kind: .cannotWrite, String(cString: ZSTD_getErrorName(status)))
    }
  }
}
