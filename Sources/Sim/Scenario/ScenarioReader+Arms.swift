extension ScenarioReader {
  /// What the file says of one arm.
  struct ArmDraft {
    var name: String
    var kind: ArmKind
    /// Nil: the scenario's.
    var system: String?
    /// Of a modular arm: modules to link in all the same, and modules whose text to pack.
    var linked: [YAMLValue] = []
    var packed: [YAMLValue] = []
    var value: YAMLValue
  }

  /// Reads the `arms` list; without one, linked in against loaded.
  func armList(_ root: YAMLMapping) -> [ArmDraft] {
    guard let list = root.optional("arms") else {
      return [ArmKind.monolithic, .modular].map {
        ArmDraft(name: $0.rawValue, kind: $0, value: root.whole)
      }
    }
    var arms: [ArmDraft] = []
    for value in list.list() {
      if value.isScalar {
        if let kind = value.choice(ArmKind.self) {
          arms.append(ArmDraft(name: kind.rawValue, kind: kind, value: value))
        }
        continue
      }
      value.mapping { arm in
        let system = arm.optional("system")?.string()
        _ = arm.optional("machine")
        if let kind = arm.required("layout")?.choice(ArmKind.self) {
          var draft = ArmDraft(
            name: arm.string("name", default: kind.rawValue), kind: kind, system: system,
            value: value)
          draft.linked = picks("linked", of: arm, kind)
          draft.packed = picks("packed", of: arm, kind)
          arms.append(draft)
        }
      }
    }
    if arms.count < 2 { list.report("a comparison wants at least two arms") }
    if Set(arms.map(\.name)).count < arms.count { list.report("two arms have the same name") }
    return arms
  }

  private func picks(_ key: String, of arm: YAMLMapping, _ kind: ArmKind) -> [YAMLValue] {
    guard let value = arm.optional(key) else { return [] }
    if kind != .modular { value.report("'\(key)' is of arms with 'layout: modular'") }
    return value.list()
  }

  /// The modules `values` name, each with what it depends on: what is linked in cannot call what
  /// is loaded.
  private func modules(
    _ values: [YAMLValue], among modules: [KernelModule], of catalog: ModuleCatalog,
    withDependencies: Bool
  ) -> Set<String> {
    let known = Set(modules.map(\.name))
    var names: Set<String> = []
    for value in values {
      guard let word = value.string() else { continue }
      guard let name = catalog[word]?.name, known.contains(name) else {
        let hint = nearest(word, in: modules.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
        value.report("'\(word)' is none of the scenario's modules\(hint)")
        continue
      }
      let all = withDependencies ? (try? catalog.ordered([name]))?.map(\.name) : nil
      names.formUnion((all ?? [name]).filter(known.contains))
    }
    return names
  }

  /// Resolves the systems, machines and modules arms name.
  func arms(
    _ drafts: [ArmDraft], _ profile: SystemProfile, _ modules: [KernelModule],
    _ catalog: ModuleCatalog
  ) throws(InputError) -> [ArmPlan] {
    var arms: [ArmPlan] = []
    for arm in drafts {
      var own = profile
      if let system = arm.system {
        do {
          own = try self.profile(system)
        } catch {
          arm.value.report(error.diagnostics[0].message)
        }
      }
      var machine: Machine?
      if arm.value.isMapping, let named = arm.value.scalar(of: "machine") {
        do {
          machine = try self.machine(named)
        } catch {
          arm.value.report(error.diagnostics[0].message)
        }
      }
      if let problem = ScenarioReader.problem(arm.kind, own) { arm.value.report(problem) }
      if arms.contains(where: { $0.profile.id == own.id && $0.profile.file != own.file }) {
        arm.value.report("two different systems are called '\(own.id)'; give one another id")
      }
      arms.append(
        ArmPlan(
          name: arm.name, kind: arm.kind, profile: own, machine: machine,
          linked: self.modules(arm.linked, among: modules, of: catalog, withDependencies: true),
          packed: self.modules(arm.packed, among: modules, of: catalog, withDependencies: false)))
    }
    try document.finish()
    return arms
  }

  /// Why a system has no layout of this kind; nil when it has.
  static func problem(_ kind: ArmKind, _ profile: SystemProfile) -> String? {
    switch kind {
    case .monolithic, .everything: nil
    case .modular:
      profile.pieces.isEmpty
        ? "\(profile.id) loads nothing into its kernel: its drivers are processes; it has the"
          + " layouts monolithic and everything" : nil
    case .boot:
      profile.pieces.contains { $0.phase == .boot }
        ? nil : "\(profile.id) has no way of its own to bring modules at boot"
    case .largePages:
      profile.pieces.contains { $0.pages == .optIn }
        ? nil : "\(profile.id) has no way of its own to put modules on large pages"
    }
  }
}
