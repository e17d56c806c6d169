import ArgumentParser
import Foundation
import Sim

/// `kfrag expand SCENARIO`: the scenario with everything resolved.
struct ExpandCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expand",
    abstract: "Prints a scenario with everything resolved, as YAML that reads back the same.",
    discussion: """
      Defaults are filled in and modules named in load order, dependencies first. --json adds the \
      resolved machine and systems and the sections of every module. Paths are written as seen \
      from the folder of -o, or from this one.
      """)

  @Argument(help: "The scenario, a YAML file.", completion: .file(extensions: ["yaml"]))
  var scenario: String

  @OptionGroup var settings: ScenarioOptions
  @OptionGroup var output: PlainOutputOptions

  func run() throws {
    let record = RunRecord()
    let plan = try settings.read(scenario)
    var written = plan
    var manifest = Manifest.ofThisCommand
    try manifest.describe(plan)
    if let file = output.output, file != "-" {
      let folder = URL(filePath: file).deletingLastPathComponent()
      written = plan.rebased { ExpandCommand.path($0, seenFrom: folder) }
    }
    let text = written.expandedYAML
    var members = try ExpandCommand.members(plan)
    members["scenario"] = written.expanded
    members["yaml"] = .string(text)
    let document = ReportDocument(kind: "expand", members: members, table: { _ in text })
    try output.emit(document.with(manifest, record))
  }

  /// A path as a file in `folder` has to write it: short below the folder, absolute elsewhere.
  static func path(_ path: String, seenFrom folder: URL) -> String {
    let whole = URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
    var stem = folder.standardizedFileURL.path(percentEncoded: false)
    if !stem.hasSuffix("/") { stem += "/" }
    return whole.hasPrefix(stem) ? String(whole.dropFirst(stem.count)) : whole
  }

  private static func members(_ plan: Scenario) throws -> [String: JSONValue] {
    var systems: [String: JSONValue] = [:]
    for arm in plan.arms {
      let own = try arm.profile.file.map { (path) throws(InputError) in try InputFile.text(path) }
      systems[arm.profile.id] = JSONValue(own ?? ProfileCatalog.text(arm.profile.id)) {
        .string($0)
      }
    }
    let machine = try? MachineCatalog.resolve(plan.machine.file ?? plan.machine.id).yaml
    return [
      "machine": JSONValue(machine) { .string($0) }, "systems": .object(systems),
      "image": .array(
        plan.image.regions.map {
          [
            "region": .string($0.kind.rawValue), "size": JSONValue($0.size),
            "alignment": JSONValue($0.alignment),
          ]
        }),
      "modules": .array(
        plan.modules.map { module in
          var sizes: [String: JSONValue] = [:]
          for kind in SectionKind.allCases where module.sections.size(of: kind) > 0 {
            sizes[kind.rawValue] = JSONValue(module.sections.size(of: kind))
          }
          return [
            "name": .string(module.name), "sections": .object(sizes),
            "depends": .array(module.dependencies.map { .string($0) }),
          ]
        }),
    ]
  }
}
