/// What an input file is, told by its content, and whether it is sound.
public enum InputKind: String, CaseIterable, Sendable {
  case scenario, machine
  case system
  case sweepPlan = "sweep plan"
  case catalog
  case loadedSet = "loaded set"
  case lifecycleTrace = "load/unload trace"
  case placementLog = "placement log"
  case vmallocInfo = "vmallocinfo"
  case buddyInfo = "buddyinfo"
  case pagetypeInfo = "pagetypeinfo"
  case modulesDep = "modules.dep"
  case ftrace = "ftrace text"
  case kernelSections = "kernel sections"
}

/// Reads any of kfrag's text inputs in full and says what it is.
public enum InputCheck {
  /// - Parameter system: whose verbs a load/unload trace may use, beside the common ones; nil:
  ///   those of every system.
  /// - Throws: everything wrong with the file; or that its kind cannot be told.
  public static func check(_ path: String, system: String? = nil) throws(InputError) -> InputKind {
    let text = try InputFile.text(path)
    let file = path == "-" ? "<stdin>" : path
    guard let kind = try kind(of: text, file: file) else {
      let kinds = InputKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw InputError(
        file: file, line: 1, "cannot tell what this is; kfrag checks these: \(kinds)")
    }
    switch kind {
    case .scenario: _ = try ScenarioReader.read(text: text, file: file)
    case .machine: _ = try MachineReader.read(text, file: file)
    case .system: _ = try ProfileReader.read(text, file: file)
    case .sweepPlan: _ = try SweepPlanReader.read(text: text, file: file)
    case .catalog: try checkCatalog(text, file)
    case .buddyInfo: _ = try MemoryFileReader.buddyinfo(text, file: file)
    case .pagetypeInfo: _ = try MemoryFileReader.pagetypeinfo(text, file: file)
    case .modulesDep: _ = try ModulesDepReader.read(text, file: file)
    case .ftrace: _ = try FtraceReader.read(text, file: file)
    case .loadedSet: _ = try LoadedSet(text: text, file: file)
    case .lifecycleTrace: try checkTrace(text, file, system)
    case .placementLog: _ = try PlacementEventReader.read(text, file: file)
    case .vmallocInfo: _ = try VmallocInfoReader.read(text, file: file)
    case .kernelSections: try checkSections(text, file)
    }
    return kind
  }

  // MARK: Which kind

  /// What the content of the file at `path` says it is; nil when it says nothing.
  public static func kind(of path: String) throws(InputError) -> InputKind? {
    try kind(of: InputFile.text(path), file: path)
  }

  private static func kind(of text: String, file: String) throws(InputError) -> InputKind? {
    let head = TextLines.lines(String(decoding: text.utf8.prefix(1 << 16), as: UTF8.self))
    if let first = head.first, first.hasPrefix("## "), TextLines.words(first).count == 2 {
      return .kernelSections
    }
    guard let first = head.first(where: isContent) else {
      throw InputError(file: file, line: 1, "the file is empty")
    }
    let columns = TextLines.fields(first)
    if first == PlacementEventReader.header { return .placementLog }
    if columns.count > 1, columns.contains("module") || columns.contains("name") {
      return .catalog
    }
    let words = TextLines.words(first)
    if first.hasPrefix("Node "), words.count > 3, words[2] == "zone" { return .buddyInfo }
    if first.hasPrefix("Page block order:") { return .pagetypeInfo }
    if FtraceReader.recognises(first) { return .ftrace }
    if ModulesDepReader.recognises(first) { return .modulesDep }
    if first.hasPrefix("0x"), words[0].contains("-") { return .vmallocInfo }
    if words.count > 1 {
      if words[0] == "Module", words[1] == "Size" { return .loadedSet }
      if Double(words[0]) == nil, UInt64(words[1]) != nil { return .loadedSet }
    }
    if isKey(first) || file.hasSuffix(".yaml") || file.hasSuffix(".yml") {
      return try yamlKind(text, file)
    }
    if Double(words[0]) != nil || verbs(nil).contains(where: { $0.word.hasPrefix(words[0]) }) {
      return .lifecycleTrace
    }
    return nil
  }

