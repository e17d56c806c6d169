extension ScenarioReader {
  /// What runs when a scenario says nothing: the fit that ships.
  static var defaultWorkload: WorkloadPlan {
    guard let fit = try? LocalityFits.fit(LocalityFits.standard) else {
      return .synthetic(WorkloadParameters())
    }
    return .fitted(FittedWorkload(LocalityFits.standard, fit))
  }

  /// Reads the `workload` block: `synthetic: {…}` or `recorded: FILE`.
  func workload(_ root: YAMLMapping) -> WorkloadPlan {
    guard let value = root.optional("workload") else { return ScenarioReader.defaultWorkload }
    return value.mapping { workload in
      let recorded = workload.optional("recorded")
      let synthetic = workload.optional("synthetic")
      var steps: StepSelection?
      if let value = workload.optional("steps"), let text = value.string() {
        steps = StepSelection(text)
        if steps == nil { value.report("'\(text)' is no list of steps such as 3,5-9") }
      }
      switch (recorded, synthetic) {
      case (let recorded?, nil):
        return .recorded(path: path(recorded.string() ?? ""), steps: steps)
      case (nil, let synthetic?):
        return synthetic.mapping { generated($0) }
      default:
        value.report("the workload is either 'synthetic: {…}' or 'recorded: FILE'")
        return .synthetic(WorkloadParameters())
      }
    }
  }

  /// How a generated stream is made.
  private enum Model: String, CaseIterable {
    /// As local as a recording.
    case fitted
    /// Operations that keep modules busy.
    case moduleHot
  }

  /// Keys both models have.
  private static let sharedKeys: Set<String> = ["model", "references", "warmup", "reloads"]

  /// A stream without a `model` is fitted, unless it is given a key of the other model.
  private func generated(_ map: YAMLMapping) -> WorkloadPlan {
    let keys = map.whole.isMapping ? map.whole.pairs().map(\.key) : []
    let isOther = keys.contains { $0 != "fit" && !ScenarioReader.sharedKeys.contains($0) }
    let model = map.optional("model")?.choice(Model.self) ?? (isOther ? .moduleHot : .fitted)
    guard model == .fitted else { return .synthetic(parameters(map)) }
    let value = map.optional("fit")
    let named = value?.string() ?? LocalityFits.standard
    let name = named.hasSuffix(".yaml") || named.contains("/") ? path(named) : named
    var fit = LocalityFit()
    do {
      fit = try LocalityFits.fit(name)
    } catch {
      // A fault inside the file keeps its place.
      for fault in error.diagnostics {
        (value ?? map.whole).report(fault.line == 0 ? fault.message : fault.description)
      }
    }
    var plan = FittedWorkload(name, fit)
    plan.references =
      map.optional("references")?.unsigned(1000...1_000_000_000_000) ?? plan.references
    plan.warmup = map.double("warmup", 0...0.95, default: plan.warmup)
    plan.reloads = map.int("reloads", 0...100_000, default: plan.reloads)
    return .fitted(plan)
  }

  private func parameters(_ map: YAMLMapping) -> WorkloadParameters {
    var p = WorkloadParameters()
    p.references =
      map.optional("references")?.unsigned(1000...1_000_000_000_000) ?? p.references
    p.warmup = map.double("warmup", 0...0.95, default: p.warmup)
    p.moduleShare = map.double("moduleShare", 0...1, default: p.moduleShare)
    p.moduleSkew = map.double("moduleSkew", 0...8, default: p.moduleSkew)
    p.functionBytes = map.int("functionBytes", 16...65536, default: p.functionBytes)
    p.baseFunctions = map.int("baseFunctions", 1...1_000_000, default: p.baseFunctions)
    p.hotShare = map.double("hotShare", 0...1, default: p.hotShare)
    p.functionSkew = map.double("functionSkew", 0...8, default: p.functionSkew)
    p.baseVisits = map.double("baseVisits", 0...10_000, default: p.baseVisits)
    p.moduleVisits = map.double("moduleVisits", 0...10_000, default: p.moduleVisits)
    p.visitInstructions = map.double("visitInstructions", 1...10_000, default: p.visitInstructions)
    p.dataRuns = map.double("dataRuns", 1...1000, default: p.dataRuns)
    p.dataRunLength = map.double("dataRunLength", 1...10_000, default: p.dataRunLength)
    p.storeShare = map.double("storeShare", 0...1, default: p.storeShare)
    p.directPages = map.int("directPages", 1...4_000_000, default: p.directPages)
    p.directSkew = map.double("directSkew", 0...8, default: p.directSkew)
    p.stacks = map.int("stacks", 1...100_000, default: p.stacks)
    p.userPages = map.int("userPages", 1...4_000_000, default: p.userPages)
    p.userInstructions = map.double("userInstructions", 0...1e6, default: p.userInstructions)
    p.moduleDataShare = map.double("moduleDataShare", 0...1, default: p.moduleDataShare)
    p.reloads = map.int("reloads", 0...100_000, default: p.reloads)
    map.optional("dataWeights")?.mapping { weights in
      var w = DataWeights()
      w.direct = weights.double("direct", 0...1e6, default: w.direct)
      w.stack = weights.double("stack", 0...1e6, default: w.stack)
      w.user = weights.double("user", 0...1e6, default: w.user)
      w.perCPU = weights.double("perCPU", 0...1e6, default: w.perCPU)
      w.vmemmap = weights.double("vmemmap", 0...1e6, default: w.vmemmap)
      w.base = weights.double("base", 0...1e6, default: w.base)
      if w.all.allSatisfy({ $0 == 0 }) { weights.whole.report("all data weights are zero") }
      p.dataWeights = w
    }
    return p
  }
}

extension WorkloadPlan {
  /// A recording names its modules; a generated stream does not.
  var namesNoModules: Bool {
    if case .recorded = self { return false }
    return true
  }

  /// A recording, or a user's own fit, for the manifest.
  var inputs: [String] {
    switch self {
    case .recorded(let path, _): [path]
    case .fitted(let plan): plan.name.hasSuffix(".yaml") ? [plan.name] : []
    case .synthetic: []
    }
  }
}
