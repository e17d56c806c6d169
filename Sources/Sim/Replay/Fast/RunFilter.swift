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
      let page = addresses[i] &>> shift
      pages[kept] = page
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
    var last = ~(addresses[0] &>> shift)
    var i = 0
    while i < count {
      let page = addresses[i] &>> shift
      pages[kept] = page
      lengths[kept] = UInt32(truncatingIfNeeded: i)
      kept &+= page != last ? 1 : 0
      last = page
      i &+= 1
    }
    lengths[kept] = UInt32(truncatingIfNeeded: count)
    for run in 0..<kept { lengths[run] = lengths[run &+ 1] &- lengths[run] }
    return kept
  }
}

/// Tags of a block without those equal to the one before in their set. What other sets see in
/// between changes nothing, so a run within a set is a run.
struct SetRuns: ~Copyable {
  static let limit = 64
  private let mask: UInt32
  /// By set: the tag seen last in this block, and where its run is counted.
  private let last: UnsafeMutablePointer<UInt32>
  private let place: UnsafeMutablePointer<UInt32>

  /// - Precondition: `sets` is a power of two up to `limit`.
  init(sets: Int) {
    mask = UInt32(sets - 1)
    last = .allocate(capacity: sets)
    place = .allocate(capacity: sets)
  }

  deinit {
    last.deallocate()
    place.deallocate()
  }

  /// Leaves the tags kept at the front and returns how many there are.
  func collapse(_ tags: UnsafeMutablePointer<UInt32>, _ count: Int) -> Int {
    let (mask, last) = (mask, last)
    last.initialize(repeating: 0, count: Int(mask) + 1)
    var kept = 0
    var i = 0
    while i < count {
      let tag = tags[i]
      let set = Int(tag & mask)
      tags[kept] = tag
      kept &+= last[set] != tag ? 1 : 0
      last[set] = tag
      i &+= 1
    }
    return kept
  }

  /// The same with run lengths.
  func collapse(
    _ tags: UnsafeMutablePointer<UInt32>, _ count: Int, lengths: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let (mask, last, place) = (mask, last, place)
    last.initialize(repeating: 0, count: Int(mask) + 1)
    place.initialize(repeating: 0, count: Int(mask) + 1)
    var kept: UInt32 = 0
    var i = 0
    while i < count {
      let tag = tags[i]
      let length = lengths[i]
      let set = Int(tag & mask)
      let fresh: UInt32 = 0 &- (last[set] != tag ? 1 : 0)
      let at = place[set] ^ ((place[set] ^ kept) & fresh)
      tags[Int(at)] = tag
      lengths[Int(at)] = lengths[Int(at)] & ~fresh &+ length
      place[set] = at
      last[set] = tag
      kept &-= fresh
      i &+= 1
    }
    return Int(kept)
  }
}
