/// A replacement policy that leaves an entry in its way and keeps what it knows of a set in one
/// word; the rules are those of the `ReplacementPolicy` of the same kind. Way w is bit w of a mask.
protocol PackedPolicy {
  /// Whether runs of references to one page must be counted.
  static var isCounting: Bool { get }
  /// One reference to a page, `count` times in a row, held in way `held` or, if that is 0, absent.
  /// Returns the bit of the way that holds the page then.
  mutating func touch(_ word: inout UInt64, _ set: Int, _ held: UInt64, _ count: UInt32) -> UInt64
  /// After a block.
  func finish()
}

extension PackedPolicy {
  static var isCounting: Bool { false }
  func finish() {}
}

extension UInt64 {
  /// The lowest bit set alone.
  @inline(__always)
  fileprivate var lowestBit: UInt64 { self & (0 &- self) }

  /// The number of the way of this bit; there is one.
  @inline(__always)
  var way: Int { (self | 1 &<< 63).trailingZeroBitCount }

  /// All bits set where `self` is 0, else none; by arithmetic, lest a choice become a branch.
  @inline(__always)
  var maskOfZero: UInt64 { ((self | (0 &- self)) &>> 63) &- 1 }

  /// All bits set where `self`, read as a signed number, is negative.
  @inline(__always)
  fileprivate var signMask: UInt64 { 0 &- (self &>> 63) }

  /// `self` where `mask` is clear, `other` where it is set.
  @inline(__always)
  fileprivate func chosen(_ mask: UInt64, _ other: UInt64) -> UInt64 {
    self ^ ((self ^ other) & mask)
  }
}

/// Which ways of a set are filled, in the top 16 bits of its word, for policies that would not fill
/// the empty ones first by themselves.
struct FilledWays {
  static let shift: UInt64 = 48
  let all: UInt64
  init(_ array: borrowing PackedArray) { all = (1 << UInt64(array.geometry.ways)) - 1 }

  /// Whether a way is still empty. Not for long: the branch on it is predicted.
  @inline(__always)
  func lack(_ word: UInt64) -> Bool { word &>> Self.shift != all }

  /// The way of a page: where it is held, else `wanted` if that is empty, else the lowest empty.
  @inline(__always)
  func take(_ word: inout UInt64, _ held: UInt64, wanted: UInt64 = 0) -> UInt64 {
    let empty = ~(word &>> Self.shift) & all
    let way = held != 0 ? held : wanted & empty != 0 ? wanted : empty.lowestBit
    word |= way &<< Self.shift
    return way
  }
}

/// All bits set for a run of two or more, else none.
@inline(__always)
private func again(_ count: UInt32) -> UInt64 { (1 &- UInt64(count)).signMask }

@safe struct PackedRandom: PackedPolicy {
  // Safe: a block reserved a draw for each of its tags, so `draws` stays inside them.
  let filled: FilledWays
  let victims: VictimDraws
  var draws: UnsafePointer<UInt8>
  init(_ array: borrowing PackedArray) {
    filled = FilledWays(array)
    victims = array.victims
    unsafe draws = victims.next
  }

  func finish() { unsafe victims.take(upTo: draws) }

  @inline(__always)
  mutating func touch(
    _ word: inout UInt64, _ set: Int, _ held: UInt64, _ count: UInt32
  ) -> UInt64 {
    if filled.lack(word) { return filled.take(&word, held) }
    let drawn: UInt64 = unsafe 1 &<< UInt64(draws[0])
    let absent = held.maskOfZero
    unsafe draws += Int(truncatingIfNeeded: absent & 1)
    return held | drawn & absent
  }
}

/// Word: used bits. What no way holds yet has its bit clear, above those that are set.
struct PackedNRU: PackedPolicy {
  let all: UInt64
  init(_ array: borrowing PackedArray) { all = (1 << UInt64(array.geometry.ways)) - 1 }

  @inline(__always)
  func touch(_ word: inout UInt64, _ set: Int, _ held: UInt64, _ count: UInt32) -> UInt64 {
    // A set of one way has none clear.
    let victim = all == 1 ? 1 : (~word).lowestBit
    let way = held | victim & held.maskOfZero
    let used = word | way
    word = used.chosen((used ^ all).maskOfZero, way)
    return way
  }
}

