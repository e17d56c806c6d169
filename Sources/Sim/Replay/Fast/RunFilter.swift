/// Whether a filter in front of an array pays; while it does not, one block in sixteen tries again.
struct Worth {
  private var pays = true
  private var skipped = 0

  /// Whether to filter the next block.
  mutating func isTried() -> Bool {
    if pays { return true }
    skipped &+= 1
    return skipped & 15 == 0
  }

  /// What came of a block.
  mutating func note(_ kept: Int, of count: Int) { pays = kept &* 5 < count &* 4 }
}

/// Page numbers of addresses without repeats of the one before.
struct RunFilter {
  // Safe: a block of n leaves at most n runs, and every buffer has room for one more.
  /// The page the last address lay on.
  var previous = UInt64.max

  /// Writes them to `pages`, room for `count` + 1, and returns how many there are.
  @inline(__always)
  mutating func collapse(
    _ addresses: UnsafePointer<UInt64>, _ count: Int, shift: UInt64,
    _ pages: UnsafeMutablePointer<UInt64>
  ) -> Int {
    var last = previous
    var kept = 0
    var i = 0
    while i < count {
      let page = unsafe addresses[i] &>> shift
      unsafe pages[kept] = page
      kept &+= page != last ? 1 : 0
      last = page
      i &+= 1
    }
    previous = last
    return kept
  }

  /// The same with run lengths. A run cut by the block's end becomes two: nobody can tell.
  @inline(__always)
  static func collapse(
    _ addresses: UnsafePointer<UInt64>, _ count: Int, shift: UInt64,
    _ pages: UnsafeMutablePointer<UInt64>, lengths: UnsafeMutablePointer<UInt32>
  ) -> Int {
    var kept = 0
    var last = unsafe ~(addresses[0] &>> shift)
    var i = 0
    while i < count {
      let page = unsafe addresses[i] &>> shift
      unsafe pages[kept] = page
      unsafe lengths[kept] = UInt32(truncatingIfNeeded: i)
      kept &+= page != last ? 1 : 0
      last = page
      i &+= 1
    }
    unsafe lengths[kept] = UInt32(truncatingIfNeeded: count)
    for run in 0..<kept { unsafe lengths[run] = unsafe lengths[run &+ 1] &- lengths[run] }
    return kept
  }
}

/// Pages of a block without those equal to the one before in their set. What other sets see in
/// between changes nothing, so a run within a set is a run; sets may be taken together.
@safe struct SetRuns: ~Copyable {
  // Safe: the tables live from `init` to `deinit` with a word for each of up to 64 sets, to which
  // pages are cut; runs never outnumber the pages.
  private static let limit = 64
  private let mask: UInt64
  /// By set: the page seen last in this block, and where its run is counted.
  private let last: UnsafeMutablePointer<UInt64>
  private let place: UnsafeMutablePointer<UInt32>

  /// - Precondition: `sets` is a power of two, and the low bits of a page number pick one.
  init(sets: Int) {
    let own = min(Self.limit, sets)
    mask = UInt64(own - 1)
    unsafe last = .allocate(capacity: own)
    unsafe place = .allocate(capacity: own)
  }

  deinit {
    unsafe last.deallocate()
    unsafe place.deallocate()
  }

  /// Writes the pages kept to `kept`, which may be `pages` itself, and returns how many there are.
  /// Pages are numbers shifted right by `shift`, so that they may be addresses.
  func collapse(
    _ pages: UnsafePointer<UInt64>, _ count: Int, shift: UInt64,
    _ kept: UnsafeMutablePointer<UInt64>
  ) -> Int {
    let (mask, last) = unsafe (mask, last)
    unsafe last.initialize(repeating: .max, count: Int(mask) + 1)
    var runs = 0
    var i = 0
    while i < count {
      let page = unsafe pages[i] &>> shift
      let own = unsafe last + Int(truncatingIfNeeded: page & mask)
      unsafe kept[runs] = page
      unsafe runs &+= own.pointee != page ? 1 : 0
      unsafe own.pointee = page
      i &+= 1
    }
    return runs
  }

  /// The same in place, with run lengths.
  func collapse(
    _ pages: UnsafeMutablePointer<UInt64>, _ count: Int, lengths: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let (mask, last, place) = unsafe (mask, last, place)
    unsafe last.initialize(repeating: .max, count: Int(mask) + 1)
    unsafe place.initialize(repeating: 0, count: Int(mask) + 1)
    var runs: UInt32 = 0
    var i = 0
    while i < count {
      let page = unsafe pages[i]
      let length = unsafe lengths[i]
      let set = Int(truncatingIfNeeded: page & mask)
      let fresh: UInt32 = unsafe 0 &- (last[set] != page ? 1 : 0)
      let at = unsafe place[set] ^ ((place[set] ^ runs) & fresh)
      unsafe pages[Int(at)] = page
      unsafe lengths[Int(at)] = lengths[Int(at)] & ~fresh &+ length
      unsafe place[set] = at
      unsafe last[set] = page
      runs &-= fresh
      i &+= 1
    }
    return Int(runs)
  }
}
