extension ScenarioReader {
  /// What the file says of one arm.
  struct ArmDraft {
    var name: String
    var kind: ArmKind
    /// Nil: the scenario's.
    var system: String?
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
          let name = arm.string("name", default: kind.rawValue)
          arms.append(ArmDraft(name: name, kind: kind, system: system, value: value))
        }
      }
    }
    if arms.count < 2 { list.report("a comparison wants at least two arms") }
    if Set(arms.map(\.name)).count < arms.count { list.report("two arms have the same name") }
    return arms
  }

  /// Resolves the systems and machines arms name.
  func arms(
    _ drafts: [ArmDraft], _ profile: SystemProfile
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
      arms.append(ArmPlan(name: arm.name, kind: arm.kind, profile: own, machine: machine))
    }
    try document.finish()
    return arms
  }
}
