extension DetailedMMU {
  // Safe: slots come from the array's own searches.
  /// A walk's result enters the levels the machine's rules name.
  func fill(_ groups: LookupOrder, _ t: Int, _ address: UInt64, count: UInt32) {
    let firstOnly = facts.fill.exclusive || facts.fill.firstLevelVictimFillsSecond
    var isFirst = true
    for g in groups.indices {
      guard let home = unsafe target(groups[g], t, address) else { continue }
      if firstOnly, !isFirst { break }
      let evicted = place(home.array, t, address, count: isFirst ? count : 1, lock: false)
      if isFirst {
        demote(evicted, from: home.array, groups, g)
      } else {
        includeEviction(evicted, groups, before: g)
      }
      isFirst = false
    }
  }

  /// A first-level victim goes down where levels exclude each other or are filled by victims.
  func demote(_ evicted: EvictedEntry?, from: Int, _ groups: LookupOrder, _ g: Int) {
    guard let evicted, g + 1 < groups.count,
      facts.fill.exclusive || facts.fill.firstLevelVictimFillsSecond
    else { return }
    let shift = UInt8(truncatingIfNeeded: evicted.key & 63)
    guard (6...34).contains(shift) else { return }
    let size = PageSize(shift: shift)
    guard
      let home = unsafe groups[g + 1].first(where: { machine.arrays[$0].pageSizes.contains(size) })
    else { return }
    let array = arrays[home]
    let range = machine.arrays[home].wayRange(size)
    let set = array.index(evicted.key >> 6)
    let present = array.find(evicted.key, set, evicted.space, range)
    guard let slot = present >= 0 ? present : array.fillSlot(set, range) else { return }
    _ = array.put(evicted.key, evicted.space, valid: evicted.valid, locked: false, slot: slot)
    array.touch(slot: slot, range: range, count: 1, isFill: present < 0)
  }

  /// In inclusive levels an entry that leaves a later level leaves the earlier ones too.
  func includeEviction(_ evicted: EvictedEntry?, _ groups: LookupOrder, before g: Int) {
    guard facts.fill.inclusive, let evicted else { return }
    let (start, shift) = DetailedArray.reach(evicted.key)
    let range = AddressRange(start, start | ((1 << shift) &- 1))
    let level = unsafe machine.arrays[groups[g][0]].level
    for a in arrays.indices where machine.arrays[a].level < level {
      arrays[a].remove { key, space in
        DetailedArray.overlaps(key, range)
          && (space == evicted.space || space == DetailedArray.everySpace)
      }
    }
  }

  /// Enters a page into one array, completing its sector if the tag is there already.
  @discardableResult
  func place(
    _ a: Int, _ t: Int, _ address: UInt64, count: UInt32, lock: Bool
  ) -> EvictedEntry? {
    let plan = pages.plan(a, t)
    let array = arrays[a]
    let set = array.index(address >> UInt64(plan.setShift))
    let key = DetailedArray.key(
      number: address >> UInt64(plan.entryShift), shift: plan.entryShift)
    let bits = plan.validBits(address, whole: plan.fillsWhole)
    let owner = entrySpace(t)
    let present = array.find(key, set, owner, plan.range)
    if present >= 0 {
      let isNew = unsafe array.valid[present] & bits == 0
      unsafe array.valid[present] |= bits
      if isNew || lock {
        _ = unsafe array.put(key, owner, valid: array.valid[present], locked: lock, slot: present)
        array.touch(slot: present, range: plan.range, count: count, isFill: false)
      }
      return nil
    }
    guard let slot = array.fillSlot(set, plan.range) else { return nil }
    let evicted = array.put(key, owner, valid: bits, locked: lock, slot: slot)
    array.touch(slot: slot, range: plan.range, count: count, isFill: true)
    return evicted
  }

  /// The space an entry of translation `t` belongs to.
  func entrySpace(_ t: Int) -> UInt32 {
    unsafe pages.translations[t].isGlobal && facts.hasGlobalBit ? DetailedArray.everySpace : space
  }

  func prefetch(_ kind: AccessKind, _ t: Int) {
    let order = order[Int(kind.rawValue)]
    guard machine.prefetch.value != .none, order.count > 0 else { return }
    let last = unsafe order[order.count - 1]
    let page = unsafe pages.translations[t]
    let size = page.size
    let number = size.number(page.virtualBase)
    let wanted: ClosedRange<UInt64>
    switch machine.prefetch.value {
    case .none: return
    case .nextPage: wanted = (number &+ 1)...(number &+ 1)
    case .nextLine:
      let line = (number | 7) &+ 1
      wanted = line...(line &+ 7)
    }
    for neighbour in wanted {
      guard let n = byKey[DetailedArray.key(number: neighbour, shift: size.shift)],
        case let page = unsafe pages.translations[n], !page.isLocked,
        let home = unsafe target(last, n, page.virtualBase), !home.hit
      else { continue }
      place(home.array, n, page.virtualBase, count: 1, lock: false)
    }
  }

  /// Locked translations take ways of the first arrays that accept them and never leave.
  func lockEntries() {
    guard let rule = machine.lockedEntries, !rule.separate else { return }
    for array in arrays where array.lockedCount > 0 {
      for slot in 0..<(array.sets * array.ways) where unsafe array.locked[slot] {
        array.clear(slot: slot)
      }
    }
    for kind in [AccessKind.fetch, .load] {
      var room = (kind == .fetch ? rule.instruction : rule.data) ?? Int.max
      let groups = order[Int(kind.rawValue)]
      for (t, translation) in pages.all.enumerated() where translation.isLocked && room > 0 {
        for g in groups.indices {
          let home = unsafe groups[g].first {
            pages.plan($0, t).entryShift > 0
              && (machine.arrays[$0].side != .unified || kind == .load)
          }
          guard let home else { continue }
          place(home, t, translation.virtualBase, count: 1, lock: true)
          room -= 1
          break
        }
      }
    }
  }
}
