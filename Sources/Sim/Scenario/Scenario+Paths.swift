extension Scenario {
  /// The scenario with the paths of the files it names changed: for an expansion that is to be read
  /// from another folder.
  public func rebased(_ place: (String) -> String) -> Scenario {
    var copy = self
    if inputs.count > 1 { copy.inputs[1] = place(inputs[1]) }
    copy.machine.file = machine.file.map(place)
    for arm in arms.indices {
      copy.arms[arm].machine?.file = arms[arm].machine?.file.map(place)
      copy.arms[arm].profile.file = arms[arm].profile.file.map(place)
    }
    copy.catalog = ModuleCatalog(source: place(catalog.source), modules: catalog.modules)
    switch workload {
    case .recorded(let path, let steps):
      copy.workload = .recorded(path: place(path), steps: steps)
    case .fitted(var plan) where plan.name.hasSuffix(".yaml"):
      plan.name = place(plan.name)
      copy.workload = .fitted(plan)
    case .fitted, .synthetic: break
    }
    return copy
  }
}