  /// Neither blank nor a comment.
  private static func isContent(_ line: Substring) -> Bool {
    !line.hasPrefix("#") && !TextLines.words(line).isEmpty
  }

  /// `key:` or `key: value`, or a document's start.
  private static func isKey(_ line: Substring) -> Bool {
    guard let colon = line.utf8.firstIndex(of: 58) else { return line == "---" }
    let after = line.utf8[line.utf8.index(after: colon)...]
    return !line[..<colon].contains(" ") && (after.isEmpty || after.first == 32)
  }

  private static func yamlKind(_ text: String, _ file: String) throws(InputError) -> InputKind? {
    let document = try StrictYAML(text: text, file: file)
    guard document.root.isMapping else {
      throw InputError(file: file, line: 1, "the document is no mapping of keys to values")
    }
    let keys = document.root.pairs().map(\.key)
    let marks: [(InputKind, [String])] = [
      (.sweepPlan, ["scenario", "axes", "zip", "include", "exclude"]),
      (.scenario, ["machine", "system", "modules", "kernel", "workload", "arms", "replicates"]),
      (.machine, ["arrays", "inherits", "isa", "walk", "walkCaches", "costs"]),
      (.system, ["arenas", "pieces", "image", "unload", "released", "directMap"]),
    ]
    let scored = marks.map { kind, words in (kind, words.count { keys.contains($0) }) }
    guard let best = scored.max(by: { $0.1 < $1.1 }), best.1 > 0 else { return nil }
    return best.0
  }

  // MARK: Kinds that need a word more

  private static func verbs(_ system: String?) -> [VerbForm] {
    system.map { verbs(of: [$0]) } ?? everyVerb
  }

  private static let everyVerb = verbs(of: ProfileCatalog.names)

  private static func verbs(of names: [String]) -> [VerbForm] {
    var forms = LifecycleTrace.commonForms
    for name in names {
      guard let profile = try? ProfileCatalog.profile(name) else { continue }
      for form in systemRules(profile).forms where !forms.contains(form) { forms.append(form) }
    }
    return forms
  }

  /// The first system whose tools say `word`.
  static func speaker(_ word: Substring) -> String? {
    speakers.first { $0.verbs.contains(where: { $0.word == word }) }?.system
  }

  /// What each system's tools say beside the common verbs.
  private static let speakers = ProfileCatalog.names.map { name in
    (system: name, verbs: verbs(of: [name]).dropFirst(LifecycleTrace.commonForms.count))
  }

  private static let everyKey = keys(of: ProfileCatalog.names)

  private static func keys(of names: [String]) -> Set<String> {
    names.reduce(into: []) { keys, name in
      guard let profile = try? ProfileCatalog.profile(name) else { return }
      keys.formUnion(systemRules(profile).lineKeys)
    }
  }

  private static func checkTrace(
    _ text: String, _ file: String, _ system: String?
  ) throws(InputError) {
    if let system { _ = try ProfileCatalog.profile(system) }
    _ = try LifecycleTrace(
      text: text, file: file, forms: verbs(system), extensions: [],
      keys: system.map { keys(of: [$0]) } ?? everyKey, speaker: speaker)
  }

  /// Each dependency cycle once, at the file as a whole; what a catalog lacks may be elsewhere.
  private static func checkCatalog(_ text: String, _ file: String) throws(InputError) {
    let cycles = ModuleFolderReader.cycles(try CatalogReader.read(text, file: file).modules, file)
    guard cycles.isEmpty else { throw InputError(cycles) }
  }

  private static func checkSections(_ text: String, _ file: String) throws(InputError) {
    for line in TextLines.lines(text) where line.hasPrefix("## ") {
      _ = try BaseImageReader.read(text, file: file, kernel: String(line.dropFirst(3)))
    }
  }
}
