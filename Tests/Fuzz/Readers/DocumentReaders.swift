import Sim

/// Readers of YAML and JSON documents and of what students hand in.
enum DocumentReaders {
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
      _ = grader.grade(try ScratchFile.path("submission", bytes))
    case .result:
      let json = try JSONValue(parsing: bytes, file: "input.json")
      let result = try ResultFile.checked(json, path: "input.json")
      _ = result.agreesWithDigest
      _ = try HTMLReport.page([result], charts: false)
    case .settings:
      let parts = text.split(separator: "\n").prefix(8)
      let settings = parts.compactMap { ScenarioOverrides.Setting(String($0)) }
      _ = try ScenarioOverrides.read(data + "scenario.yaml", settings)
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

  /// Replays a few references on a machine read from outside.
  private static func replay(_ machine: Machine) throws {
    let binding = stream.recorded ?? Binding()
    let engine = try ReplayEngine(machine: machine, binding: binding)
    let records: [ReferenceRecord] = (0..<64).map {
      ReferenceRecord(AccessKind.allCases[$0 % 3], site: UInt32($0 % 3), count: 1 + UInt32($0))
    }
    records.withUnsafeBufferPointer { engine.process($0) }
    engine.flush(.all)
    records.withUnsafeBufferPointer { engine.process($0) }
    for array in engine.counters.arrays where array.misses > array.lookups {
      throw FuzzFinding(what: "an array missed more than it was asked")
    }
  }
}

/// A reader took its input and then broke a promise.
public struct FuzzFinding: Error {
  public let what: String
}
