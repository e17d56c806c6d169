import Sim

/// Readers of YAML and JSON documents and of what students hand in.
enum DocumentReaders {
  // Safe: a block is freed where it was made, after the loop; a reader fills `count` records of
  // it. The engine has the records for the length of the call.
  /// Where relative paths of scenarios and plans lead: a small catalog, a small kernel, a scenario.
  static let data: String = {
    let file = #filePath
    let parts = file.split(separator: "/").dropLast(2)
    return "/" + parts.joined(separator: "/") + "/Data/"
  }()

  static func read(_ reader: FuzzReader, _ bytes: [UInt8], _ text: String) throws {
    switch reader {
    case .scenario:
      let scenario = try ScenarioReader.read(text: text, file: data + "input.yaml")
      let expanded = try ScenarioReader.read(
        text: scenario.expandedYAML, file: data + "expanded.yaml")
      guard expanded.expandedYAML == scenario.expandedYAML else {
        throw FuzzFinding(what: "a scenario's expansion does not expand to itself")
      }
    case .system: try boot(ProfileReader.read(text, file: "input.yaml"))
    case .machine: try replay(MachineReader.read(text, file: "input.yaml").machine)
    case .plan:
      let path = data + "input.yaml"
      _ = try SweepPlanReader.read(text: text, file: path)
    case .layout:
      let path = try ScratchFile.path("layout", bytes)
      _ = try StreamLayout.file(path, stream)
    case .assignment:
      let assignment = try Assignment.read(text: text, file: "input.yaml")
      if assignment.plans.allSatisfy({ $0.count <= 64 && $0.kind != .rule }) {
        _ = Grader(assignment).grade("/dev/null")
      }
    case .submission:
      _ = grader.grade(text: text, program: "/dev/null")
    case .result:
      let json = try JSONValue(parsing: bytes, file: "input.json")
      let result = try ResultFile.checked(json, path: "input.json")
      _ = result.agreesWithDigest
      _ = try HTMLReport.page([result], charts: false)
    case .settings:
      let parts = text.split(separator: "\n").prefix(8)
      let settings = parts.compactMap { ScenarioOverrides.Setting(String($0)) }
      _ = try ScenarioOverrides.read(data + "scenario.yaml", settings)
    case .rates:
      let json = try JSONValue(parsing: bytes, file: "input.json")
      let diff = try? AttributionDiff.document(json, "a.json", json, "b.json", top: 5)
      _ = diff?.table(80)
      let power = try PowerReport(
        result: json, file: "input.json", effect: 0.005, target: 0.8, hostSpread: 0.05)
      _ = power.document.table(80)
    case .regression:
      let path = try ScratchFile.path("regression", bytes)
      let report = try RegressionReport(path, metric: "walks.pki", on: [])
      _ = report.document.table(80)
    case .fit: try draw(LocalityFits.fit(ScratchFile.path("fit", bytes)))
    default: break
    }
  }

  private static let grader = Grader(.sampler)

  /// A stream of three sites that says where they lay.
  private static let stream: StreamDescription = {
    var sections = SectionTable()
    let text = sections.append(
      Section(object: "base", kind: .text, size: 1 << 20, recordedAddress: 0xffff_ffff_8100_0000))
    let module = sections.append(
      Section(object: "ext4", kind: .text, size: 1 << 16, recordedAddress: 0xffff_ffff_c020_0000))
    let table = SiteTable(
      sections: sections,
      sites: [Site(text, offset: 0), Site(text, offset: 4096), Site(module, offset: 64)])
    var description = StreamDescription(table: table)
    let addresses = table.sites.map { sections[$0.section].recordedAddress + $0.offset }
    description.recorded = Binding(
      addresses: addresses,
      translations: addresses.map {
        Translation(virtualBase: PageSize.base4K.floor($0), physicalBase: 0, size: .base4K)
      })
    return description
  }()

  /// Boots a system read from outside, loads two modules, unloads one, boots again.
  private static func boot(_ profile: SystemProfile) throws {
    let image = profile.baseImage
    let rules = systemRules(profile)
    let modules = ["a", "b"].map { name in
      var module = KernelModule(name: name)
      module.sections.text = 20_000
      module.sections.rodata = 5000
      module.sections.data = 3000
      module.sections.initText = 700
      return module
    }
    var replay = LifecycleReplay(
      kernel: SimulatedKernel(
        profile: profile, image: LinkedImage(image), physicalStart: image.physicalStart,
        memory: PageAllocator(frames: 1 << 14), seed: Seed(1)),
      rules: rules, catalog: ModuleCatalog(source: "catalog", modules: modules))
    let verbs: [(LifecycleVerb, String)] = [
      (.boot, ""), (.load, "a"), (.load, "b"), (.unload, "a"), (.list, ""), (.reboot, ""),
    ]
    for (index, step) in verbs.enumerated() {
      replay.apply(
        LifecycleEvent(
          line: index + 1, time: Double(index), verb: step.0, word: step.0.rawValue,
          module: step.1))
    }
    _ = replay.rules.listing(replay.kernel)
  }

  /// Draws a few references from a fit read from outside, and reads back what `kfrag fit` writes.
  private static func draw(_ fit: LocalityFit) throws {
    let bytes = Array(fit.yaml.utf8)
    guard try LocalityFits.fit(ScratchFile.path("fit", bytes)) == fit else {
      throw FuzzFinding(what: "a fit does not read back")
    }
    // As large as any computer's is allowed, and too slow to draw ten million times.
    guard fit.classes.reduce(0, { $0 + $1.pages + $1.units }) < 20_000 else { return }
    let model = LocalityModel(fit: fit, universe: .init(stream), seed: Seed(1))
    var plan = FittedWorkload("", fit)
    plan.references = 2000
    var workload = LocalityWorkload(model: model, plan: plan, seed: Seed(1))
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 1024)
    defer { unsafe block.deallocate() }
    let sites = UInt32(model.table.sites.count)
    while case let count = unsafe workload.read(into: block), count > 0 {
      for index in 0..<count {
        let record = unsafe block[index]
        guard !record.isMarker && record.site >= sites else { continue }

        throw FuzzFinding(what: "a record names site \(record.site) of \(sites)")
      }
    }
  }

  /// Replays a few references on a machine read from outside.
  private static func replay(_ machine: Machine) throws {
    let binding = stream.recorded ?? Binding()
    let engine = try ReplayEngine(machine: machine, binding: binding)
    let records: [ReferenceRecord] = (0..<64).map {
      ReferenceRecord(AccessKind.allCases[$0 % 3], site: UInt32($0 % 3), count: 1 + UInt32($0))
    }
    unsafe records.withUnsafeBufferPointer { unsafe engine.process($0) }
    engine.flush(.all)
    unsafe records.withUnsafeBufferPointer { unsafe engine.process($0) }
    for array in engine.counters.arrays where array.misses > array.lookups {
      throw FuzzFinding(what: "an array missed more than it was asked")
    }
  }
}

/// A reader took its input and then broke a promise.
public struct FuzzFinding: Error {
  public let what: String
}
