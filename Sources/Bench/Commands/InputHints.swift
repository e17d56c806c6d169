import Foundation
import Sim

/// Runs `body`, which reads the input at `path` as a `wanted`. What it throws because the file is
/// of another kind, or is not there, comes back with the nearest right thing.
func reading<T>(_ path: String, as wanted: InputKind, _ body: () throws -> T) throws -> T {
  do {
    return try body()
  } catch let error as InputError {
    guard error.diagnostics.first?.file == path else { throw error }
    if error.kind == .missing, error.diagnostics[0].line == 0 {
      throw InputError(
        file: path, kind: .missing, error.diagnostics[0].message + ScenarioCatalogue.hint(for: path)
      )
    }
    guard let found = try? InputCheck.kind(of: path), found != wanted else { throw error }
    throw InputError(
      file: path, line: 1, "a \(found.rawValue), no \(wanted.rawValue)" + verb(found))
  }
}

/// `; 'kfrag sweep' runs it`: what takes an input of that kind.
private func verb(_ kind: InputKind) -> String {
  switch kind {
  case .scenario: "; 'kfrag compare' runs it"
  case .sweepPlan: "; 'kfrag sweep' runs it"
  case .machine: "; 'kfrag show machine' prints it, --machine takes it"
  case .system: "; 'kfrag show system' prints it, --system takes it"
  case .lifecycleTrace, .loadedSet, .ftrace, .modulesDep: "; 'kfrag replay' runs it"
  case .buddyInfo, .pagetypeInfo: "; 'kfrag age --fit' takes a buddyinfo"
  case .catalog, .placementLog, .vmallocInfo, .kernelSections: ""
  }
}

extension ScenarioCatalogue {
  /// `; did you mean 'Scenarios/three-ways.yaml'?`: the file a name or a slip of a path means;
  /// empty when none is near.
  static func hint(for path: String) -> String {
    let name = ScenarioCatalogue.name(path.hasSuffix(".yaml") ? path : path + ".yaml")
    guard name.count > 2 else { return "" }
    let all = ScenarioCatalogue().paths()
    // Files beside the one asked for come first, then what `list scenarios` prints.
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let near = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasSuffix(".yaml") }.sorted()
      .map { path.contains("/") ? "\(folder)/\($0)" : $0 }
    for candidates in [near, all] {
      let names = candidates.map { ScenarioCatalogue.name($0) }
      if let found = nearest(name, in: names), let at = names.firstIndex(of: found) {
        return "; did you mean '\(candidates[at])'?"
      }
    }
    return ""
  }
}
