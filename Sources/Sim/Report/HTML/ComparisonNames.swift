/// What to call each of several comparisons: what was set for it and not for all of them.
struct ComparisonNames {
  /// By path of the result.
  private var names: [String: String] = [:]

  /// Values longer than this say less than the key before them.
  private static let valueLimit = 40

  init(_ results: [ResultFile]) {
    let settings = results.map(ComparisonNames.settings)
    let common = settings.dropFirst().reduce(Set(settings.first ?? [])) {
      $0.intersection($1)
    }
    let own = ComparisonNames.telling(
      settings.map { $0.filter { !common.contains($0) || results.count == 1 } })
    let keys = Set(own.joined().map(\.key))
    func short(_ key: String) -> String {
      let last = key.split(separator: ".").last.map(String.init) ?? key
      return keys.count { $0 == last || $0.hasSuffix("." + last) } == 1 ? last : key
    }
    let scenarios = results.map(ComparisonNames.scenario)
    let differ = Set(scenarios).count > 1
    let found = results.indices.map { i in
      let parts = own[i].map { short($0.key) + ($0.value.isEmpty ? "" : "=" + $0.value) }
      return ((differ || parts.isEmpty ? [scenarios[i]] : []) + parts).joined(separator: ", ")
    }
    let isUnique = Set(found).count == found.count
    for (i, result) in results.enumerated() {
      names[result.path] = isUnique ? found[i] : ComparisonNames.full(result)
    }
  }

  /// The name of a comparison, and of any other result its scenario and all that was set.
  subscript(result: ResultFile) -> String { names[result.path] ?? ComparisonNames.full(result) }

  private struct Setting: Hashable {
    var key: String
    var value: String
  }

  /// Without settings that follow from the others, such as the machine of a system's era: the
  /// wordiest goes first.
  private static func telling(_ settings: [[Setting]]) -> [[Setting]] {
    var left = settings
    let words = Dictionary(
      settings.joined().map { ($0.key, $0.key.count + $0.value.count) }, uniquingKeysWith: +)
    for key in words.keys.sorted(by: { (words[$1] ?? 0, $0) < (words[$0] ?? 0, $1) }) {
      let fewer = left.map { $0.filter { $0.key != key } }
      if Set(fewer).count == Set(left).count { left = fewer }
    }
    return left
  }

  private static func settings(_ result: ResultFile) -> [Setting] {
    let command = (result.json["manifest"]?["command"]?.array ?? []).compactMap(\.string)
    return command.indices.dropFirst().filter { command[$0 - 1] == "--set" }.map { index in
      let parts = command[index].split(separator: "=", maxSplits: 1).map(String.init)
      let value = parts.count > 1 ? parts[1] : ""
      return Setting(
        key: parts.first ?? "", value: value.count > valueLimit ? "…" : value)
    }
  }

  private static func scenario(_ result: ResultFile) -> String {
    result.json["scenario"]?.string ?? result.json["name"]?.string
      ?? result.path.split(separator: "/").last.map(String.init) ?? result.kind
  }

  private static func full(_ result: ResultFile) -> String {
    let all = settings(result).map { "\($0.key)=\($0.value)" }
    return ([scenario(result)] + all).joined(separator: ", ")
  }
}
