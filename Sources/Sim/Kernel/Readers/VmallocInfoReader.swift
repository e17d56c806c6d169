/// One line of `/proc/vmallocinfo`: a live or not yet purged virtual area.
public struct VmallocArea: Hashable, Sendable {
  /// Guard page included, as the file prints it.
  public let range: AddressRange
  /// Who asked for it: `load_module`, `bpf_prog_pack_alloc`, … without offset; empty when unknown.
  public let caller: String
  /// Pages behind it; 0 for areas without pages of their own.
  public let pages: UInt64
  /// Freed but not yet reusable.
  public let isUnpurged: Bool
}

/// Reads `/proc/vmallocinfo`.
public enum VmallocInfoReader {
  /// - Throws: every malformed line at once.
  public static func read(_ text: String, file: String) throws(InputError) -> [VmallocArea] {
    var lines = ProcLines(file: file)
    var areas: [VmallocArea] = []
    // The kernel ends no line at the size; a list written by hand may, if all its lines do.
    var saysMore = false
    ProcLines.each(text) { _, _, fields in saysMore = saysMore || fields.count > 2 }
    ProcLines.each(text) { number, line, fields in
      let ends = fields[0].split(separator: "-", omittingEmptySubsequences: false)
      guard ends.count == 2, fields.count >= 2, let lower = parseUnsigned(ends[0]),
        let upper = parseUnsigned(ends[1]), let size = UInt64(fields[1])
      else {
        let isRange = ends.count == 2 && ends.allSatisfy { parseUnsigned($0) != nil }
        lines.report(
          number, "'\(ProcLines.shown(line))' is no 0xSTART-0xEND SIZE line",
          column: !isRange
            ? ProcLines.column(fields[0], in: line)
            : fields.count > 1 ? ProcLines.column(fields[1], in: line) : ProcLines.end(line))
        return
      }
      guard lower < upper, upper - lower == size else {
        lines.report(
          number,
          "0xSTART-0xEND spans other than \(size) bytes; addresses are hashed unless "
            + "kernel.kptr_restrict allows them",
          column: ProcLines.column(fields[0], in: line))
        return
      }
      guard fields.count > 2 || !saysMore else {
        lines.report(number, "the line ends before its caller", column: ProcLines.end(line))
        return
      }
      let named = fields.count > 2 ? fields[2] : ""
      let pages = fields.first { $0.hasPrefix("pages=") }?.dropFirst(6)
      if let pages, UInt64(pages) == nil {
        lines.report(number, "'pages=' wants a number", column: ProcLines.column(pages, in: line))
        return
      }
      areas.append(
        VmallocArea(
          range: AddressRange(lower, upper),
          caller: named.contains("+") ? String(named.prefix { $0 != "+" }) : "",
          pages: pages.flatMap { UInt64($0) } ?? 0, isUnpurged: named == "unpurged"))
    }
    try lines.finish()
    return areas
  }
}