/// Word: second-chance bits in the order the hand comes to them, its way from bit 16 on. The hand
/// goes once around as it fills the empty ways, which leaves it where it was.
struct PackedClock: PackedPolicy {
  static let isCounting = true
  let ways: UInt64
  init(_ array: borrowing PackedArray) { ways = UInt64(array.geometry.ways) }

  @inline(__always)
  func touch(_ word: inout UInt64, _ set: Int, _ held: UInt64, _ count: UInt32) -> UInt64 {
    let all: UInt64 = (1 &<< ways) &- 1
    let hand = word &>> 16
    let isHeld = (held | held &<< ways) &>> hand & all
    // The first clear bit from the hand on; where there is none, a turn later its own is.
    let clear = ~word & all
    let open = clear | clear.maskOfZero & all
    let passed = UInt64(truncatingIfNeeded: open.trailingZeroBitCount)
    let victim = hand &+ passed
    let way = victim &- (ways & (ways &- 1 &- victim).signMask)
    let next = way &+ 1
    let at = next & ~(next ^ ways).maskOfZero
    let rest = (open ^ all) &>> (passed &+ 1) | (again(count) & 1) &<< (ways &- 1)
    let absent = held.maskOfZero
    word = (word | isHeld).chosen(absent, rest | at &<< 16)
    return held | (1 &<< way) & absent
  }
}

/// Word: four masks of 16 bits, the ways of each re-reference value; empty ways have 3. All age at
/// once by a shift.
struct PackedSRRIP: PackedPolicy {
  static let isCounting = true
  init(_ array: borrowing PackedArray) {}

  @inline(__always)
  func touch(_ word: inout UInt64, _ set: Int, _ held: UInt64, _ count: UInt32) -> UInt64 {
    let aged = word &<< (UInt64(truncatingIfNeeded: word.leadingZeroBitCount) & 48)
    let victim = (aged &>> 48).lowestBit
    let new = aged ^ victim &<< 48 | victim &<< (32 & ~again(count))
    let absent = held.maskOfZero
    word = (word & ~(held &* 0x0001_0001_0001_0001) | held).chosen(absent, new)
    return held | victim & absent
  }
}

/// Word: the ways used once since they came in. Where there is one, it goes.
@safe struct PackedLFU: PackedPolicy {
  // Safe: `uses` has 16 words a set, and ways are below 16.
  static let isCounting = true
  let filled: FilledWays
  let uses: UnsafeMutablePointer<UInt32>
  init(_ array: borrowing PackedArray) {
    filled = FilledWays(array)
    unsafe uses = array.uses
  }

  @inline(__always)
  func touch(_ word: inout UInt64, _ set: Int, _ held: UInt64, _ count: UInt32) -> UInt64 {
    let row = unsafe uses + set &* 16
    let absent = held.maskOfZero
    let way: UInt64
    if filled.lack(word) {
      way = filled.take(&word, held)
    } else {
      // Where it is held, else above that the lowest used once.
      let found = (held | (word & filled.all) &<< 16).lowestBit
      way = unsafe found == 0 ? leastUsed(row) : (found | found &>> 16) & 0xffff
    }
    let use = unsafe row + way.way
    let earlier = unsafe use.pointee & ~UInt32(truncatingIfNeeded: absent)
    let (sum, isOver) = earlier.addingReportingOverflow(count)
    unsafe use.pointee = sum | (0 &- (isOver ? 1 : 0))
    word = word & ~way | way & absent & ~again(count)
    return way
  }
  @inline(never)
  private func leastUsed(_ row: UnsafeMutablePointer<UInt32>) -> UInt64 {
    var best: UInt64 = 0
    var way: UInt64 = 1
    while 1 &<< way <= filled.all {
      best = unsafe row[Int(way)] < row[Int(best)] ? way : best
      way &+= 1
    }
    return 1 &<< best
  }
}

/// Word: the pointer.
struct PackedNLU: PackedPolicy {
  let filled: FilledWays
  init(_ array: borrowing PackedArray) { filled = FilledWays(array) }

  @inline(__always)
  func touch(_ word: inout UInt64, _ set: Int, _ held: UInt64, _ count: UInt32) -> UInt64 {
    let pointer = word & 0xffff
    let at: UInt64 = 1 &<< pointer
    let way = filled.lack(word) ? filled.take(&word, held) : held == 0 ? at : held
    let next = at &<< 1 > filled.all ? 0 : pointer &+ 1
    word = way == at ? word & ~0xffff | next : word
    return way
  }
}
