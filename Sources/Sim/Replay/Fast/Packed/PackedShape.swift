/// The loops of a `PackedArray`, over bare pointers. None of them branches on whether a tag is
/// held: hits of a TLB come too irregularly to be predicted.
@safe struct PackedShape {
  // Safe: views on a `PackedArray`, which outlives them; tags are cut to its sets, words to those
  // of a row, and a block has `count` tags.
  let lane: UInt64
  let words: Int
  let rows: UnsafeMutablePointer<UInt64>
  let meta: UnsafeMutablePointer<UInt64>
  private let wideStride: Int
  let setMask: UInt32
  let setBits: UInt32
  /// Ways of the last word: the rest of it stays empty.
  let lastWord: UInt64
  /// By lane of a row of 16-bit tags: the bit of its way.
  private let wayBits: SIMD16<UInt16>

  @inline(__always)
  init(_ array: borrowing PackedArray, lane: UInt64, words: Int) {
    self.lane = lane
    self.words = words
    unsafe rows = array.rows
    unsafe meta = array.meta
    wideStride = array.stride
    setBits = UInt32(array.setBits)
    setMask = UInt32(array.geometry.sets - 1)
    let used = UInt64(array.geometry.ways - (words - 1) * Int(64 / lane)) * lane
    lastWord = used == 64 ? ~0 : (1 << used) - 1
    wayBits = array.wayBits
  }

  /// A one in every tag.
  @inline(__always)
  private var ones: UInt64 { lane == 16 ? 0x0001_0001_0001_0001 : 0x0000_0001_0000_0001 }

  /// The top bit of every tag.
  @inline(__always)
  private var tops: UInt64 { lane == 16 ? 0x8000_8000_8000_8000 : 0x8000_0000_8000_0000 }

  @inline(__always)
  private func row(_ tag: UInt32) -> UnsafeMutablePointer<UInt64> {
    let stride = lane == 16 ? PackedArray.stride(words) : wideStride
    return unsafe rows + Int(tag & setMask) &* stride
  }

  /// The top bit of every tag of `word` that equals the wanted one; false ones may follow above the
  /// first true one.
  @inline(__always)
  private func firstEqual(_ word: UInt64, _ wanted: UInt64) -> UInt64 {
    let x = word ^ wanted
    return (x &- ones) & ~x & tops
  }

  /// One word of a set's recency order. `open` is 1 while the tag was not found: as a borrow it
  /// runs through the words' flags, and what it changed is what has to move up by one way.
  @inline(__always)
  private func moveToFront(
    _ row: UnsafeMutablePointer<UInt64>, _ w: Int, _ wanted: UInt64, _ carried: inout UInt64,
    _ open: inout UInt64
  ) {
    let x = unsafe row[w]
    let found = firstEqual(x, wanted)
    let (rest, borrows) = found.subtractingReportingOverflow(open)
    let moved = x ^ ((x ^ (x &<< lane | carried)) & (found ^ rest))
    unsafe row[w] = w == words &- 1 ? moved & lastWord : moved
    carried = x &>> (64 &- lane)
    open = borrows ? 1 : 0
  }

  @inline(__always)
  func runLRU(_ b: PackedBlock) -> Int {
    if lane == 16, words > 1 { return runVector(b, fillsOnly: false) }
    var missed = 0
    var i = 0
    while i < b.count {
      let tag = unsafe b.tags[i]
      let row = unsafe row(tag)
      var carried = UInt64(tag &>> setBits)
      let wanted = carried &* ones
      var open: UInt64 = 1
      unsafe moveToFront(row, 0, wanted, &carried, &open)
      var w = 1
      while w < words {
        unsafe moveToFront(row, w, wanted, &carried, &open)
        w &+= 1
      }
      unsafe b.tags[missed] = tag
      missed &+= Int(truncatingIfNeeded: open)
      i &+= 1
    }
    return missed
  }

  @inline(__always)
  private func push(
    _ row: UnsafeMutablePointer<UInt64>, _ w: Int, _ carried: inout UInt64, _ mask: UInt64
  ) {
    let x = unsafe row[w]
    let moved = x ^ ((x ^ (x &<< lane | carried)) & mask)
    unsafe row[w] = w == words &- 1 ? moved & lastWord : moved
    carried = x &>> (64 &- lane)
  }

  @inline(__always)
  func runFIFO(_ b: PackedBlock) -> Int {
    if lane == 16, words > 1 { return runVector(b, fillsOnly: true) }
    var missed = 0
    var i = 0
    while i < b.count {
      let tag = unsafe b.tags[i]
      let row = unsafe row(tag)
      var carried = UInt64(tag &>> setBits)
      let wanted = carried &* ones
      var found = unsafe firstEqual(row[0], wanted)
      var w = 1
      while w < words {
        unsafe found |= firstEqual(row[w], wanted)
        w &+= 1
      }
      let (_, absent) = found.subtractingReportingOverflow(1)
      let mask: UInt64 = 0 &- (absent ? 1 : 0)
      unsafe push(row, 0, &carried, mask)
      w = 1
      while w < words {
        unsafe push(row, w, &carried, mask)
        w &+= 1
      }
      unsafe b.tags[missed] = tag
      missed &+= absent ? 1 : 0
      i &+= 1
    }
    return missed
  }

