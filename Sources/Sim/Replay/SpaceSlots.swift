/// The address spaces an MMU tells apart at once. The least recently run one makes room.
struct SpaceSlots {
  let limit: Int
  /// Spaces by slot.
  private var held: [UInt32] = [0]
  /// Slots, most recently run first.
  private var recency: [Int] = [0]
  var current: UInt32 = 0

  init(limit: Int = 1) { self.limit = max(1, limit) }

  func slot(of space: UInt32) -> UInt32? { held.firstIndex(of: space).map { UInt32($0) } }

  /// The space that holds `slot`; the current one where there is no such slot.
  func space(slot: Int) -> UInt32 { held.indices.contains(slot) ? held[slot] : current }

  /// The space that has to leave before `space` can run, if any.
  func enter(_ space: UInt32) -> UInt32? {
    guard !held.contains(space), held.count >= limit, let last = recency.last else { return nil }
    return held[last]
  }

  /// Gives `space` a slot, the least recently run one when all are taken, and makes it current.
  mutating func settle(_ space: UInt32) {
    var slot = held.firstIndex(of: space) ?? held.count
    if slot == held.count {
      if held.count < limit {
        held.append(space)
      } else {
        slot = recency.last ?? 0
        held[slot] = space
      }
    }
    recency.removeAll { $0 == slot }
    recency.insert(slot, at: 0)
    current = space
  }
}
