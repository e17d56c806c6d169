extension ReplayEngine {
  // Safe: routes and units index their own sums.
  /// What was counted so far.
  public var counters: ReplayCounters {
    var c = ReplayCounters(arrayCount: machine.arrays.count)
    c.fetches = unsafe sums.references[0]
    c.loads = unsafe sums.references[1]
    c.stores = unsafe sums.references[2]
    c.userInstructions = sums.userInstructions
    for (u, unit) in units.enumerated() {
      unsafe c.arrays[unit.array].lookups += sums.lookups[u]
      unsafe c.arrays[unit.array].misses += sums.misses[u]
    }
    c.firstLevelInstructionMisses = sums.firstLevelInstructionMisses
    c.firstLevelDataMisses = sums.firstLevelDataMisses
    c.instructionWalks = sums.instructionWalks
    c.dataWalks = sums.dataWalks
    c.firstWalks = sums.firstWalks
    c.walkReads = sums.walkReads
    c.flushes = sums.flushes
    c.unboundReferences = unsafe sums.lookups[plan.routes.unbound]
    let costs = machine.costs
    if let detail {
      for a in detail.arrays.indices {
        unsafe c.arrays[a].lookups = detail.lookups[a]
        unsafe c.arrays[a].misses = detail.misses[a]
      }
      c.firstWalks = detail.firstWalks
      c.walkReads = detail.walkReads
      c.walkCycles = detail.walkCycles
      c.translationCycles = translationCycles(c)
      return c
    }
    let walks = Double(c.walks)
    let extraReads = Double(c.walkReads) - walks
    switch machine.walk {
    case .hardware: c.walkCycles = walks * costs.walk + extraReads * costs.perLevelRead
    case .software: c.walkCycles = walks * (costs.softwareKernel ?? costs.software)
    case .hybrid: c.walkCycles = walks * costs.walk + Double(c.firstWalks) * costs.software
    }
    c.translationCycles = translationCycles(c)
    return c
  }

  /// Every first-level miss pays the next level's lookup, where there is one; a walk comes on top,
  /// for its cost is stated over a hit of the last level.
  private func translationCycles(_ c: ReplayCounters) -> Double {
    let costs = machine.costs
    func hasNext(_ kind: AccessKind) -> Bool { machine.lookupOrder(kind).count > 1 }
    let fetch = hasNext(.fetch) ? costs.instructionSecondLevelHit ?? costs.secondLevelHit : 0
    let data = hasNext(.load) || hasNext(.store) ? costs.secondLevelHit : 0
    return c.walkCycles + Double(c.firstLevelInstructionMisses) * fetch
      + Double(c.firstLevelDataMisses) * data
  }
}
