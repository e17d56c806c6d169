extension ProfileReader {
  /// Reads `facts`, `admit`, `unloadRules`, `automatic` and `names`.
  static func lifecycle(
    _ root: YAMLMapping, _ blocks: inout [(block: String, evidence: Evidence)]
  ) -> LifecycleProfile {
    var profile = LifecycleProfile()
    var labels: [(block: String, evidence: Evidence)] = []
    if let value = root.optional("facts") {
      for pair in value.pairs() {
        if pair.key == "evidence" {
          if let label = pair.value.choice(Evidence.self) { labels.append(("facts", label)) }
        } else if let text = pair.value.string() {
          profile.facts.append((pair.key, text))
        }
      }
      if labels.isEmpty { value.report("block 'facts' lacks its evidence label") }
    }
    let known = profile.facts.map(\.name) + LifecycleProfile.suppliedFacts
    profile.admit = rules(root, "admit", known, &labels)
    profile.unload = rules(root, "unloadRules", known, &labels)
    for value in root.optional("automatic")?.list() ?? [] {
      profile.automatic.append(automatic(value, known, &labels))
    }
    if let value = root.optional("names") { profile.names = names(value, &labels) }
    profile.loadsDependencies = root.bool("loadsDependencies", default: false)
    blocks += labels
    return profile
  }

  private static func rules(
    _ root: YAMLMapping, _ key: String, _ known: [String],
    _ blocks: inout [(block: String, evidence: Evidence)]
  ) -> [RequestRule] {
    var isPlaced = false
    var found: [RequestRule] = []
    for value in root.optional(key)?.list() ?? [] {
      if !value.isMapping, value.string() == "place" {
        isPlaced = true
        continue
      }
      let rule = value.mapping { map in
        RequestRule(
          condition: condition(map.required("when"), known),
          action: map.optional("then")?.choice(RuleAction.self) ?? .refuse,
          code: map.string("code", default: ""), message: map.string("message", default: ""),
          isAfterPlacement: isPlaced, evidence: evidence(map, "\(key) \(found.count + 1)", &blocks))
      }
      found.append(rule)
    }
    return found
  }

  private static func condition(_ value: YAMLValue?, _ known: [String]) -> Condition {
    guard let value, let text = value.string() else { return .always }
    var problem = ""
    guard let condition = Condition(text, problem: &problem) else {
      value.report(problem)
      return .always
    }
    for fact in condition.facts where !known.contains(fact) {
      value.report("unknown fact '\(fact)'" + suggestion(for: fact, in: known))
    }
    return condition
  }

  private static func automatic(
    _ value: YAMLValue, _ known: [String],
    _ blocks: inout [(block: String, evidence: Evidence)]
  ) -> AutomaticUnload {
    value.mapping { map in
      AutomaticUnload(
        trigger: map.required("trigger")?.choice(AutomaticUnload.Trigger.self) ?? .quiet,
        delay: map.double("delay", 0...1e9, default: 0),
        passes: map.int("passes", 1...1000, default: 1000),
        condition: condition(map.required("when"), known),
        evidence: evidence(map, "automatic", &blocks))
    }
  }

  private static func names(
    _ value: YAMLValue, _ blocks: inout [(block: String, evidence: Evidence)]
  ) -> CommandNames {
    value.mapping { map in
      func words(_ key: String) -> [String] {
        (map.optional(key)?.list() ?? []).compactMap { $0.string() }
      }
      var names = CommandNames()
      names.load = words("load")
      names.unload = words("unload")
      names.list = words("list")
      names.extensions = words("extensions")
      names.paths = words("paths")
      names.configuration = words("configuration")
      names.noun = map.string("noun", default: "module")
      names.evidence = evidence(map, "names", &blocks)
      return names
    }
  }
}
