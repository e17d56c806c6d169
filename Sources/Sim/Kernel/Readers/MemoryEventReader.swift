/// One line of a recorded page-allocator log.
public struct MemoryEvent: Hashable, Sendable {
  /// What happened; raw values are the log's letters.
  public enum Kind: UInt8, Sendable {
    /// `mm_page_alloc`: somebody got the block. Not logged for bulk requests (vmalloc).
    case allocate = 65
    /// `mm_page_free`: somebody gave it back.
    case free = 70
    /// `mm_page_alloc_zone_locked`: it left the zone's lists.
    case leave = 90
    /// `mm_page_pcpu_drain`: it came back to them from a per-CPU list.
    case drain = 68
    /// `mm_page_alloc_extfrag`: a request falls back to another type's memory.
    case fallback = 88
    /// `L`: a module was loaded.
    case load = 76
    /// `U`: one was unloaded.
    case unload = 85
    case mark = 77
  }

  public let kind: Kind
  /// First frame.
  public let frame: UInt32
  public let order: UInt8
  /// What it was asked for; for a fallback, of the request.
  public let type: MigrateType
  /// A fallback's other type: whose memory it takes.
  public let source: MigrateType
  /// 1-based line in the file.
  public let line: Int
}

/// Reads page-allocator logs: CSV `t_us,op,pfn,order,mt,comm`, frames in hexadecimal.
public enum MemoryEventReader {
  // Safe: a line is copied into a string before the next is read.
  static let header = "t_us,op,pfn,order,mt,comm"
  public static let eventLimit = 100_000_000

  /// - Parameter marks: called with each mark's text and the number of events before it.
  /// - Throws: every malformed line, the first 20 of them.
  public static func read(
    _ path: String, marks: (String, Int) -> Void = { _, _ in }
  ) throws(InputError) -> [MemoryEvent] {
    let lines = try LineReader(InputFile(path))
    var events: [MemoryEvent] = []
    var problems: [Diagnostic] = []
    while let bytes = try unsafe lines.next() {
      let text = unsafe Substring(String(decoding: bytes, as: UTF8.self))
      if lines.number == 1 {
        if text != header {
          problems.append(Diagnostic(file: path, line: 1, "the header is not '\(header)'"))
        }
        continue
      }
      if text.isEmpty { continue }
      let fields = TextLines.fields(text)
      if let event = event(fields, lines.number) {
        if event.kind == .mark { marks(String(fields[5]), events.count) }
        events.append(event)
      } else {
        problems.append(Diagnostic(file: path, line: lines.number, slip(fields)))
      }
      if problems.count > 20 || events.count > eventLimit { break }
    }
    if events.count > eventLimit {
      problems.append(Diagnostic(file: path, "more than \(eventLimit) events"))
    }
    if events.isEmpty && problems.isEmpty {
      problems.append(Diagnostic(file: path, line: 1, "no event is recorded"))
    }
    guard problems.isEmpty else { throw InputError(problems) }
    return events
  }

  private static func event(_ fields: [Substring], _ line: Int) -> MemoryEvent? {
    guard fields.count == 6, let letter = fields[1].utf8.first, fields[1].utf8.count == 1,
      let kind = MemoryEvent.Kind(rawValue: letter)
    else { return nil }
    switch kind {
    case .mark, .load, .unload:
      return MemoryEvent(
        kind: kind, frame: 0, order: 0, type: .unmovable, source: .unmovable, line: line)
    case .allocate, .free, .leave, .drain, .fallback:
      guard let frame = UInt32(fields[2], radix: 16), let order = UInt8(fields[3]),
        order <= BuddyAllocator.maxOrder
      else { return nil }
      let types = fields[4].split(separator: ">").map { UInt8($0).flatMap(type) }
      guard types.count <= 2, !types.contains(nil), kind == .free || !types.isEmpty else {
        return nil
      }
      let first = types.first ?? MigrateType.unmovable
      return MemoryEvent(
        kind: kind, frame: frame, order: order, type: first ?? .unmovable,
        source: (types.last ?? first) ?? .unmovable, line: line)
    }
  }

  /// The kernel's numbers: 4 is CMA where it is built in, which comes after HighAtomic.
  private static func type(_ number: UInt8) -> MigrateType? { MigrateType(rawValue: number) }

  private static func slip(_ fields: [Substring]) -> String {
    guard fields.count == 6 else { return "\(fields.count) fields; the line wants 6" }
    guard fields[1].utf8.count == 1, let letter = fields[1].utf8.first,
      MemoryEvent.Kind(rawValue: letter) != nil
    else { return "'\(ProcLines.shown(fields[1]))' is none of the letters A F Z D X L U M" }
    guard UInt32(fields[2], radix: 16) != nil else {
      return "'\(ProcLines.shown(fields[2]))' is no frame number in hexadecimal"
    }
    guard UInt8(fields[3]).map({ $0 <= BuddyAllocator.maxOrder }) == true else {
      return "'\(ProcLines.shown(fields[3]))' is no order from 0 to 10"
    }
    return "'\(ProcLines.shown(fields[4]))' is no migrate type"
  }

  /// Which frames are free, from a dump of `/proc/kpageflags`: 8 bytes a frame, bit 10.
  public static func freeFrames(_ path: String) throws(InputError) -> [Bool] {
    let bytes = try InputFile.contents(path, limit: 1 << 31)
    guard !bytes.isEmpty, bytes.count % 8 == 0 else {
      throw InputError(file: path, "\(bytes.count) bytes are no whole number of 8-byte flags")
    }
    return stride(from: 0, to: bytes.count, by: 8).map { bytes[$0 + 1] & 4 != 0 }
  }
}
