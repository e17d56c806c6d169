/// What a flush takes out of the arrays.
public enum FlushScope: Hashable, Sendable {
  case all
  /// Entries that belong to one address space each.
  case nonGlobal
  /// Entries that translate some address of the range, in every space.
  case range(AddressRange)
  /// Entries of one address space.
  case asid(UInt32)
}

extension ReplayEngine {
  /// Takes entries out of every array, and empties the paging-structure caches.
  public func flush(_ scope: FlushScope) {
    sums.flushes += 1
    remove(scope)
  }

  private func remove(_ scope: FlushScope) {
    if let detail {
      detail.flush(scope)
      return
    }
    walks.flush()
    let tagged = machine.asidBits > 0
    for (u, unit) in units.enumerated() {
      let entries = unit.entries
      let stride = TLBUnit.spaceStride >> (unit.hasValidBits ? TLBUnit.sectorBits : 0)
      func base(_ tag: UInt32) -> Int { Int(tagged ? tag % stride : tag) }
      switch scope {
      case .all: remove(u) { _ in true }
      case .nonGlobal: remove(u) { !entries.keys[base($0)].isGlobal }
      case .range(let range): remove(u) { entries.overlaps(base($0), range) }
      case .asid(let space):
        let slot = tagged ? spaces.slot(of: space) : space == spaces.current ? 0 : nil
        guard let slot else { continue }
        remove(u) { !entries.keys[base($0)].isGlobal && (tagged ? $0 / stride : 0) == slot }
      }
    }
  }

  /// Takes the entries of one unit out whose tag `isStale`.
  private func remove(_ u: Int, where isStale: (UInt32) -> Bool) {
    let unit = units[u]
    scratch.forgetRecent(u)
    guard let labels else { return unit.storage.remove(unit.order, where: isStale) }
    let stride = TLBUnit.spaceStride >> (unit.hasValidBits ? TLBUnit.sectorBits : 0)
    unit.storage.remove(unit.order) { tag in
      guard isStale(tag) else { return false }
      labels.flush(u, unit, tag: tag, owner: spaces.space(slot: Int(tag / stride)))
      return true
    }
  }

  /// Runs the references of another address space from here on.
  public func switchSpace(_ space: UInt32) {
    if let detail {
      if detail.switchSpace(space) { sums.flushes += 1 }
      return
    }
    guard machine.asidBits > 0 else {
      if space != spaces.current { flush(machine.hasGlobalBit ? .nonGlobal : .all) }
      spaces.current = space
      return
    }
    if let evicted = spaces.enter(space) { remove(.asid(evicted)) }
    dropUnretained(space)
    spaces.settle(space)
    labels?.enter(space)
    spaceOffset = (spaces.slot(of: space) ?? 0) &* TLBUnit.spaceStride
    // The tags kept there say nothing of spaces.
    for u in units.indices { scratch.forgetRecent(u) }
  }

  /// Arrays that keep fewer address spaces than the machine names drop the rest.
  private func dropUnretained(_ space: UInt32) {
    let stride = TLBUnit.spaceStride
    for (u, unit) in units.enumerated() where retained[u] != nil {
      let evicted = retained[u]?.enter(space)
      let keepsNone = retained[u]?.limit == 0
      let slot = evicted.flatMap { spaces.slot(of: $0) }
      guard keepsNone || slot != nil else { continue }
      let perSpace = stride >> (unit.hasValidBits ? TLBUnit.sectorBits : 0)
      let entries = unit.entries
      remove(u) { tag in
        guard !entries.keys[Int(tag % perSpace)].isGlobal else { return false }
        return keepsNone || tag / perSpace == slot
      }
    }
  }
}