  /// The bit of the way whose tag is the wanted one; 0: none.
  @inline(__always)
  private func way(_ tags: SIMD16<UInt16>, _ wanted: SIMD16<UInt16>) -> UInt64 {
    let equal = unsafe unsafeBitCast(tags .== wanted, to: SIMD16<UInt16>.self) & wayBits
    let quarters = unsafe unsafeBitCast(equal, to: SIMD4<UInt64>.self)
    let halves = quarters.lowHalf | quarters.highHalf
    // One lane at most is not 0: their sum.
    return ((halves[0] | halves[1]) &* 0x0001_0001_0001_0001) &>> 48
  }

  /// Entries kept in order of use or, if only a `fill` moves them, of arrival, where a row fills a
  /// vector.
  @inline(__always)
  private func runVector(_ b: PackedBlock, fillsOnly: Bool) -> Int {
    let none = SIMD16<UInt16>(repeating: 0)
    var missed = 0
    var i = 0
    while i < b.count {
      let tag = unsafe b.tags[i]
      let row = unsafe UnsafeMutableRawPointer(row(tag))
      let x = unsafe row.load(as: SIMD16<UInt16>.self)
      let own = UInt16(truncatingIfNeeded: tag &>> setBits)
      let found = way(x, SIMD16<UInt16>(repeating: own))
      let moving = fillsOnly ? found.maskOfZero : found ^ (found &- 1)
      let upTo = SIMD16<UInt16>(repeating: UInt16(truncatingIfNeeded: moving))
      let moved = SIMD16<UInt16>(
        own, x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10], x[11], x[12],
        x[13], x[14])
      let bits = upTo & wayBits
      unsafe row.storeBytes(
        of: x.replacing(with: moved, where: bits .!= none), as: SIMD16<UInt16>.self)
      unsafe b.tags[missed] = tag
      missed &+= found == 0 ? 1 : 0
      i &+= 1
    }
    return missed
  }

  /// The bit of the way that holds the wanted tag; 0: none does.
  @inline(__always)
  private func way(_ row: UnsafeMutablePointer<UInt64>, _ wanted: UInt64) -> UInt64 {
    if lane == 16, words > 1 {
      let tags = unsafe UnsafeRawPointer(row).load(as: SIMD16<UInt16>.self)
      return way(tags, SIMD16<UInt16>(repeating: UInt16(truncatingIfNeeded: wanted)))
    }
    var found: UInt64 = 0
    if lane == 16 {
      // One flag a lane, side by side.
      found = unsafe firstEqual(row[0], wanted) &>> 15
      found = (found &* 0x0001_0002_0004_0008) &>> 48
    } else {
      var w = 0
      while w < words {
        let flags = unsafe firstEqual(row[w], wanted)
        found |= (flags &>> 31 & 1) &<< UInt64(w) | (flags &>> 63) &<< UInt64(words &+ w)
        w &+= 1
      }
    }
    // No word flags falsely below a true one, and there is one at most.
    return found & (0 &- found)
  }

  /// The loop of every policy that leaves an entry in its way.
  @inline(__always)
  func run(_ start: some PackedPolicy, _ b: PackedBlock) -> Int {
    var policy = start
    let isCounting = type(of: policy).isCounting
    var missed = 0
    var i = 0
    while i < b.count {
      let tag = unsafe b.tags[i]
      let count = unsafe isCounting ? b.counts[i] : 1
      let set = Int(tag & setMask)
      let row = unsafe row(tag)
      let own = UInt64(tag &>> setBits)
      let held = unsafe way(row, own &* ones)
      let taken = unsafe policy.touch(&meta[set], set, held, count).way
      unsafe put(row, taken, own)
      unsafe b.tags[missed] = tag
      missed &+= held == 0 ? 1 : 0
      i &+= 1
    }
    policy.finish()
    return missed
  }

  /// Writes a tag to its way, there already or not.
  @inline(__always)
  private func put(_ row: UnsafeMutablePointer<UInt64>, _ way: Int, _ own: UInt64) {
    if lane == 16, words > 1 {
      unsafe UnsafeMutableRawPointer(row).storeBytes(
        of: UInt16(truncatingIfNeeded: own), toByteOffset: way &* 2, as: UInt16.self)
      return
    }
    let at = lane == 16 ? way : way >= words ? 1 : 0
    let word = unsafe lane == 16 ? row : row + (way &- at &* words)
    let shift = UInt64(truncatingIfNeeded: at) &* lane
    let room: UInt64 = (lane == 16 ? 0xffff : 0xffff_ffff) &<< shift
    unsafe word.pointee = word.pointee & ~room | own &<< shift
  }
}
