/// The first 80 bytes of a `.kft` file.
struct KftHeader: Equatable {
  // Safe: read behind the check that the bytes hold a whole header.
  /// `\x89kft`, then the line ends and the end-of-file that transfers damage first.
  static let magic: [UInt8] = [0x89, 0x6b, 0x66, 0x74, 0x0d, 0x0a, 0x1a, 0x0a]
  static let size = 80
  static let version: UInt32 = 1
  /// Largest tables taken, bytes when unpacked.
  static let tablesLimit: UInt64 = 1 << 30

  /// Length of the whole file, so that a cut one is known at once.
  var fileSize: UInt64 = 0
  var records: UInt64 = 0
  /// References, collapsed repeats included.
  var references: UInt64 = 0
  var tablesOffset: UInt64 = 0
  var tablesPackedSize: UInt64 = 0
  var tablesSize: UInt64 = 0

  var bytes: [UInt8] {
    var encoder = ByteEncoder()
    for byte in KftHeader.magic { encoder.fixed(byte) }
    encoder.fixed(KftHeader.version)
    encoder.fixed(UInt32(0))
    for value in [fileSize, records, references, tablesOffset, tablesPackedSize, tablesSize] {
      encoder.fixed(value)
    }
    encoder.fixed(UInt64(0))
    encoder.fixed(fnv1a(encoder.bytes))
    return encoder.bytes
  }

  init() {}

  /// - Throws: what is absurd about the header, and at which byte.
  init(_ bytes: UnsafeRawBufferPointer, fileSize actual: UInt64) throws(DecodingFailure) {
    guard bytes.count >= KftHeader.magic.count,
      unsafe bytes.prefix(KftHeader.magic.count).elementsEqual(KftHeader.magic)
    else { throw DecodingFailure(offset: 0, reason: "this is no .kft file") }
    guard bytes.count >= KftHeader.size else {
      throw DecodingFailure(offset: bytes.count, reason: "the file ends within its header")
    }
    var decoder = unsafe ByteDecoder(bytes)
    _ = try decoder.fixed(UInt64.self)
    let version = try decoder.fixed(UInt32.self)
    guard version == KftHeader.version else {
      throw DecodingFailure(
        offset: 8, reason: "version \(version); this kfrag reads version \(KftHeader.version)")
    }
    let sum = unsafe bytes.loadUnaligned(fromByteOffset: 72, as: UInt64.self)
    guard unsafe UInt64(littleEndian: sum) == fnv1a(bytes.prefix(72)) else {
      throw DecodingFailure(offset: 72, reason: "the header's checksum does not fit it")
    }
    _ = try decoder.fixed(UInt32.self)
    fileSize = try decoder.fixed(UInt64.self)
    records = try decoder.fixed(UInt64.self)
    references = try decoder.fixed(UInt64.self)
    tablesOffset = try decoder.fixed(UInt64.self)
    tablesPackedSize = try decoder.fixed(UInt64.self)
    tablesSize = try decoder.fixed(UInt64.self)
    guard fileSize == actual else {
      throw DecodingFailure(
        offset: Int(clamping: min(fileSize, actual)),
        reason: "the file has \(actual) bytes, its header says \(fileSize)")
    }
    guard tablesOffset >= UInt64(KftHeader.size), tablesOffset <= fileSize,
      tablesPackedSize == fileSize - tablesOffset, tablesSize <= KftHeader.tablesLimit
    else { throw DecodingFailure(offset: 40, reason: "the tables do not lie in the file") }
  }
}

/// The 64-bit FNV-1a hash.
func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return hash
}
