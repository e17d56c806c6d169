extension DetailedMMU {
  // Safe: a group is asked for below their count.
  /// What the hot path asks of the machine.
  struct Facts {
    let fill: FillRules
    let hasGlobalBit: Bool
    let prefetches: Bool
    /// By access kind: the arrays that hold walk entries, and the ways open to those.
    let walkHolders: [[(array: Int, range: Range<Int>)]]

    init(_ machine: Machine) {
      fill = machine.fill
      hasGlobalBit = machine.hasGlobalBit
      prefetches = machine.prefetch.value != .none
      walkHolders = AccessKind.allCases.map { kind in
        machine.arrays.indices.filter {
          machine.arrays[$0].holdsWalkEntries && machine.arrays[$0].side.serves(kind)
        }.map { ($0, machine.arrays[$0].wayRange(machine.pageSizes.min())) }
      }
    }
  }

  /// Walk entries inside the TLB proper (Zen, Arm): looked up and filled like pages of their reach.
  func findWalkEntry(_ key: UInt64, _ space: UInt32, _ kind: AccessKind) -> Bool {
    for (a, range) in facts.walkHolders[Int(kind.rawValue)] {
      let slot = arrays[a].find(key, arrays[a].index(key >> 6), space, range)
      guard slot >= 0 else { continue }
      arrays[a].touch(slot: slot, range: range, count: 1, isFill: false)
      return true
    }
    return false
  }

  func fillWalkEntry(_ key: UInt64, _ space: UInt32, _ kind: AccessKind) {
    for (a, range) in facts.walkHolders[Int(kind.rawValue)] {
      let set = arrays[a].index(key >> 6)
      guard arrays[a].find(key, set, space, range) < 0,
        let slot = arrays[a].fillSlot(set, range)
      else { continue }
      _ = arrays[a].put(key, space, valid: 1, locked: false, slot: slot)
      arrays[a].touch(slot: slot, range: range, count: 1, isFill: true)
    }
  }

  /// True when the data TLB holds the table page of `address`; otherwise it does from now on.
  func touchTablePage(_ address: UInt64, _ size: PageSize, _ space: UInt32) -> Bool {
    let groups = order[Int(AccessKind.load.rawValue)]
    guard groups.count > 0,
      let a = unsafe groups[0].first(where: { machine.arrays[$0].pageSizes.contains(size) })
    else { return true }
    let key = DetailedArray.key(number: size.number(address), shift: size.shift)
    let range = machine.arrays[a].wayRange(size)
    let set = arrays[a].index(size.number(address))
    let slot = arrays[a].find(key, set, space, range)
    if slot >= 0 {
      arrays[a].touch(slot: slot, range: range, count: 1, isFill: false)
      return true
    }
    if let free = arrays[a].fillSlot(set, range) {
      _ = arrays[a].put(key, space, valid: 1, locked: false, slot: free)
      arrays[a].touch(slot: free, range: range, count: 1, isFill: true)
    }
    return false
  }
}
