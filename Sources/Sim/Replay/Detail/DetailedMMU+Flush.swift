/// The address spaces one array keeps entries of, most recently run first.
struct RetainedSpaces {
  /// 0: entries of every space go at each switch.
  let limit: Int
  private(set) var recency: [UInt32] = [0]

  init(limit: Int) { self.limit = limit }

  /// Notes that `space` runs; returns the space that has to leave, if any.
  mutating func enter(_ space: UInt32) -> UInt32? {
    recency.removeAll { $0 == space }
    recency.insert(space, at: 0)
    return recency.count > max(1, limit) ? recency.removeLast() : nil
  }
}

extension DetailedMMU {
  // Safe: slots run below sets times ways.
  /// Takes entries out of every array, and empties the paging-structure caches.
  func flush(_ scope: FlushScope) {
    walker.flush()
    let everySpace = DetailedArray.everySpace
    for a in arrays.indices {
      switch scope {
      case .all: invalidate(a) { _, _ in true }
      case .nonGlobal: invalidate(a) { _, space in space != everySpace }
      case .range(let range): invalidate(a) { key, _ in DetailedArray.overlaps(key, range) }
      case .asid(let wanted): invalidate(a) { _, space in space == wanted }
      }
    }
  }

  /// Without address-space numbers entries are told apart by page alone.
  func labelSpace(_ space: UInt32) -> UInt32 {
    machine.asidBits > 0 || space == DetailedArray.everySpace ? space : 0
  }

  /// Takes the entries of one array out that `isStale` says so of, and tells the labeller.
  private func invalidate(_ a: Int, where isStale: (_ key: UInt64, _ space: UInt32) -> Bool) {
    guard let labels else { return arrays[a].remove(where: isStale) }
    let array = arrays[a]
    for slot in 0..<(array.sets * array.ways)
    where unsafe array.keys[slot] != 0 && !array.locked[slot]
      && isStale(array.keys[slot], array.spaces[slot])
    {
      unsafe labels.flush(
        a, key: array.keys[slot], space: labelSpace(array.spaces[slot]), pages: array.valid[slot])
      array.clear(slot: slot)
    }
  }

  /// Runs the references of another address space. Returns true when that emptied the arrays.
  func switchSpace(_ next: UInt32) -> Bool {
    guard machine.asidBits > 0 else {
      let changes = next != space
      if changes { flush(machine.hasGlobalBit ? .nonGlobal : .all) }
      space = next
      return changes
    }
    if machineSpaces.enter(next) != nil { walker.flush() }
    for a in arrays.indices { leave(a, next) }
    space = next
    return false
  }

  private func leave(_ a: Int, _ next: UInt32) {
    let evicted = retained[a].enter(next)
    if retained[a].limit == 0 {
      invalidate(a) { _, space in space != DetailedArray.everySpace }
    } else if let evicted {
      invalidate(a) { _, space in space == evicted }
    }
  }
}
