extension MachineReader {
  /// Table levels a walk cache may hold entries of.
  private enum HeldLevel: String, CaseIterable {
    case level2, level3, level4, level5, upper

    var number: Int {
      switch self {
      case .level2: 2
      case .level3: 3
      case .level4: 4
      case .level5: 5
      case .upper: 0
      }
    }
  }

  /// What a stated walk cost is counted over.
  private enum CostBase: String, CaseIterable { case firstLevelHit, secondLevelHit }

  static func walk(_ map: YAMLMapping, into machine: inout Machine) {
    machine.walk = map.required("kind")?.choice(WalkKind.self) ?? .hardware
    machine.table = map.required("table")?.choice(TableShape.self) ?? .radix4
    machine.otherTables =
      map.optional("otherTables")?.list().compactMap { $0.choice(TableShape.self) } ?? []
    tableEntries(map, into: &machine)
    machine.walkers = 0
    if machine.walk == .software {
      if let walkers = map.optional("walkers") {
        walkers.report("software refills here, so there are no walkers; drop the key")
      }
    } else {
      map.required("walkers")?.mapping { walkers in
        machine.walkers = walkers.int("count", 1...64)
        machine.walkersEvidence = evidence(walkers)
      }
    }
    for item in map.optional("caches")?.list() ?? [] {
      if let cache = item.mapping({ walkCache($0, machine.table) }) {
        machine.walkCaches.append(cache)
      }
    }
    machine.walkCaches.sort { $0.level < $1.level }
    map.optional("prefetch")?.mapping { prefetch in
      let kind = prefetch.required("kind")?.choice(WalkPrefetch.self) ?? .none
      machine.prefetch = Stated(kind, evidence(prefetch))
    }
  }

  /// Only a table of fixed size, probed once, has to say how many entries it holds.
  private static func tableEntries(_ map: YAMLMapping, into machine: inout Machine) {
    guard machine.probesTable else {
      map.optional("tableEntries")?.report(
        "only a tsb, a vhpt or a hashed table that software refills has a size here; drop the key")
      return
    }
    map.required("tableEntries")?.mapping { stated in
      let count = stated.int("count", 1...(1 << 24))
      machine.tableEntries = Stated(count, evidence(stated))
    }
  }

  private static func walkCache(_ map: YAMLMapping, _ table: TableShape) -> WalkCache? {
    let held = map.required("holds")?.choice(HeldLevel.self)
    let geometry = geometry(map)
    let label = evidence(map)
    guard let held, let geometry else { return nil }
    if let levels = table.radixLevels, held.number > levels {
      map.optional("holds")?.report("a \(table.rawValue) table has no level \(held.number)")
    }
    return WalkCache(level: held.number, geometry: geometry, evidence: label)
  }

  static func fillRules(_ map: YAMLMapping) -> FillRules {
    var rules = FillRules()
    rules.inclusive = map.bool("inclusive", default: rules.inclusive)
    rules.exclusive = map.bool("exclusive", default: rules.exclusive)
    rules.secondLevelHitRefillsFirst = map.bool(
      "secondLevelHitRefillsFirst", default: rules.secondLevelHitRefillsFirst)
    rules.firstLevelHitTouchesSecond = map.bool(
      "firstLevelHitTouchesSecond", default: rules.firstLevelHitTouchesSecond)
    rules.firstLevelVictimFillsSecond = map.bool(
      "firstLevelVictimFillsSecond", default: rules.firstLevelVictimFillsSecond)
    rules.evidence = evidence(map)
    if rules.inclusive, rules.exclusive {
      map.optional("exclusive")?.report("levels cannot be inclusive and exclusive at once")
    }
    return rules
  }

  static func costs(_ map: YAMLMapping, _ machine: Machine) -> WalkCosts {
    var costs = WalkCosts()
    func read(_ key: String) -> Double? {
      map.optional(key)?.mapping { stated in
        let cycles = stated.double("cycles", 0...1_000_000)
        let over = stated.optional("over")?.choice(CostBase.self)
        costs.evidence.append(CostEvidence(key, evidence(stated)))
        return over == .firstLevelHit ? max(0, cycles - costs.secondLevelHit) : cycles
      }
    }
    costs.secondLevelHit = read("secondLevelHit") ?? 0
    costs.instructionSecondLevelHit = read("instructionSecondLevelHit")
    let hasSecondLevel = AccessKind.allCases.contains { machine.lookupOrder($0).count > 1 }
    if hasSecondLevel, !map.has("secondLevelHit") {
      map.whole.report("the machine has a second level but no cost 'secondLevelHit'")
    }
    let walk = read("walk")
    if machine.walk != .software, walk == nil {
      map.whole.report("hardware walks here, so 'walk' must state its cost")
    }
    costs.walk = walk ?? 0
    costs.perLevelRead = read("perLevelRead") ?? 0
    let software = read("software")
    if machine.walk == .software, software == nil {
      map.whole.report("software refills here, so 'software' must state the handler's cost")
    }
    costs.software = software ?? 0
    costs.softwareNested = read("softwareNested")
    costs.softwareKernel = read("softwareKernel")
    return costs
  }
}
