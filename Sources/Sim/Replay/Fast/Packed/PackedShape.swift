/// The loops of a `PackedArray`, over bare pointers.
struct PackedShape {
  let lane: UInt64
  let words: Int
  let rows: UnsafeMutablePointer<UInt64>
  let meta: UnsafeMutablePointer<UInt64>
  let stride: Int
  let setMask: UInt32
  let setBits: UInt32
  let fold: UInt32
  let foldMask: UInt32
  /// Ways of the last word: the rest of it stays empty.
  let lastWord: UInt64
  let ways: Int

  @inline(__always)
  init(_ array: borrowing PackedArray, lane: UInt64, words: Int) {
    self.lane = lane
    self.words = words
    rows = array.rows
    meta = array.meta
    stride = array.stride
    ways = array.geometry.ways
    setBits = UInt32(array.setBits)
    setMask = UInt32(array.geometry.sets - 1)
    if case .xor(let bits) = array.geometry.index {
      fold = UInt32(bits)
      foldMask = .max
    } else {
      fold = 0
      foldMask = 0
    }
    let used = UInt64(ways - (words - 1) * Int(64 / lane)) * lane
    lastWord = used == 64 ? ~0 : (1 << used) - 1
  }

  /// A one in every tag.
  @inline(__always)
  private var ones: UInt64 { lane == 16 ? 0x0001_0001_0001_0001 : 0x0000_0001_0000_0001 }

  /// The top bit of every tag.
  @inline(__always)
  private var tops: UInt64 { lane == 16 ? 0x8000_8000_8000_8000 : 0x8000_0000_8000_0000 }

  @inline(__always)
  func set(_ tag: UInt32) -> Int { Int((tag ^ (tag &>> fold & foldMask)) & setMask) }

  /// The top bit of every tag of `word` that equals the wanted one; false ones may follow above the
  /// first true one.
  @inline(__always)
  private func firstEqual(_ word: UInt64, _ wanted: UInt64) -> UInt64 {
    let x = word ^ wanted
    return (x &- ones) & ~x & tops
  }

  /// Whether some tag of `word` equals the wanted one: then a top bit is set.
  @inline(__always)
  private func someEqual(_ word: UInt64, _ wanted: UInt64) -> UInt64 {
    let x = word ^ wanted
    return (x &- ones) & ~x
  }

  /// The bit of the way that holds the wanted tag.
  @inline(__always)
  private func way(_ row: UnsafeMutablePointer<UInt64>, _ wanted: UInt64) -> UInt64 {
    var found = equal(row, 0, wanted)
    if words > 1 { found |= equal(row, 1, wanted) }
    if words > 2 { found |= equal(row, 2, wanted) }
    if words > 3 { found |= equal(row, 3, wanted) }
    var w = 4
    while w < words {
      found |= equal(row, w, wanted)
      w &+= 1
    }
    // No word flags falsely below a true one, and there is one at most.
    return found & (0 &- found)
  }

  /// One word of a set's recency order. `open` is 1 while the tag was not found: as a borrow it
  /// runs through the words' flags, and what it changed is what has to move up by one way.
  @inline(__always)
  private func moveToFront(
    _ row: UnsafeMutablePointer<UInt64>, _ w: Int, _ wanted: UInt64, _ carried: inout UInt64,
    _ open: inout UInt64
  ) {
    let x = row[w]
    let found = firstEqual(x, wanted)
    let (rest, borrows) = found.subtractingReportingOverflow(open)
    let moved = x ^ ((x ^ (x &<< lane | carried)) & (found ^ rest))
    row[w] = w == words &- 1 ? moved & lastWord : moved
    carried = x &>> (64 &- lane)
    open = borrows ? 1 : 0
  }

  @inline(__always)
  func runLRU(_ b: PackedBlock) -> Int {
    var missed = 0
    var i = 0
    while i < b.count {
      let tag = b.tags[i]
      let row = rows + set(tag) &* stride
      var carried = UInt64(tag &>> setBits)
      let wanted = carried &* ones
      var open: UInt64 = 1
      moveToFront(row, 0, wanted, &carried, &open)
      if words > 1 { moveToFront(row, 1, wanted, &carried, &open) }
      if words > 2 { moveToFront(row, 2, wanted, &carried, &open) }
      if words > 3 { moveToFront(row, 3, wanted, &carried, &open) }
      var w = 4
      while w < words {
        moveToFront(row, w, wanted, &carried, &open)
        w &+= 1
      }
      b.misses[missed] = tag
      missed &+= Int(truncatingIfNeeded: open)
      i &+= 1
    }
    return missed
  }

