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

  /// How the file lists modules. Lines of the kernel's own forms are held to all they have, so that
  /// one cut short is not taken for a shorter one.
  private enum Form { case plain, lsmod, proc }

  /// - Throws: every malformed line at once.
  public init(text: String, file: String) throws(InputError) {
    var lines = ProcLines(file: file)
    var modules: [LoadedModule] = []
    var seen: Set<Substring> = []
    let (form, digits) = LoadedSet.form(text)
    var isFull = false
    ProcLines.each(text) { number, line, fields in
      let name = fields[0]
      if isFull || name == "Module" && fields.dropFirst().first == "Size" { return }
      guard fields.count >= 2, let size = UInt64(fields[1]), size <= CatalogReader.sectionLimit
      else {
        lines.report(
          number, "'\(ProcLines.shown(line))' is no module line; write NAME SIZE [USED-BY…]",
          column: fields.count > 1 ? ProcLines.column(fields[1], in: line) : ProcLines.end(line))
        return
      }
      if let (field, what) = LoadedSet.fault(fields, form, digits) {
        lines.report(
          number, what,
          column: field.map { ProcLines.column($0, in: line) } ?? ProcLines.end(line))
        return
      }
      if !seen.insert(name).inserted {
        lines.report(
          number, "'\(name)' is listed twice", column: ProcLines.column(name, in: line))
      }
      if modules.count == LoadedSet.limit {
        lines.report(number, "more than \(LoadedSet.limit) modules")
        isFull = true
        return
      }
      modules.append(LoadedSet.module(name: name, size: size, fields: fields, line: number))
    }
    if modules.isEmpty && lines.problems.isEmpty { lines.report(1, "no module is listed") }
    try lines.finish()
    self.file = file
    self.modules = modules
  }

  private static let states = ["Live", "Loading", "Unloading"]

  /// The form, and how many characters its addresses have.
  private static func form(_ text: String) -> (Form, Int) {
    var form = Form.plain
    var digits = 0
    ProcLines.each(text) { _, _, fields in
      if fields[0] == "Module", fields.dropFirst().first == "Size" { form = .lsmod }
      if form != .lsmod, fields.count > 4, states.contains(String(fields[4])) {
        form = .proc
        if fields.count > 5 { digits = max(digits, fields[5].utf8.count) }
      }
    }
    return (form, digits)
  }

  /// The field at fault, nil where the line ends too early, and what is wrong.
  private static func fault(
    _ fields: [Substring], _ form: Form, _ digits: Int
  ) -> (Substring?, String)? {
    switch form {
    case .plain: return nil
    case .lsmod:
      guard fields.count > 2 else { return (nil, "the line ends before its use count") }
      return Int(fields[2]) == nil ? (fields[2], "'\(fields[2])' is no use count") : nil
    case .proc:
      let wanted = ["its use count", "its users", "its state", "its address"]
      guard fields.count > 5 else {
        return (nil, "the line ends before \(wanted[fields.count - 2])")
      }
      if fields[2] != "-", Int(fields[2]) == nil {
        return (fields[2], "'\(fields[2])' is no use count")
      }
      if fields[3] != "-", !fields[3].hasSuffix(",") {
        return (fields[3], "'\(fields[3])' is no list of users; it ends with a comma")
      }
      if !states.contains(String(fields[4])) {
        return (fields[4], "'\(fields[4])' is no state; one of \(states.joined(separator: ", "))")
      }
      guard parseUnsigned(fields[5]) != nil, fields[5].hasPrefix("0x") else {
        return (fields[5], "'\(fields[5])' is no address")
      }
      return fields[5].utf8.count < digits
        ? (fields[5], "address '\(fields[5])' is cut: others have \(digits - 2) digits") : nil
    }
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
