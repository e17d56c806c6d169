extension ReplayEngine {
  // Safe: sites are below the tables' count; positions and entries are below a block's, for which
  // every list has room; routes index their own rows.
  /// Sends records to the first-level arrays' lists, up to `limit` or the next marker.
  /// Returns how many it took.
  ///
  /// What was last used in its set is held there and stays last used: where the policy forgets such
  /// repeats, they are counted and not sent. No branch depends on it.
  func scatterFirst(_ records: UnsafePointer<ReferenceRecord>, _ limit: Int) -> Int {
    let scratch = self.scratch
    let lists = unsafe scratch.lists
    let slots = unsafe scratch.slots
    let recent = unsafe scratch.recent
    let weights = unsafe scratch.weights
    let last = UInt32(truncatingIfNeeded: siteCount)
    let space = UInt64(spaceOffset)
    let pairRoute = plan.routes.pair
    // Labels want to see every reference.
    let forgets: UInt64 = labels == nil ? 1 : 0
    let fetchTable = unsafe tables[0][0]
    let loadTable = unsafe tables[0][1]
    let storeTable = unsafe tables[0][2]
    var (all, fetches, stores): (UInt64, UInt64, UInt64) = (0, 0, 0)
    unsafe slots.update(repeating: 0, count: scratch.routes)
    var i = 0
    while i < limit {
      let raw = unsafe records[i].rawValue
      let kind = Int(truncatingIfNeeded: raw &>> 62)
      if kind == 3 { break }
      let site = Int(min(UInt32(truncatingIfNeeded: raw), last))
      let count = raw &>> 32 & 0x3fff_ffff
      let key = unsafe (kind == 0 ? fetchTable : kind == 1 ? loadTable : storeTable)[site]
      var route = Int(truncatingIfNeeded: key &>> PageKey.routeShift) & PageKey.routeMask
      var sent = BlockScratch.oneEntry
      if route == pairRoute {
        route = pushPair(key, kind: kind, level: 0, position: i)
        sent = 0
      } else {
        let tagged = (key & PageKey.payload) &+ (space & (0 &- (key &>> 63)))
        let tag = UInt32(truncatingIfNeeded: tagged)
        let set = Int(truncatingIfNeeded: tagged &>> 32) & (BlockScratch.recentSets &- 1)
        let place = route &* BlockScratch.recentSets &+ set
        let isIdle = unsafe (recent[place] == tag ? 1 : 0) & (key &>> PageKey.idleShift) & forgets
        unsafe recent[place] = tag
        sent = (isIdle &- 1) & BlockScratch.oneEntry
        let n = unsafe Int(truncatingIfNeeded: slots[route] &>> BlockScratch.entryShift)
        unsafe lists[route &* BlockScratch.rowSize &+ n] = tagged | UInt64(i) &<< PageKey.routeShift
      }
      unsafe weights[i] = UInt32(truncatingIfNeeded: count)
      unsafe slots[route] &+= sent | count
      all &+= count
      fetches &+= kind == 0 ? count : 0
      stores &+= kind == 2 ? count : 0
      i &+= 1
    }
    unsafe sums.references[0] &+= fetches
    unsafe sums.references[1] &+= all &- fetches &- stores
    unsafe sums.references[2] &+= stores
    countLookups()
    return i
  }

  /// Takes what the slots hold apart: entries sent by route, lookups added to the sums.
  private func countLookups() {
    for route in 0..<scratch.routes {
      let slot = unsafe scratch.slots[route]
      unsafe scratch.counts[route] = Int(truncatingIfNeeded: slot &>> BlockScratch.entryShift)
      unsafe sums.lookups[route] &+= slot & (BlockScratch.oneEntry &- 1)
    }
  }

  /// Sends both pages of one access to their arrays, under one position. Returns the route the
  /// lookup counts for.
  @inline(never)
  private func pushPair(_ key: UInt64, kind: Int, level: Int, position: Int) -> Int {
    let pair = pairs[Int(truncatingIfNeeded: key & PageKey.payload)]
    let table = unsafe tables[level][kind]
    for site in [pair.second, pair.first] {
      let own = unsafe table[Int(site)]
      let route = Int(truncatingIfNeeded: own &>> PageKey.routeShift) & PageKey.routeMask
      let tagged = (own & PageKey.payload) &+ (UInt64(spaceOffset) & (0 &- (own &>> 63)))
      let n = unsafe Int(truncatingIfNeeded: scratch.slots[route] &>> BlockScratch.entryShift)
      unsafe scratch.row(route)[n] = tagged | UInt64(position) &<< PageKey.routeShift
      unsafe scratch.slots[route] &+= BlockScratch.oneEntry
      if level == 0 { scratch.forgetRecent(route) }
      if site == pair.first { return route }
    }
    return plan.routes.unbound
  }

  func scatterNext(
    _ records: UnsafePointer<ReferenceRecord>, _ missed: Int, _ level: Int
  ) {
    let scratch = self.scratch
    let slots = unsafe scratch.slots
    let space = UInt64(spaceOffset)
    let pairRoute = plan.routes.pair
    let last = siteCount
    let (fetchTable, loadTable, storeTable) = unsafe (
      tables[level][0], tables[level][1], tables[level][2]
    )
    unsafe slots.update(repeating: 0, count: scratch.routes)
    for i in 0..<missed {
      let position = unsafe Int(scratch.positions[i])
      let record = unsafe records[position]
      let kind = record.kindBits
      let site = min(Int(record.site), last)
      let key = unsafe (kind == 0 ? fetchTable : kind == 1 ? loadTable : storeTable)[site]
      var route = Int(truncatingIfNeeded: key &>> PageKey.routeShift) & PageKey.routeMask
      if route == pairRoute {
        route = pushPair(key, kind: kind, level: level, position: position)
      } else {
        let n = unsafe Int(truncatingIfNeeded: slots[route] &>> BlockScratch.entryShift)
        let tagged = (key & PageKey.payload) &+ (space & (0 &- (key &>> 63)))
        unsafe scratch.lists[route &* BlockScratch.rowSize &+ n] =
          tagged | UInt64(position) &<< PageKey.routeShift
        unsafe slots[route] &+= BlockScratch.oneEntry
      }
      unsafe slots[route] &+= UInt64(scratch.weights[position])
    }
    countLookups()
  }
}