  @inline(__always)
  private func push(
    _ row: UnsafeMutablePointer<UInt64>, _ w: Int, _ carried: inout UInt64, _ mask: UInt64
  ) {
    let x = row[w]
    let moved = x ^ ((x ^ (x &<< lane | carried)) & mask)
    row[w] = w == words &- 1 ? moved & lastWord : moved
    carried = x &>> (64 &- lane)
  }

  @inline(__always)
  func runFIFO(_ b: PackedBlock) -> Int {
    var missed = 0
    var i = 0
    while i < b.count {
      let tag = b.tags[i]
      let row = rows + set(tag) &* stride
      var carried = UInt64(tag &>> setBits)
      let wanted = carried &* ones
      var found = firstEqual(row[0], wanted)
      if words > 1 { found |= firstEqual(row[1], wanted) }
      if words > 2 { found |= firstEqual(row[2], wanted) }
      if words > 3 { found |= firstEqual(row[3], wanted) }
      var w = 4
      while w < words {
        found |= firstEqual(row[w], wanted)
        w &+= 1
      }
      let (_, absent) = found.subtractingReportingOverflow(1)
      let mask: UInt64 = 0 &- (absent ? 1 : 0)
      push(row, 0, &carried, mask)
      if words > 1 { push(row, 1, &carried, mask) }
      if words > 2 { push(row, 2, &carried, mask) }
      if words > 3 { push(row, 3, &carried, mask) }
      w = 4
      while w < words {
        push(row, w, &carried, mask)
        w &+= 1
      }
      b.misses[missed] = tag
      missed &+= absent ? 1 : 0
      i &+= 1
    }
    return missed
  }

  /// One bit a way of word `w` that `firstEqual` flags, as bits of the whole set.
  @inline(__always)
  private func equal(_ row: UnsafeMutablePointer<UInt64>, _ w: Int, _ wanted: UInt64) -> UInt64 {
    let flags = firstEqual(row[w], wanted)
    if lane == 16 {
      return (((flags &>> 15) &* 0x0001_0002_0004_0008) &>> 48) &<< UInt64(4 &* w)
    }
    return (flags &>> 31 & 1 | flags &>> 62) &<< UInt64(2 &* w)
  }

  /// The loop of every policy that leaves an entry in its way.
  @inline(__always)
  func run<P: PackedPolicy>(_ policy: P, _ b: PackedBlock) -> Int {
    let all: UInt64 = (1 &<< UInt64(ways)) &- 1
    var missed = 0
    var i = 0
    while i < b.count {
      let tag = b.tags[i]
      let count = P.isCounting ? b.counts?[i] ?? 1 : 1
      let set = set(tag)
      let row = rows + set &* stride
      let own = UInt64(tag &>> setBits)
      let wanted = own &* ones
      i &+= 1
      var isHeld = someEqual(row[0], wanted)
      if words > 1 { isHeld |= someEqual(row[1], wanted) }
      if words > 2 { isHeld |= someEqual(row[2], wanted) }
      if words > 3 { isHeld |= someEqual(row[3], wanted) }
      var w = 4
      while w < words {
        isHeld |= someEqual(row[w], wanted)
        w &+= 1
      }
      if isHeld & tops != 0 {
        if P.ignoresHits { continue }
        var state = PackedState(rawValue: meta[set])
        policy.hit(&state, set, way(row, wanted), count)
        meta[set] = state.rawValue
        continue
      }
      var state = PackedState(rawValue: meta[set])
      let empty = ~state.filled & all
      var way: Int
      if empty == 0 || P.choosesFirst {
        way = policy.victim(&state, set)
        if empty != 0, empty &>> UInt64(way) & 1 == 0 { way = empty.trailingZeroBitCount }
      } else {
        way = empty.trailingZeroBitCount
      }
      policy.fill(&state, set, way, count)
      state.filled |= 1 &<< UInt64(way)
      meta[set] = state.rawValue
      let shift = UInt64(lane == 16 ? (way & 3) &* 16 : (way & 1) &* 32)
      let word = row + (lane == 16 ? way &>> 2 : way &>> 1)
      let room: UInt64 = (lane == 16 ? 0xffff : 0xffff_ffff) &<< shift
      word.pointee = word.pointee & ~room | own &<< shift
      b.misses[missed] = tag
      missed &+= 1
    }
    return missed
  }
}
