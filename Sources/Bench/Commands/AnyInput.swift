import Sim

/// What `kfrag check` checks: `InputCheck`'s inputs, and those only later folders read.
enum AnyInput {
  // Safe: each block is freed where it was made, after the loop; nothing is read from it.
  /// Reads the file in full and says what it is. - Throws: everything wrong with it.
  static func check(_ file: String, system: String?) throws(InputError) -> String {
    if let format = accessFormat(file) { return try accesses(file, format) }
    do {
      return try InputCheck.check(file, system: system).rawValue
    } catch {
      guard file != "-", let keys = keys(file) else { throw error }
      if keys.contains("problems"), !keys.contains("machine") {
        _ = try Assignment.read(file)
        return "assignment"
      }
      if keys.contains("claims") || keys.contains("values") {
        try Study.checkClaims(file)
        return "claims"
      }
      throw error
    }
  }

  /// The format of an access trace that cannot be taken for anything else.
  private static func accessFormat(_ file: String) -> TraceFormat? {
    guard let format = try? TraceFormat.sniffed(file) else { return nil }
    switch format {
    case .kft, .lackey, .din, .xdin, .dinb, .drmemtraceText, .perfMem, .u64, .champsim,
      .champsimCloudsuite, .oracleGeneral:
      return format
    // A line of `perf script` looks like one of ftrace; a capture is nothing without its pages.
    case .perfScript, .capture: return nil
    }
  }

  private static func accesses(
    _ file: String, _ format: TraceFormat
  ) throws(InputError) -> String {
    do {
      if format == .kft {
        var source = try KftSource(file)
        let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 1 << 14)
        defer { unsafe block.deallocate() }
        while try unsafe source.read(into: block) > 0 {}
      } else if var reader = format.addressReader(try InputFile(file)) {
        let block = UnsafeMutableBufferPointer<RawAccess>.allocate(capacity: 1 << 14)
        defer { unsafe block.deallocate() }
        while try unsafe reader.read(into: block) > 0 {}
      }
    } catch let error as InputError {
      throw error
    } catch {
      throw InputError(file: file, "\(error)")
    }
    return "access trace, \(format.rawValue)"
  }

  /// Keys of a YAML document's root; nil when the file is none.
  private static func keys(_ file: String) -> [String]? {
    guard let text = try? InputFile.text(file, limit: 1 << 22),
      let document = try? StrictYAML(text: text, file: file), document.root.isMapping
    else { return nil }
    return document.root.pairs().map(\.key)
  }
}
