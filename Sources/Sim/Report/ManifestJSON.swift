extension Manifest {
  /// The `manifest` member of a result whose other members are `members`. The digest is of those
  /// members, so that two results agree exactly when their digests do.
  public func json(of members: [String: JSONValue], run: RunRecord? = nil) -> JSONValue {
    var json: [String: JSONValue] = [
      "version": .string(Version.number), "commit": JSONValue(Version.commit) { .string($0) },
      "gsl": .string(GSL.version), "generator": "xoshiro256**",
      "command": .array(command.map { .string($0) }),
      "seed": JSONValue(seed) { JSONValue($0) },
      "inputs": .array(
        inputs.map {
          ["path": .string($0.path), "bytes": JSONValue($0.bytes), "sha256": .string($0.sha256)]
        }),
      "presets": .array(presets.map(Manifest.json)),
      "digest": .string(Manifest.digest(of: members)),
    ]
    if let scenario {
      let expanded = scenario.expanded
      json["scenario"] = [
        "file": .string(scenario.file), "expanded": expanded,
        "sha256": .string(SHA256Digest.hex(expanded.compactBytes)),
      ]
    }
    if let run {
      json["host"] = run.host
      json["time"] = run.time
    }
    return .object(json)
  }

  /// SHA-256 of a result's members but `manifest`, `kind` and `schemaVersion`, in compact form.
  public static func digest(of members: [String: JSONValue]) -> String {
    let own = members.filter { !["manifest", "kind", "schemaVersion"].contains($0.key) }
    return SHA256Digest.hex(JSONValue.object(own).compactBytes)
  }

  private static func json(_ preset: Preset) -> JSONValue {
    let labels = Evidence.allCases.filter { preset.evidence[$0] != nil }
    return [
      "kind": .string(preset.kind), "name": .string(preset.name),
      "sha256": JSONValue(preset.sha256) { .string($0) },
      "evidence": .object(
        Dictionary(
          uniqueKeysWithValues: labels.map { ($0.rawValue, JSONValue(preset.evidence[$0] ?? 0)) })),
    ]
  }
}
