import Foundation
import Sim

/// `kfrag list scenarios`, `kfrag show scenario NAME`: the YAML files of the folder `Scenarios`.
struct ScenarioCatalogue: Catalogue {
  let plural = "scenarios"
  let singular = "scenario"
  let columns = [TextTable.Column("MACHINE"), TextTable.Column("PATH")]

  /// Paths of all scenarios below the folder, sorted.
  func paths() -> [String] {
    guard let folder = ShippedFiles.folder(),
      let names = try? FileManager.default.subpathsOfDirectory(atPath: folder.path())
    else { return [] }
    let here = FileManager.default.currentDirectoryPath + "/"
    return names.filter { $0.hasSuffix(".yaml") }.sorted().map { name in
      let path = folder.appending(path: name).path()
      return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }
  }

  static func name(_ path: String) -> String {
    String(path.split(separator: "/").last?.dropLast(5) ?? "")
  }

  /// `key: value` of a scenario's own lines; a listing reads no catalog.
  private func value(_ key: String, in text: String) -> String? {
    TextLines.lines(text).first { $0.hasPrefix(key + ": ") }.map {
      String($0.dropFirst(key.count + 2)).trimmingCharacters(in: .whitespaces)
    }
  }

  func items() throws -> [CatalogueItem] {
    try paths().compactMap { path in
      let text = try InputFile.text(path, limit: 1 << 20)
      // Plans and machines of a user's own lie in such folders too.
      guard let machine = value("machine", in: text), text.contains("\nmodules:") else {
        return nil
      }
      return CatalogueItem(
        name: ScenarioCatalogue.name(path), summary: value("summary", in: text) ?? "",
        columns: [machine, path],
        members: ["path": .string(path), "machine": .string(machine)])
    }
  }

  func show(_ name: String) throws -> CatalogueEntry {
    let all = paths()
    guard let path = all.first(where: { ScenarioCatalogue.name($0) == name }) else {
      throw InputError(
        file: name, kind: .missing,
        "unknown scenario" + suggestion(for: name, in: all.map(ScenarioCatalogue.name)))
    }
    let scenario = try ScenarioReader.read(path)
    let text = scenario.expandedYAML
    return CatalogueEntry(
      text: text,
      members: [
        "name": .string(name), "path": .string(path), "yaml": .string(text),
        "scenario": scenario.expanded,
      ])
  }
}
