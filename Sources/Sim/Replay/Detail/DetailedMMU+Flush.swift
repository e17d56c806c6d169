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
  /// Takes entries out of every array, and empties the paging-structure caches.
  func flush(_ scope: FlushScope) {
    walker.flush()
    let everySpace = DetailedArray.everySpace
    for array in arrays {
      switch scope {
      case .all: array.remove { _, _ in true }
      case .nonGlobal: array.remove { _, space in space != everySpace }
      case .range(let range): array.remove { key, _ in DetailedArray.overlaps(key, range) }
      case .asid(let wanted): array.remove { _, space in space == wanted }
      }
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
      arrays[a].remove { _, space in space != DetailedArray.everySpace }
    } else if let evicted {
      arrays[a].remove { _, space in space == evicted }
    }
  }
}
