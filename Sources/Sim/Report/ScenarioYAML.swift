extension Scenario {
  /// The scenario with every default filled in and every module named, as YAML that reads back to
  /// the same scenario. Paths are as this process sees them: run it from the same folder.
  public var expandedYAML: String {
    let sections = inputs.count > 1 ? inputs[1] : ""
    var text = """
      name: \(name.yamlWord)
      summary: \(summary.yamlWord)
      system: \((arms.first.map { $0.profile.file ?? $0.profile.id } ?? "").yamlWord)
      machine: \((machine.file ?? machine.id).yamlWord)
      \(processors.yaml)
      kernel:
        image: \(image.name.yamlWord)
        sections: \(sections.yamlWord)
      modules:
        catalog: \(catalog.source.yamlWord)
        names:

      """
    for module in modules { text += "    - \(module.name.yamlWord)\n" }
    for name in missing { text += "    # not in the catalog, left out: \(name.yamlWord)\n" }
    text += """
      memory:
        size: \(ByteCount(memory.bytes))
        age: \(memory.age.rawValue)
      history:
        transientModules: \(history.transientModules)
        initBurst: \(history.initBurst)
      workload:

      """
    switch workload {
    case .synthetic(let parameters):
      text += "  synthetic:\n" + Scenario.yaml(JSONValue(reflecting: parameters), indent: 4)
    case .fitted(let plan): text += "  synthetic:\n" + Scenario.yaml(plan.json, indent: 4)
    case .recorded(let path, let steps):
      text += "  recorded: \(path.yamlWord)\n"
      if let steps { text += "  steps: \("\(steps)".yamlWord)\n" }
    }
    text += "arms:\n"
    for arm in arms {
      text += """
          - name: \(arm.name.yamlWord)
            layout: \(arm.kind.rawValue)
            system: \((arm.profile.file ?? arm.profile.id).yamlWord)

        """
      if let machine = arm.machine {
        text += "    machine: \((machine.file ?? machine.id).yamlWord)\n"
      }
      for (key, names) in [("linked", arm.linked), ("packed", arm.packed)] where !names.isEmpty {
        text += "    \(key): [\(names.sorted().map(\.yamlWord).joined(separator: ", "))]\n"
      }
    }
    return text + """
      replicates: \(replicates)
      vary: [\(varying.map(\.rawValue).joined(separator: ", "))]
      confidence: \(confidence)
      seed: \(seed.value)

      """
  }

  /// A tree of numbers and words, keys sorted.
  private static func yaml(_ value: JSONValue, indent: Int) -> String {
    guard let members = value.object else { return "" }
    let space = String(repeating: " ", count: indent)
    return members.sorted { $0.key < $1.key }.map { key, value in
      value.object == nil
        ? "\(space)\(key): \(String(decoding: value.compactBytes, as: UTF8.self))\n"
        : "\(space)\(key):\n" + yaml(value, indent: indent + 2)
    }.joined()
  }
}

extension ProcessorPlan {
  /// The block, as flow YAML.
  fileprivate var yaml: String {
    var parts = ["count: \(count)"]
    if let caches = walkCaches {
      let levels = caches.levels.map {
        "{size: \(ByteCount(UInt64($0.lines) * 64)), ways: \($0.ways), cycles: \($0.latencyCycles)}"
      }
      parts.append(
        "walkCaches: {levels: [\(levels.joined(separator: ", "))], "
          + "memory: \(caches.memoryLatencyCycles)}")
    }
    if let nested {
      parts.append("nested: {levels: \(nested.hostLevels), cachedPages: \(nested.cachedPages)}")
    }
    return "processors: {\(parts.joined(separator: ", "))}"
  }
}

extension String {
  /// The text as a YAML scalar: in double quotes, JSON's way, when it is no plain word.
  fileprivate var yamlWord: String {
    let plain = utf8.allSatisfy { byte in
      switch byte {
      case 48...57, 65...90, 97...122, 45, 46, 47, 95, 43: true
      default: false
      }
    }
    let isSafe = plain && utf8.first.map { $0 != 45 } == true && Double(self) == nil
    return isSafe ? self : String(decoding: JSONValue.string(self).compactBytes, as: UTF8.self)
  }
}
