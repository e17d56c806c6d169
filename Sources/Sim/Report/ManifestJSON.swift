extension Manifest {
  /// The `manifest` member of a result whose other members are `members` and `lists`. The digest is
  /// of those members, so that two results agree exactly when their digests do.
  public func json(
    of members: [String: JSONValue], _ lists: [String: JSONList] = [:], run: RunRecord? = nil
  ) -> JSONValue {
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
      "digest": .string(Manifest.digest(of: members, lists)),
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
  /// Elements of lists are made one after another.
  public static func digest(
    of members: [String: JSONValue], _ lists: [String: JSONList] = [:]
  ) -> String {
    let own = members.filter { !["manifest", "kind", "schemaVersion"].contains($0.key) }
    guard !lists.isEmpty else { return SHA256Digest.hex(JSONValue.object(own).compactBytes) }
    let digest = SHA256Digest()
    // Safe: the digest reads the bytes during the call.
    func add(_ bytes: [UInt8], _ digest: borrowing SHA256Digest) {
      unsafe bytes.withUnsafeBytes { unsafe digest.update($0) }
    }
    for (index, key) in (Array(own.keys) + lists.keys).sorted().enumerated() {
      add(
        Array((index == 0 ? "{" : ",").utf8) + JSONValue.string(key).compactBytes + [0x3a], digest)
      guard let list = lists[key] else {
        add((own[key] ?? .null).compactBytes, digest)
        continue
      }
      add(Array("[".utf8), digest)
      for position in 0..<list.count {
        add((position == 0 ? [] : [0x2c]) + list.element(position).compactBytes, digest)
      }
      add(Array("]".utf8), digest)
    }
    add(Array("}".utf8), digest)
    return digest.finish()
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
