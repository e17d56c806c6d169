/// Reads a scenario file and everything it names. Paths are relative to the scenario's folder.
public struct ScenarioReader {
  private let file: String
  private let folder: String
  let document: StrictYAML
  private var inputs: [String]

  /// Reads and resolves the scenario at `path`.
  /// - Throws: everything wrong with the file, then with what it names.
  public static func read(_ path: String) throws(InputError) -> Scenario {
    let text = try InputFile.text(path, limit: 1 << 20)
    return try read(text: text, file: path)
  }

  /// Reads a scenario from text; `file` names it in messages and anchors relative paths.
  public static func read(text: String, file: String) throws(InputError) -> Scenario {
    var reader = try ScenarioReader(text: text, file: file)
    return try reader.scenario()
  }

  private init(text: String, file: String) throws(InputError) {
    self.file = file
    folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    document = try StrictYAML(text: text, file: file)
    inputs = [file]
  }

  private mutating func scenario() throws(InputError) -> Scenario {
    let draft = document.root.mapping { root in self.draft(root) }
    try document.finish()
    func anchored<T>(_ key: String, _ body: () throws(InputError) -> T) throws(InputError) -> T {
      do {
        return try body()
      } catch {
        // A name that is unknown is a fault of this file; a fault inside another keeps its place.
        guard error.diagnostics.count == 1, error.diagnostics[0].line == 0,
          let value = draft.places[key]
        else { throw error }
        let fault = error.diagnostics[0]
        if error.kind == .missing, key == "image" || key == "catalog" {
          // A file that is not there: which, and where it is named.
          (draft.places[key == "image" ? "sections" : key] ?? value)
            .report("\(fault.file): \(fault.message)")
          throw InputError(document.sink.diagnostics, kind: .missing)
        }
        value.report(fault.message)
        try document.finish()
        throw error
      }
    }
    let profile = try anchored("system") { () throws(InputError) in
      try self.profile(draft.system)
    }
    let machine = try anchored("machine") { () throws(InputError) in
      try self.machine(draft.machine)
    }
    let image = try anchored("image") { () throws(InputError) in
      let file = path(draft.imageFile)
      return try ScenarioReader.images.value(file: file, variant: draft.imageName) {
        () throws(InputError) in
        try BaseImageReader.read(InputFile.text(file), file: file, kernel: draft.imageName)
      }
    }
    let catalogPath = path(draft.catalogFile)
    let catalog = try anchored("catalog") { () throws(InputError) in
      try ScenarioReader.catalogs.value(file: catalogPath) { () throws(InputError) in
        try CatalogReader.read(InputFile.text(catalogPath), file: catalogPath)
      }
    }
    let (modules, missing) = try modules(draft, catalog)
    let arms = try arms(draft.arms, profile, modules, catalog)
    try checkRoom(modules, of: catalog, behind: image, arms)
    return Scenario(
      name: draft.name, summary: draft.summary, file: file, machine: machine,
      processors: draft.processors, image: image, catalog: catalog, modules: modules,
      missing: missing,
      memory: MemoryPlan(bytes: draft.memoryBytes, age: draft.age), history: draft.history,
      workload: draft.workload, arms: arms, replicates: draft.replicates, varying: draft.varying,
      confidence: draft.confidence, seed: Seed(draft.seed),
      inputs: inputs + [path(draft.imageFile), catalogPath]
        + (draft.loadedFile.isEmpty ? [] : [path(draft.loadedFile)]) + draft.workload.inputs)
  }

  /// - Throws: when the modules linked in would reach beyond the address space.
  private func checkRoom(
    _ modules: [KernelModule], of catalog: ModuleCatalog, behind image: BaseImage,
    _ arms: [ArmPlan]
  ) throws(InputError) {
    let kinds: [SectionKind] = [.text, .rodata, .roAfterInit, .symbols, .data]
    func sections(_ modules: [KernelModule]) -> [(kind: SectionKind, size: UInt64)] {
      modules.flatMap { module in
        kinds.map { ($0, module.sections.size(of: $0)) }.filter { $0.1 > 0 }
      }
    }
    for arm in arms {
      // The ladder of the modules' arms has a rung with each section on pages of its own.
      let modules = arm.kind == .everything ? catalog.modules : modules
      let end = LinkedImage(
        image.rebased(to: arm.profile), linking: sections(modules),
        alignment: arm.kind == .everything ? 32 : arm.profile.basePage.bytes
      ).range.upper
      guard end < AddressRange.highest, arm.profile.image.pageSize.ceil(end) >= end else {
        throw InputError(
          file: file,
          "\(modules.count) modules do not fit behind the base image of \(arm.profile.id), whose "
            + "address space ends at \(hex(AddressRange.highest))")
      }
    }
  }

