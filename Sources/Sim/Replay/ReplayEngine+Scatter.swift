extension ReplayEngine {
  // Safe: sites are below the tables' count; positions and entries are below a block's, for which
  // every list has room; routes index their own rows, kinds the heads and sums.
  /// Sends records to the first-level arrays' lists, up to `limit` or the next marker.
  /// Returns how many it took.
  ///
  /// What was last used in its set is held there and stays last used: where the policy forgets such
  /// repeats, they are counted and not sent. No branch depends on it.
  func scatterFirst(_ records: UnsafePointer<ReferenceRecord>, _ limit: Int) -> Int {
    for kind in 0..<3 { unsafe scratch.heads[kind] = UnsafePointer(tables[0][kind]) }
    let weights = unsafe scratch.kindWeights
    var (i, kept) = (0, 0)
    while true {
      unsafe scatter(records, limit, &i, &kept)
      if unsafe i == limit || records[i].isMarker { break }
      // An access over two pages leaves both last used, whichever sets they lie in.
      let record = unsafe records[i]
      let key = unsafe scratch.heads[record.kindBits][Int(record.site)]
      let (first, second) = halves(key, record.kindBits, 0)
      scratch.forgetRecent(PageKey.route(first))
      scratch.forgetRecent(PageKey.route(second))
      unsafe scratch.positions[kept] = UInt16(truncatingIfNeeded: i)
      kept += 1
      unsafe weights[record.kindBits << PageKey.routeBits | plan.routes.pair] &+=
        UInt64(record.count)
      i += 1
    }
    countReferences()
    unsafe deal(records, kept)
    return i
  }

  /// Goes on from record `i` up to `limit`, or to the next marker or access over two pages.
  @inline(__always)
  private func scatter(
    _ records: UnsafePointer<ReferenceRecord>, _ limit: Int, _ next: inout Int, _ count: inout Int
  ) {
    let heads = unsafe scratch.heads
    let recent = unsafe scratch.recent
    let weights = unsafe scratch.kindWeights
    let positions = unsafe scratch.positions
    let last = UInt32(truncatingIfNeeded: siteCount)
    let pairRoute = plan.routes.pair
    // Labels want to see every reference.
    let eager = labels == nil ? PageKey.eager : .max
    var (i, kept) = (next, count)
    while i < limit {
      let raw = unsafe records[i].rawValue
      let kind = Int(truncatingIfNeeded: raw &>> 62)
      if kind == 3 { break }
      let site = Int(min(UInt32(truncatingIfNeeded: raw), last))
      let key = unsafe heads[kind][site]
      let place = Int(truncatingIfNeeded: key &>> PageKey.placeShift) & PageKey.placeMask
      let route = place &>> PageKey.setBits
      if route == pairRoute { break }
      let tag = UInt32(truncatingIfNeeded: key)
      let differs = unsafe UInt64(recent[place] ^ tag) | (key & eager)
      unsafe recent[place] = tag
      unsafe positions[kept] = UInt16(truncatingIfNeeded: i)
      kept &+= differs == 0 ? 0 : 1
      unsafe weights[kind &<< PageKey.routeBits | route] &+= raw &>> 32 & 0x3fff_ffff
      i &+= 1
    }
    (next, count) = (i, kept)
  }

  /// Adds what was weighed by kind and route to the sums.
  private func countReferences() {
    for kind in 0..<3 {
      let row = unsafe scratch.kindWeights + kind << PageKey.routeBits
      for route in 0..<scratch.routes {
        unsafe sums.references[kind] &+= row[route]
        unsafe sums.lookups[route] &+= row[route]
        unsafe row[route] = 0
      }
    }
  }

  /// Deals the first `count` positions of the scratch out to the rows of their routes.
  private func deal(_ records: UnsafePointer<ReferenceRecord>, _ count: Int) {
    let (positions, weights) = unsafe (scratch.positions, scratch.weights)
    let (lists, ends, heads) = unsafe (scratch.lists, scratch.counts, scratch.heads)
    let last = siteCount
    let space = UInt64(spaceOffset)
    let pairRoute = plan.routes.pair
    unsafe ends.update(repeating: 0, count: scratch.routes)
    for entry in 0..<count {
      let position = unsafe Int(positions[entry])
      let record = unsafe records[position]
      let key = unsafe heads[record.kindBits][min(Int(record.site), last)]
      unsafe weights[position] = record.count
      let route = PageKey.route(key)
      if route == pairRoute {
        let counted = pushPair(key, kind: record.kindBits, level: 0, position: position)
        unsafe sums.lookups[counted] &+= UInt64(record.count)
        continue
      }
      let end = unsafe ends[route]
      unsafe lists[route &* BlockScratch.rowSize &+ end] = PageKey.entry(key, space, at: position)
      unsafe ends[route] = end &+ 1
    }
  }

  /// The sites of a pair, and where each of them goes at a level.
  private func halves(_ key: UInt64, _ kind: Int, _ level: Int) -> (first: UInt64, second: UInt64) {
    let pair = pairs[Int(PageKey.tag(key))]
    let table = unsafe tables[level][kind]
    return unsafe (table[Int(pair.first)], table[Int(pair.second)])
  }

  /// Sends both pages of one access to their arrays, under one position. Returns the route the
  /// lookup counts for.
  @inline(never)
  private func pushPair(_ key: UInt64, kind: Int, level: Int, position: Int) -> Int {
    let (first, second) = halves(key, kind, level)
    for own in [second, first] {
      let route = PageKey.route(own)
      let end = unsafe scratch.counts[route]
      unsafe scratch.row(route)[end] = PageKey.entry(own, UInt64(spaceOffset), at: position)
      unsafe scratch.counts[route] = end + 1
    }
    return PageKey.route(first)
  }

  func scatterNext(
    _ records: UnsafePointer<ReferenceRecord>, _ missed: Int, _ level: Int
  ) {
    let (positions, weights) = unsafe (scratch.positions, scratch.weights)
    let (lists, ends, heads) = unsafe (scratch.lists, scratch.counts, scratch.heads)
    let lookups = unsafe sums.lookups
    let space = UInt64(spaceOffset)
    let pairRoute = plan.routes.pair
    let last = siteCount
    for kind in 0..<3 { unsafe heads[kind] = UnsafePointer(tables[level][kind]) }
    unsafe ends.update(repeating: 0, count: scratch.routes)
    for i in 0..<missed {
      let position = unsafe Int(positions[i])
      let record = unsafe records[position]
      let kind = record.kindBits
      let key = unsafe heads[kind][min(Int(record.site), last)]
      var route = PageKey.route(key)
      if route == pairRoute {
        route = pushPair(key, kind: kind, level: level, position: position)
      } else {
        let end = unsafe ends[route]
        unsafe lists[route &* BlockScratch.rowSize &+ end] = PageKey.entry(key, space, at: position)
        unsafe ends[route] = end &+ 1
      }
      unsafe lookups[route] &+= UInt64(weights[position])
    }
  }
}
