/// Writes small 64-bit little-endian ELF files, section by section, for reader tests.
public struct ElfFile {
  public struct Section {
    public var name: String
    public var type: UInt32
    public var flags: UInt64
    public var bytes: [UInt8]
    /// Differs from the bytes' count in a file that lies.
    public var size: UInt64
    public var alignment: UInt64
    public var entrySize: UInt64 = 0
    public var link: UInt32 = 0
  }

  /// Symbols: name and index of the section that defines it. One named like the symbol before it
  /// shares its text, as linkers merge them.
  public var symbols: [(name: String, section: UInt16)] = []
  public var sections: [Section] = []
  public var fileType: UInt16 = 1

  public init() {}

  /// SHF_WRITE, SHF_ALLOC and SHF_EXECINSTR.
  public static let write: UInt64 = 1
  public static let alloc: UInt64 = 2
  public static let exec: UInt64 = 4

  public mutating func add(
    _ name: String, flags: UInt64, size: Int, alignment: UInt64 = 1, type: UInt32 = 1
  ) {
    add(name, flags: flags, bytes: Array(repeating: 0x90, count: size), alignment: alignment, type)
  }

  public mutating func add(
    _ name: String, flags: UInt64, bytes: [UInt8], alignment: UInt64 = 1, _ type: UInt32 = 1
  ) {
    sections.append(
      Section(
        name: name, type: type, flags: flags, bytes: bytes, size: UInt64(bytes.count),
        alignment: alignment))
  }

  private static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<(T.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> T(8 * $0)) }
  }

  /// The file: header, section bytes, section table; symbol and name tables come last.
  public func bytes() -> [UInt8] {
    var all = sections
    var strings: [UInt8] = [0]
    var table = [UInt8](repeating: 0, count: 24)
    var last: (name: String, offset: UInt32)?
    for symbol in symbols {
      let offset = last?.name == symbol.name ? last?.offset ?? 0 : UInt32(strings.count)
      table += Self.little(offset) + [0x12, 0] + Self.little(symbol.section)
      table += Self.little(UInt64(0)) + Self.little(UInt64(0))
      if offset == strings.count { strings += Array(symbol.name.utf8) + [0] }
      last = (symbol.name, offset)
    }
    all.append(
      Section(
        name: ".symtab", type: 2, flags: 0, bytes: table, size: UInt64(table.count), alignment: 8,
        entrySize: 24, link: UInt32(all.count + 2)))
    all.append(
      Section(
        name: ".strtab", type: 3, flags: 0, bytes: strings, size: UInt64(strings.count),
        alignment: 1))
    var names: [UInt8] = [0]
    var nameOffsets: [UInt32] = []
    for section in all.map(\.name) + [".shstrtab"] {
      nameOffsets.append(UInt32(names.count))
      names += Array(section.utf8) + [0]
    }
    all.append(
      Section(
        name: ".shstrtab", type: 3, flags: 0, bytes: names, size: UInt64(names.count),
        alignment: 1))
    var body: [UInt8] = []
    var offsets: [UInt64] = []
    for section in all {
      while (64 + body.count) % 8 != 0 { body.append(0) }
      offsets.append(UInt64(64 + body.count))
      if section.type != 8 { body += section.bytes }
    }
    while (64 + body.count) % 8 != 0 { body.append(0) }
    var header: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0] + Array(repeating: 0, count: 8)
    header += Self.little(fileType) + Self.little(UInt16(62)) + Self.little(UInt32(1))
    header += Self.little(UInt64(0)) + Self.little(UInt64(0))
    header += Self.little(UInt64(64 + body.count)) + Self.little(UInt32(0))
    header += Self.little(UInt16(64)) + Self.little(UInt16(0)) + Self.little(UInt16(0))
    header += Self.little(UInt16(64)) + Self.little(UInt16(all.count + 1))
    header += Self.little(UInt16(all.count))
    var table64 = [UInt8](repeating: 0, count: 64)
    for (index, section) in all.enumerated() {
      table64 += Self.little(nameOffsets[index]) + Self.little(section.type)
      table64 += Self.little(section.flags) + Self.little(UInt64(0)) + Self.little(offsets[index])
      table64 += Self.little(section.size) + Self.little(section.link) + Self.little(UInt32(0))
      table64 += Self.little(section.alignment) + Self.little(section.entrySize)
    }
    return header + body + table64
  }
}
