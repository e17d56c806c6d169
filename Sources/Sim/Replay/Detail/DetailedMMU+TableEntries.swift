extension DetailedMMU {
  /// Walk entries inside the TLB proper (Zen, Arm): looked up and filled like pages of their reach.
  func findWalkEntry(_ key: UInt64, _ space: UInt32, _ kind: AccessKind) -> Bool {
    for a in arrays.indices
    where machine.arrays[a].holdsWalkEntries && machine.arrays[a].side.serves(kind) {
      let range = machine.arrays[a].wayRange(machine.pageSizes.min())
      let slot = arrays[a].find(key, arrays[a].index(key >> 6), space, range)
      guard slot >= 0 else { continue }
      arrays[a].touch(slot: slot, range: range, count: 1, isFill: false)
      return true
    }
    return false
  }

  func fillWalkEntry(_ key: UInt64, _ space: UInt32, _ kind: AccessKind) {
    for a in arrays.indices
    where machine.arrays[a].holdsWalkEntries && machine.arrays[a].side.serves(kind) {
      let range = machine.arrays[a].wayRange(machine.pageSizes.min())
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
    guard let a = groups.first?.first(where: { machine.arrays[$0].pageSizes.contains(size) })
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