  func path(_ name: String) -> String {
    name.hasPrefix("/") || folder.isEmpty ? name : "\(folder)/\(name)"
  }

  private static let profiles = ReadCache<SystemProfile>()
  private static let machines = ReadCache<Machine>()
  private static let images = ReadCache<BaseImage>()
  private static let catalogs = ReadCache<ModuleCatalog>()

  /// The system of that name, or of the user's own file.
  func profile(_ name: String) throws(InputError) -> SystemProfile {
    let own = resolve(name)
    guard own == name, !own.contains("/"), !own.hasSuffix(".yaml") else {
      return try ProfileCatalog.profile(own)
    }
    return try ScenarioReader.profiles.value(preset: own) { () throws(InputError) in
      try ProfileCatalog.profile(own)
    }
  }

  /// The machine of that name, or of the user's own file.
  func machine(_ name: String) throws(InputError) -> Machine {
    let own = resolve(name)
    guard own == name, !own.contains("/"), !own.hasSuffix(".yaml") else {
      return try MachineCatalog.machine(own)
    }
    return try ScenarioReader.machines.value(preset: own) { () throws(InputError) in
      try MachineCatalog.machine(own)
    }
  }

  /// A preset's name, or the path of a user's own file, which holds a slash or ends in `.yaml`.
  func resolve(_ name: String) -> String {
    name.hasSuffix(".yaml") || name.contains("/") ? path(name) : name
  }

  /// The measured set in load order: listings show the newest first, so they are read backwards,
  /// with dependencies moved before their users.
  private func modules(
    _ draft: Draft, _ catalog: ModuleCatalog
  ) throws(InputError) -> (modules: [KernelModule], missing: [String]) {
    var wanted: [(name: String, line: Int)] = []
    var source = file
    if !draft.loadedFile.isEmpty {
      source = path(draft.loadedFile)
      let set = try LoadedSet(text: InputFile.text(source), file: source)
      wanted = set.modules.reversed().map { ($0.name, $0.line) }
    }
    if case .recorded(let stream, _) = draft.workload, wanted.isEmpty, draft.names.isEmpty {
      source = stream
      wanted = ScenarioReader.recordedModules(try KftSource(stream)).map { ($0, 0) }
    }
    var problems: [Diagnostic] = []
    var missing: [String] = []
    var names: [String] = []
    for (name, line) in wanted {
      if let module = catalog[name] {
        names.append(module.name)
      } else if draft.skipMissing {
        missing.append(name)
      } else {
        problems.append(
          Diagnostic(
            file: source, line: line, column: 1,
            "module '\(name)' is not in \(catalog.source)\(catalog.hint(for: name))"))
      }
    }
    for value in draft.names {
      guard let name = value.string() else { continue }
      if let module = catalog[name] {
        names.append(module.name)
      } else {
        value.report("module '\(name)' is not in \(catalog.source)\(catalog.hint(for: name))")
      }
    }
    try document.finish()
    guard problems.isEmpty else { throw InputError(problems) }
    do {
      return (try catalog.ordered(names), missing)
    } catch {
      throw InputError(file: catalog.source, "\(error)")
    }
  }

  /// Objects of a recorded stream that are modules, in the order of their addresses, which under
  /// first fit is nearly the order they were loaded in.
  private static func recordedModules(_ source: KftSource) -> [String] {
    var first: [(address: UInt64, name: String)] = []
    for section in source.description.table.sections.sections {
      guard section.kind != .region, section.object != "base" else { continue }
      if !first.contains(where: { $0.name == section.object }) {
        first.append((section.recordedAddress, section.object))
      }
    }
    return first.sorted { ($0.address, $0.name) < ($1.address, $1.name) }.map(\.name)
  }
}
