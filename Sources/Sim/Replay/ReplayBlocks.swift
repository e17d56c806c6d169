extension ReplayEngine {
  // Safe: sites are below the tables' count, as `process` sees to; positions are below a block, for
  // which every list has room; routes index their own rows.
  /// Replays records in program order. Markers act where they stand: flushes cut blocks.
  public func process(_ records: UnsafeBufferPointer<ReferenceRecord>) {
    guard let base = records.baseAddress else { return }
    if let detail {
      unsafe processDetailed(records, detail)
      return
    }
    var start = 0
    while start < records.count {
      let block = unsafe base + start
      let taken = unsafe scatterFirst(block, min(BlockScratch.blockSize, records.count - start))
      if taken > 0 { unsafe runLevels(block, taken) }
      start += taken
      while start < records.count, unsafe base[start].isMarker {
        unsafe act(on: base[start])
        start += 1
      }
    }
  }

  func act(on record: ReferenceRecord) {
    switch record.marker {
    case .userGap: sums.userInstructions += UInt64(record.count)
    case .flushAll: flush(.all)
    case .flushNonGlobal: flush(.nonGlobal)
    case .switchSpace: switchSpace(record.count)
    case .step, .lifecycle, nil: break
    }
  }

  /// Sends records to the first-level arrays' lists, up to `limit` or the next marker.
  /// Returns how many it took.
  ///
  /// What was last used in its set is held there and stays last used: where the policy forgets such
  /// repeats, they are counted and not sent. No branch depends on it.
  private func scatterFirst(_ records: UnsafePointer<ReferenceRecord>, _ limit: Int) -> Int {
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

  private func runLevels(_ records: UnsafePointer<ReferenceRecord>, _ taken: Int) {
    let routes = plan.routes
    var level = 0
    while true {
      for (a, unit) in units.enumerated() where unsafe scratch.counts[a] > 0 {
        let missed = unsafe unit.run(
          scratch.row(a), scratch.counts[a], scratch.weights, scratch.missPositions)
        unsafe labels?.note(
          a, unit, scratch.row(a), scratch.counts[a], scratch.missPositions, missed, records)
        unsafe sums.misses[a] &+= UInt64(mark(scratch.missPositions, missed))
      }
      let passed = unsafe scratch.counts[routes.pass]
      for i in 0..<passed {
        let position = unsafe Int(
          truncatingIfNeeded: scratch.row(routes.pass)[i] &>> PageKey.routeShift)
        unsafe scratch.missBits[position &>> 6] |= 1 &<< UInt64(position & 63)
      }
      let missed = collect(taken)
      if plan.firstLevel.contains(level) { unsafe countFirstLevel(records, missed, level) }
      level += 1
      if missed == 0 { return }
      if level == plan.count { break }
      unsafe scatterNext(records, missed, level)
    }
    unsafe walk(records, lastCount)
  }

  /// Marks positions as missed and gives them the run length the next level sees: one lookup, for
  /// the repeats hit what the first of them brought in. Returns how many positions there are, an
  /// access over two pages being one.
  private func mark(_ positions: UnsafePointer<UInt16>, _ count: Int) -> Int {
    let bits = unsafe scratch.missBits
    let weights = unsafe scratch.weights
    var distinct = 0
    var last = -1
    for i in 0..<count {
      let position = unsafe Int(positions[i])
      unsafe bits[position &>> 6] |= 1 &<< UInt64(position & 63)
      unsafe weights[position] = 1
      distinct &+= position == last ? 0 : 1
      last = position
    }
    return distinct
  }

  /// Moves the marked positions, in program order, to `scratch.positions`.
  private func collect(_ taken: Int) -> Int {
    var n = 0
    for word in 0..<(taken + 63) / 64 {
      var bits = unsafe scratch.missBits[word]
      unsafe scratch.missBits[word] = 0
      while bits != 0 {
        let bit = bits.trailingZeroBitCount
        bits &= bits &- 1
        unsafe scratch.positions[n] = UInt16(truncatingIfNeeded: word &* 64 &+ bit)
        n &+= 1
      }
    }
    lastCount = n
    return n
  }

  /// Counts what missed in the first level of its kind. A page that level never holds counts as
  /// often as it was referenced.
  private func countFirstLevel(
    _ records: UnsafePointer<ReferenceRecord>, _ missed: Int, _ level: Int
  ) {
    let first = (
      plan.firstLevel[0] == level, plan.firstLevel[1] == level, plan.firstLevel[2] == level
    )
    let weights = unsafe scratch.weights
    var instruction: UInt64 = 0
    var data: UInt64 = 0
    for i in 0..<missed {
      let position = unsafe Int(scratch.positions[i])
      let kind = unsafe records[position].kindBits
      let weight = unsafe UInt64(weights[position])
      if kind == 0 {
        instruction &+= first.0 ? weight : 0
      } else {
        data &+= (kind == 1 ? first.1 : first.2) ? weight : 0
      }
    }
    sums.firstLevelInstructionMisses &+= instruction
    sums.firstLevelDataMisses &+= data
    guard options.attributesSites else { return }
    let last = siteCount
    unsafe missesBySite.withUnsafeMutableBufferPointer { sites in
      for i in 0..<missed {
        let position = unsafe Int(scratch.positions[i])
        let site = unsafe min(Int(records[position].site), last)
        unsafe sites[site].firstLevel &+= weights[position]
      }
    }
  }

  private func scatterNext(
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

  /// Walks for the positions no level held.
  private func walk(_ records: UnsafePointer<ReferenceRecord>, _ missed: Int) {
    let attributes = options.attributesSites
    let walks = self.walks
    let siteCount = self.siteCount
    var (instruction, data, reads, first) = (0, 0, 0, 0)
    for i in 0..<missed {
      let record = unsafe records[Int(scratch.positions[i])]
      let site = Int(record.site)
      guard site < siteCount else { continue }
      if record.kindBits == 0 { instruction &+= 1 } else { data &+= 1 }
      let walked = walks.walk(Int(translationOfSite[site]), space: spaceOffset)
      reads &+= walked.reads
      first &+= walked.isFirst ? 1 : 0
      if attributes { missesBySite[site].walks &+= 1 }
      unsafe labels?.noteWalk(site, position: Int(scratch.positions[i]))
    }
    sums.instructionWalks &+= UInt64(instruction)
    sums.dataWalks &+= UInt64(data)
    sums.walkReads &+= UInt64(reads)
    sums.firstWalks &+= UInt64(first)
  }
}
