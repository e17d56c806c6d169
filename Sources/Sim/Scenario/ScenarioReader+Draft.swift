/// What a scenario file says, before the files it names are read.
extension ScenarioReader {
  struct Draft {
    var name = ""
    var summary = ""
    var system = ""
    var machine = ""
    var processors = ProcessorPlan()
    var imageFile = ""
    var imageName = ""
    var catalogFile = ""
    var loadedFile = ""
    var names: [YAMLValue] = []
    /// `names` is there and no list, which is reported.
    var hasNames = false
    var modulesPlace: YAMLValue?
    var skipMissing = false
    var memoryBytes: UInt64 = 0
    var age = MemoryAge.day
    var history = HistoryPlan()
    var workload = ScenarioReader.defaultWorkload
    var arms: [ArmDraft] = []
    var replicates = 30
    var varying: [VaryingFactor] = []
    var confidence = 0.95
    var seed: UInt64 = 1
    var places: [String: YAMLValue] = [:]
  }

  func draft(_ root: YAMLMapping) -> Draft {
    var draft = Draft()
    draft.name = root.string("name")
    draft.summary = root.string("summary", default: "")
    for key in ["system", "machine"] { draft.places[key] = root.required(key) }
    draft.system = root.string("system")
    draft.machine = root.string("machine")
    root.required("kernel")?.mapping { kernel in
      draft.places["image"] = kernel.required("image")
      draft.imageName = kernel.string("image")
      draft.places["sections"] = kernel.optional("sections")
      draft.imageFile = kernel.string("sections")
    }
    root.required("modules")?.mapping { modules in
      draft.places["catalog"] = modules.required("catalog")
      draft.catalogFile = modules.string("catalog")
      draft.loadedFile = modules.string("loaded", default: "")
      draft.names = modules.optional("names")?.list() ?? []
      draft.hasNames = modules.optional("names")?.isSequence == false
      draft.skipMissing = modules.bool("skipMissing", default: false)
      draft.modulesPlace = modules.whole
    }
    memory(root, &draft)
    draft.workload = workload(root)
    if draft.workload.namesNoModules, draft.loadedFile.isEmpty, draft.names.isEmpty,
      !draft.hasNames
    {
      draft.modulesPlace?.report("name the modules: 'loaded: FILE' or 'names: [ext4, …]'")
    }
    draft.processors = processors(root)
    if case .recorded = draft.workload, draft.processors.count > 1 {
      root.optional("processors")?.report("a recorded stream is that of one processor")
    }
    draft.arms = armList(root)
    draft.replicates = root.int("replicates", 1...Scenario.replicateLimit, default: 30)
    draft.varying =
      root.optional("vary")?.list().compactMap { $0.choice(VaryingFactor.self) }
      ?? VaryingFactor.allCases
    draft.confidence = root.double("confidence", 0.5...0.9999, default: 0.95)
    draft.seed = root.optional("seed")?.unsigned() ?? 1
    return draft
  }

  private func memory(_ root: YAMLMapping, _ draft: inout Draft) {
    root.required("memory")?.mapping { memory in
      if let value = memory.required("size"), let bytes = value.byteCount() {
        draft.memoryBytes = bytes
        if !(64 << 20...1 << 40).contains(bytes) {
          value.report("memory size must lie in 64MiB…1TiB")
        }
      }
      draft.age = memory.optional("age")?.choice(MemoryAge.self) ?? .day
    }
    root.optional("history")?.mapping { history in
      let plan = HistoryPlan()
      draft.history.transientModules = history.int(
        "transientModules", 0...100_000, default: plan.transientModules)
      draft.history.initBurst = history.int("initBurst", 1...1000, default: plan.initBurst)
    }
  }
}
