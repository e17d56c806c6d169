/// A `module:*` or `kmem:*` event of a kernel's function tracer.
public struct FtraceEvent: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// Fires before the module's init runs. Taint letters as printed, P O F C E only.
    case moduleLoad(name: String, taints: String)
    case moduleFree(name: String)
    /// Raw count: 1 means unused.
    case moduleGet(name: String, references: Int)
    case modulePut(name: String, references: Int)
    case moduleRequest(name: String, waits: Bool)
    case pageAlloc(frame: FrameNumber, order: Int, type: MigrateType?)
    case pageFree(frame: FrameNumber, order: Int)
  }

  public let kind: Kind
  /// Seconds since boot.
  public let time: Double
  public let command: String
  public let line: Int
}

/// Reads ftrace text: `COMM-PID [CPU] FLAGS TIME: EVENT: DETAIL`.
public enum FtraceReader {
  static let known = [
    "module_load", "module_free", "module_get", "module_put", "module_request", "mm_page_alloc",
    "mm_page_free", "mm_page_free_batched", "mm_page_alloc_zone_locked", "mm_page_pcpu_drain",
  ]

  /// Events of other kinds are left out.
  /// - Throws: every line that names a known event but is cut or malformed, at once.
  public static func read(_ text: String, file: String) throws(InputError) -> [FtraceEvent] {
    var lines = ProcLines(file: file)
    var events: [FtraceEvent] = []
    ProcLines.each(text) { number, line, fields in
      // The command may hold blanks; the CPU in brackets follows it.
      guard let cpu = fields.firstIndex(where: { $0.hasPrefix("[") && $0.hasSuffix("]") }),
        cpu > 0,
        let at = fields[cpu...].firstIndex(where: { $0.hasSuffix(":") && isTime($0.dropLast()) }),
        let time = Double(fields[at].dropLast())
      else {
        lines.report(
          number, "'\(ProcLines.shown(line))' is no ftrace line, or is cut",
          column: wanted(fields, line))
        return
      }
      guard at + 1 < fields.count, fields[at + 1].hasSuffix(":") else {
        lines.report(
          number, "the line ends before its event's name",
          column: at + 1 < fields.count
            ? ProcLines.column(fields[at + 1], in: line) : ProcLines.end(line))
        return
      }
      let name = String(fields[at + 1].dropLast())
      guard known.contains(name) else { return }
      let command = fields[..<cpu].joined(separator: " ")
      guard let kind = kind(name, fields[(at + 2)...]) else {
        let field = fields[(at + 2)...].first { isFaulty($0) }
        lines.report(
          number, "event \(name) is cut or malformed",
          column: field.map { ProcLines.column($0, in: line) } ?? ProcLines.end(line))
        return
      }
      guard let kind else { return }
      events.append(
        FtraceEvent(
          kind: kind, time: time, command: String(command.prefix { $0 != "-" }), line: number))
    }
    try lines.finish()
    return events
  }

  /// Where a line that has no CPU or no time should have it.
  private static func wanted(_ fields: [Substring], _ line: Substring) -> Int {
    guard let cpu = fields.firstIndex(where: { $0.hasPrefix("[") && $0.hasSuffix("]") }), cpu > 0
    else { return 1 }
    let odd = fields[(cpu + 1)...].first { $0.hasSuffix(":") || $0.utf8.first.map(isDigit) == true }
    return odd.map { ProcLines.column($0, in: line) } ?? ProcLines.end(line)
  }

  /// Whether a field an event is read from holds no number.
  private static func isFaulty(_ field: Substring) -> Bool {
    guard let equals = field.firstIndex(of: "=") else { return false }
    let value = field[field.index(after: equals)...]
    return ["refcnt", "pfn", "order", "wait"].contains(field[..<equals])
      && (parseUnsigned(value) == nil || value.isEmpty)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

  private static func isTime(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { $0 &- 48 < 10 || $0 == 46 } && text.contains(".")
  }

  /// Nil: malformed. Some nil: well-formed and of no interest.
  private static func kind(
    _ event: String, _ fields: ArraySlice<Substring>
  ) -> FtraceEvent.Kind?? {
    func value(_ key: String) -> Substring? {
      fields.first { $0.hasPrefix(key + "=") }?.dropFirst(key.utf8.count + 1)
    }
    guard let first = fields.first else { return .none }
    let name = String(first)
    switch event {
    case "module_load":
      return .some(.moduleLoad(name: name, taints: fields.dropFirst().joined()))
    case "module_free": return .some(.moduleFree(name: name))
    case "module_get", "module_put":
      guard let count = value("refcnt").flatMap({ Int($0) }) else { return .none }
      return .some(
        event == "module_get"
          ? .moduleGet(name: name, references: count) : .modulePut(name: name, references: count))
    case "module_request":
      guard let waits = value("wait") else { return .none }
      return .some(.moduleRequest(name: name, waits: waits == "1"))
    default:
      guard let pfn = value("pfn").flatMap({ parseUnsigned($0) }), pfn < 1 << 40 else {
        return .none
      }
      let order = value("order").flatMap { Int($0) } ?? 0
      guard (0...BuddyAllocator.maxOrder).contains(order) else { return .none }
      if event.hasPrefix("mm_page_free") || event == "mm_page_pcpu_drain" {
        return .some(.pageFree(frame: FrameNumber(pfn), order: order))
      }
      let type = value("migratetype").flatMap { UInt8($0) }.flatMap { MigrateType(rawValue: $0) }
      return .some(.pageAlloc(frame: FrameNumber(pfn), order: order, type: type))
    }
  }

  /// Whether `line` looks like one of a function tracer's.
  public static func recognises(_ line: Substring) -> Bool {
    let words = TextLines.words(line)
    guard let cpu = words.firstIndex(where: { $0.hasPrefix("[") && $0.hasSuffix("]") }), cpu > 0
    else { return false }
    return words[cpu...].contains { $0.hasSuffix(":") && isTime($0.dropLast()) }
  }

  /// The loads and unloads of a trace as events to replay. A load brings in what it needs when the
  /// trace began too late to show that; one whose init failed shows as a `module_free` behind it.
  public static func lifecycle(_ events: [FtraceEvent]) -> [LifecycleEvent] {
    var time = 0.0
    return events.compactMap { event in
      time = max(time, event.time)
      switch event.kind {
      case .moduleLoad(let name, _):
        return LifecycleEvent(
          line: event.line, time: time, verb: .load, word: "module_load", module: name)
      case .moduleFree(let name):
        return LifecycleEvent(
          line: event.line, time: time, verb: .unload, word: "module_free", module: name)
      default: return nil
      }
    }
  }
}
