/// One module of a set that was found loaded on a real machine.
public struct LoadedModule: Hashable, Sendable {
  public let name: String
  /// What the listing showed, bytes.
  public let size: UInt64
  public let users: [String]
  /// Text address from `/proc/modules`; 0 when hidden or not shown.
  public let address: UInt64
  /// 1-based line in the file.
  public let line: Int
}

/// Reads the modules a machine has loaded: `lsmod` output, `/proc/modules`, or plain `name size`.
///
/// `/proc/modules` lists the newest first, and so does `lsmod`; `modules` keeps the file's order.
public struct LoadedSet: Sendable {
  public let file: String
  public let modules: [LoadedModule]

  public static let limit = 100_000

  /// - Throws: every malformed line at once.
  public init(text: String, file: String) throws(InputError) {
    var problems: [Diagnostic] = []
    var modules: [LoadedModule] = []
    var seen: Set<Substring> = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
      guard let name = fields.first, !name.hasPrefix("#") else { continue }
      if name == "Module" && fields.dropFirst().first == "Size" { continue }
      guard fields.count >= 2, let size = UInt64(fields[1]), size <= CatalogReader.sectionLimit
      else {
        problems.append(
          Diagnostic(
            file: file, line: index + 1,
            "'\(line.prefix(60))' is no module line; write NAME SIZE [USED-BY…]"))
        continue
      }
      if !seen.insert(name).inserted {
        problems.append(Diagnostic(file: file, line: index + 1, "'\(name)' is listed twice"))
      }
      if modules.count == LoadedSet.limit {
        problems.append(
          Diagnostic(file: file, line: index + 1, "more than \(LoadedSet.limit) modules"))
        break
      }
      modules.append(LoadedSet.module(name: name, size: size, fields: fields, line: index + 1))
    }
    if modules.isEmpty && problems.isEmpty {
      problems.append(Diagnostic(file: file, line: 1, "no module is listed"))
    }
    guard problems.isEmpty else { throw InputError(problems) }
    self.file = file
    self.modules = modules
  }

  private static func module(
    name: Substring, size: UInt64, fields: [Substring], line: Int
  ) -> LoadedModule {
    // /proc/modules: name size refcount users, state address [(taints)]; lsmod: name size n users.
    let users = fields.count > 3 && fields[3] != "-" ? fields[3] : ""
    let address = fields.dropFirst(4).first { $0.hasPrefix("0x") }.flatMap { parseUnsigned($0) }
    return LoadedModule(
      name: String(name), size: size, users: users.split(separator: ",").map { String($0) },
      address: address ?? 0, line: line)
  }
}
