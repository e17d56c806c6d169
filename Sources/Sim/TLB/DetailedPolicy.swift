extension DetailedArray {
  // Safe: slots are a set's first plus a way of the range asked for, which lies below `ways`.
  /// Notes a use of `slot`, `count` references long. `isFill`: the entry has just come in.
  func touch(slot: Int, range: Range<Int>, count: UInt32, isFill: Bool) {
    let clock = unsafe state.pointee.clock &+ 1
    unsafe state.pointee.clock = clock
    if policy == .lru {
      unsafe stamps[slot] = clock
      return
    }
    let set = slot / ways
    let first = set * ways + range.lowerBound
    switch policy {
    case .lru: unsafe stamps[slot] = clock
    case .fifo, .random, .opt: if isFill { unsafe stamps[slot] = clock }
    case .tplru:
      unsafe stamps[slot] = clock
      if range.count.nonzeroBitCount == 1 {
        unsafe plruTouch(meta + first, range.count, slot - first)
      }
    case .mru3plru4:
      unsafe stamps[slot] = clock
      let group = (slot - first) / 4
      unsafe plruTouch(meta + first + group * 4, 4, (slot - first) & 3)
      unsafe hands[first] = UInt32(group == 2 ? 0 : group + 1)
    case .nru:
      unsafe stamps[slot] = clock
      touchUsed(slot, first, range.count, isFill: isFill)
    case .srrip:
      unsafe stamps[slot] = clock
      unsafe meta[slot] = isFill && count == 1 ? 2 : 0
    case .lfu:
      unsafe stamps[slot] = clock
      let base = unsafe isFill ? 0 : meta[slot]
      let sum = base.addingReportingOverflow(count)
      unsafe meta[slot] = sum.overflow ? .max : sum.partialValue
    case .clock:
      unsafe stamps[slot] = clock
      unsafe meta[slot] = isFill && count == 1 ? 0 : 1
    case .nlu:
      if isFill { unsafe stamps[slot] = clock }
      if unsafe Int(hands[first]) == slot - first {
        unsafe hands[first] = UInt32((slot - first + 1) % range.count)
      }
    }
  }

  /// Locked entries always count as used; when the last free bit would be set, the others clear.
  private func touchUsed(_ slot: Int, _ first: Int, _ count: Int, isFill: Bool) {
    if isFill { unsafe meta[slot] = 0 }
    guard unsafe meta[slot] == 0 else { return }
    unsafe meta[slot] = 1
    let isFree = (first..<(first + count)).contains { unsafe meta[$0] == 0 && !locked[$0] }
    guard !isFree else { return }
    for other in first..<(first + count) where other != slot { unsafe meta[other] = 0 }
  }

  /// Where the next entry of this class goes: the policy's own choice if empty, else the first
  /// empty way, else the policy's victim among the ways that are not locked. Nil when all are.
  func fillSlot(_ set: Int, _ range: Range<Int>) -> Int? {
    let first = set * ways + range.lowerBound
    let empty = emptySlot(set, range)
    if policy == .tplru || policy == .mru3plru4, lockedCount == 0,
      policy == .mru3plru4 || range.count.nonzeroBitCount == 1
    {
      let own = first + treeVictim(first, range.count)
      return unsafe keys[own] == 0 || empty < 0 ? own : empty
    }
    if empty >= 0 { return empty }
    let free =
      lockedCount == 0 ? nil : (first..<(first + range.count)).filter { unsafe !locked[$0] }
    if let free {
      guard !free.isEmpty else { return nil }
      return victim(among: free)
    }
    return victim(first, range.count)
  }

  private func treeVictim(_ first: Int, _ count: Int) -> Int {
    guard policy == .mru3plru4 else { return unsafe plruVictim(meta + first, count) }
    let group = unsafe Int(hands[first])
    return unsafe group * 4 + plruVictim(meta + first + group * 4, 4)
  }

  private func victim(_ first: Int, _ count: Int) -> Int {
    switch policy {
    case .lru, .fifo, .tplru, .mru3plru4, .opt: return oldest(first, count)
    case .random: return unsafe first + state.pointee.random.below(count)
    case .nru: return (first..<(first + count)).first { unsafe meta[$0] == 0 } ?? first
    case .nlu: return unsafe first + Int(hands[first])
    case .lfu:
      var best = first
      for slot in first..<(first + count) where unsafe meta[slot] < meta[best] { best = slot }
      return best
    case .srrip:
      var top: UInt32 = 0
      for slot in first..<(first + count) { top = unsafe max(top, meta[slot]) }
      for slot in first..<(first + count) { unsafe meta[slot] += 3 - min(3, top) }
      return (first..<(first + count)).first { unsafe meta[$0] == 3 } ?? first
    case .clock:
      var hand = unsafe Int(hands[first])
      while unsafe meta[first + hand] != 0 {
        unsafe meta[first + hand] = 0
        hand = hand + 1 == count ? 0 : hand + 1
      }
      unsafe hands[first] = UInt32(hand + 1 == count ? 0 : hand + 1)
      return first + hand
    }
  }

  private func oldest(_ first: Int, _ count: Int) -> Int {
    var best = first
    for slot in first..<(first + count) where unsafe stamps[slot] < stamps[best] { best = slot }
    return best
  }

  /// The rare case: some ways are locked. Used-bit policies look at the free ways only, random
  /// draws among them, the others take the one longest unused.
  private func victim(among free: [Int]) -> Int {
    switch policy {
    case .random: return unsafe free[state.pointee.random.below(free.count)]
    case .nru: return free.first { unsafe meta[$0] == 0 } ?? free[0]
    case .lfu: return free.min { unsafe (meta[$0], $0) < (meta[$1], $1) } ?? free[0]
    case .lru, .fifo, .tplru, .mru3plru4, .opt, .srrip, .clock, .nlu:
      return free.min { unsafe (stamps[$0], $0) < (stamps[$1], $1) } ?? free[0]
    }
  }
}
