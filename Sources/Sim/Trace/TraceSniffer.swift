extension TraceFormat {
  // Safe: the head is freed where it was made, after everything found in it was copied or compared.
  /// What the first bytes of a trace say it is.
  ///
  /// - Throws: kind `missing`; `badData` when the content fits no format or several.
  public static func sniffed(_ path: String) throws(InputError) -> TraceFormat {
    let head = try head(of: path)
    let found = unsafe head.withUnsafeBytes { unsafe guess($0, name: path) }
    if let found { return found }
    let all = TraceFormat.allCases.map(\.rawValue).joined(separator: ", ")
    throw InputError(
      file: path == "-" ? "<stdin>" : path,
      "cannot tell the format from its content; say --format, one of \(all)")
  }

  /// The first bytes of a trace; those of standard input stay there for its reader.
  private static func head(of path: String) throws(InputError) -> [UInt8] {
    if path == "-" { return try InputFile.standardInputHead() }
    let file = try InputFile(path)
    let head = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
    defer { unsafe head.deallocate() }
    let count = try unsafe file.readTrace(into: head)
    return unsafe Array(head.prefix(count))
  }

  /// The format `bytes`, the start of a trace, are in; nil when several or none fit.
  static func guess(_ bytes: UnsafeRawBufferPointer, name: String) -> TraceFormat? {
    if unsafe bytes.starts(with: KftHeader.magic) { return .kft }
    let isText = unsafe bytes.prefix(4096).allSatisfy {
      $0 == 9 || $0 == 10 || $0 == 13 || $0 >= 32
    }
    return unsafe isText ? guessText(bytes) : guessBinary(bytes, name: name)
  }

  private static func guessText(_ bytes: UnsafeRawBufferPointer) -> TraceFormat? {
    let lines = unsafe bytes.split(separator: 10, maxSplits: 200).dropLast().prefix(200).map {
      unsafe String(decoding: $0, as: UTF8.self)
    }
    let whole = unsafe lines.isEmpty ? [String(decoding: bytes, as: UTF8.self)] : Array(lines)
    if whole.contains(where: { $0.hasPrefix("# PID, TID, IP, ADDR") }) { return .perfMem }
    let body = whole.filter { !$0.hasPrefix("==") && !$0.hasPrefix("#") && !$0.isEmpty }
    guard !body.isEmpty else { return nil }
    func all(_ test: (String) -> Bool) -> Bool { body.allSatisfy(test) }
    if all({
      $0.hasPrefix("I  ") || $0.hasPrefix(" S ") || $0.hasPrefix(" L ") || $0.hasPrefix(" M ")
    }) {
      return .lackey
    }
    let words = body.map { $0.split(whereSeparator: { $0 == " " || $0 == "\t" }) }
    func isHex(_ text: Substring) -> Bool {
      UInt64(text.hasPrefix("0x") ? text.dropFirst(2) : text, radix: 16) != nil
    }
    if words.allSatisfy({
      $0.count >= 3 && "rwimcvRWIMCV".contains($0[0]) && $0[0].count == 1 && isHex($0[1])
        && isHex($0[2])
    }) {
      return .xdin
    }
    if words.allSatisfy({ $0.count >= 2 && "012345".contains($0[0]) && isHex($0[1]) }) {
      return .din
    }
    if body.contains(where: { $0.contains(" byte(s) @ 0x") }) { return .drmemtraceText }
    if words.contains(where: { $0.contains { $0.first == "[" && $0.last == "]" } }) {
      return .perfScript
    }
    return nil
  }

  /// Binary formats have no marks; only a suffix before the compression's tells them apart.
  private static func guessBinary(_ bytes: UnsafeRawBufferPointer, name: String) -> TraceFormat? {
    var stem = name[...]
    for suffix in [".gz", ".xz", ".zst"] where stem.hasSuffix(suffix) {
      stem = stem.dropLast(suffix.count)
    }
    if stem.hasSuffix(".u32") { return .capture }
    if stem.hasSuffix(".u64") { return .u64 }
    if stem.contains("champsim") { return .champsim }
    if stem.lowercased().contains("oraclegeneral") { return .oracleGeneral }
    return nil
  }
}
