import Sim

/// Readers of traces and recordings, which draw blocks from files.
enum StreamReaders {
  // Safe: a block is freed where it was made, after the loop; a reader fills `count` records of
  // it.
  /// Parts of one input that stand for several files are parted by this line.
  static let separator = Array("\n%%\n".utf8)

  static func read(_ reader: FuzzReader, _ bytes: [UInt8]) throws {
    switch reader {
    case .kallsyms:
      var snapshots = KernelSnapshots()
      try snapshots.readSymbols(InputFile(bytes: bytes, name: "kallsyms"))
    case .snapshots:
      _ = try SnapshotArchive(ScratchFile.path("snapshots", bytes)).snapshots()
    case .capture: try capture(parts(bytes))
    case .kft: try kft(bytes)
    case .sniff:
      let path = try ScratchFile.path("sniff", bytes)
      let format = try TraceFormat.sniffed(path)
      if format.isAddressTrace { try addresses(format, bytes) }
    case .gzip, .xz, .zstd: try unpack(bytes)
    default: break
    }
  }

  /// Every access of an address trace, then the trace brought to sections, then exact counts.
  static func addresses(_ format: TraceFormat, _ bytes: [UInt8]) throws {
    func open() throws -> any AddressReader {
      guard let reader = format.addressReader(InputFile(bytes: bytes, name: "input")) else {
        throw FuzzFinding(what: "no reader of \(format)")
      }
      return reader
    }
    var reader = try open()
    let block = UnsafeMutableBufferPointer<RawAccess>.allocate(capacity: 64)
    defer { unsafe block.deallocate() }
    var count = 0
    while case let more = try unsafe reader.read(into: block), more > 0 { count += more }
    var source = try AddressSource(AddressMap(), open: open)
    try drain(&source)
  }

  private static func capture(_ parts: [[UInt8]]) throws {
    let pages = try RecordedPages(InputFile(bytes: parts[0], name: "pages.csv"))
    var pageTable: RecordedPageTable?
    if parts.count > 1, !parts[1].isEmpty {
      pageTable = try RecordedPageTable(InputFile(bytes: parts[1], name: "pagetable.csv"))
    }
    var snapshots = KernelSnapshots()
    if parts.count > 3, !parts[3].isEmpty {
      try snapshots.readSymbols(InputFile(bytes: parts[3], name: "kallsyms"))
    }
    if parts.count > 5 {
      try snapshots.readModules(
        InputFile(bytes: parts[4], name: "modules"),
        sections: InputFile(bytes: parts[5], name: "sections"), afterStep: 1)
    }
    if parts.count > 6 { try snapshots.readSteps(InputFile(bytes: parts[6], name: "steps")) }
    var source = CaptureSource(
      stream: InputFile(bytes: parts.count > 2 ? parts[2] : [], name: "stream.u32"), pages: pages,
      pageTable: pageTable, snapshots: snapshots)
    try layouts(source.description)
    try drain(&source)
  }

  private static func kft(_ bytes: [UInt8]) throws {
    var source = try KftSource(ScratchFile.path("kft", bytes))
    try layouts(source.description)
    try drain(&source)
    source.rewind()
    try drain(&source)
  }

  /// The layouts a stream can be replayed under; what it lacks for one is no defect.
  private static func layouts(_ description: StreamDescription) throws {
    for name in StreamLayout.names {
      do {
        let binding = try StreamLayout(name).binding(description)
        guard binding.addressOfSite.count == description.table.sites.count else {
          throw FuzzFinding(what: "a layout leaves sites out")
        }
      } catch is InputError {
        continue
      }
    }
  }

  private static func drain(_ source: inout some DescribedSource) throws {
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 1024)
    defer { unsafe block.deallocate() }
    let sites = UInt32(source.description.table.sites.count)
    while case let count = try unsafe source.read(into: block), count > 0 {
      for index in 0..<count {
        let record = unsafe block[index]
        guard !record.isMarker && record.site >= sites else { continue }

        throw FuzzFinding(what: "a record names site \(record.site) of \(sites)")
      }
    }
  }

  /// Unpacks up to 4 MiB: a bomb costs time, not memory.
  private static func unpack(_ bytes: [UInt8]) throws {
    let file = try InputFile(ScratchFile.path("packed", bytes))
    _ = try file.readAll(limit: 1 << 22)
  }

  private static func parts(_ bytes: [UInt8]) -> [[UInt8]] {
    var parts: [[UInt8]] = [[]]
    var at = 0
    while at < bytes.count {
      if bytes[at] == 10, bytes[at...].starts(with: separator) {
        parts.append([])
        at += separator.count
      } else {
        parts[parts.count - 1].append(bytes[at])
        at += 1
      }
    }
    return parts
  }
}
