/// One TLB entry that left an array.
struct EvictedEntry {
  var key: UInt64
  var space: UInt32
  var valid: UInt64
}

/// One TLB array entry by entry: identity, address space, valid pages of a sector, lock. The
/// detailed model uses it where entries of several levels or sizes act on each other; the block
/// engine's arrays are faster and know less.
///
/// A key is `number << 6 | shift`: the virtual number at the entry's own size, and that size.
@safe struct DetailedArray {
  // Safe: the tables have sets times ways entries and whoever makes the array frees them; a slot is
  // a set, below `sets`, times `ways` plus a way below `ways`.
  let sets: Int
  let ways: Int
  let policy: ReplacementKind
  let index: SetIndex
  let keys: UnsafeMutablePointer<UInt64>
  let spaces: UnsafeMutablePointer<UInt32>
  let valid: UnsafeMutablePointer<UInt64>
  let locked: UnsafeMutablePointer<Bool>
  /// Last use (LRU) or arrival (FIFO); kept for every policy, so that arrays can be compared.
  let stamps: UnsafeMutablePointer<UInt64>
  /// Used bit, re-reference value, count or tree node, by way.
  let meta: UnsafeMutablePointer<UInt32>
  /// Hand or group, by way class within a set (at the class's first way).
  let hands: UnsafeMutablePointer<UInt32>
  let state: UnsafeMutablePointer<State>

  struct State {
    var clock: UInt64 = 0
    var lockedCount = 0
    var random: Xoshiro
  }

  var lockedCount: Int { unsafe state.pointee.lockedCount }

  /// The space of global entries.
  static let everySpace = UInt32.max

  init(sets: Int, ways: Int, policy: ReplacementKind, index: SetIndex, seed: UInt64) {
    self.sets = sets
    self.ways = ways
    self.policy = policy
    self.index = index
    let count = sets * ways
    unsafe keys = .allocate(capacity: count)
    unsafe spaces = .allocate(capacity: count)
    unsafe valid = .allocate(capacity: count)
    unsafe locked = .allocate(capacity: count)
    unsafe stamps = .allocate(capacity: count)
    unsafe meta = .allocate(capacity: count)
    unsafe hands = .allocate(capacity: count)
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: State(random: Xoshiro(seed: seed)))
    unsafe keys.initialize(repeating: 0, count: count)
    unsafe spaces.initialize(repeating: 0, count: count)
    unsafe valid.initialize(repeating: 0, count: count)
    unsafe locked.initialize(repeating: false, count: count)
    unsafe stamps.initialize(repeating: 0, count: count)
    unsafe meta.initialize(repeating: 0, count: count)
    unsafe hands.initialize(repeating: 0, count: count)
  }

  func deallocate() {
    unsafe keys.deallocate()
    unsafe spaces.deallocate()
    unsafe valid.deallocate()
    unsafe locked.deallocate()
    unsafe stamps.deallocate()
    unsafe meta.deallocate()
    unsafe hands.deallocate()
    unsafe state.deallocate()
  }

  static func key(number: UInt64, shift: UInt8) -> UInt64 { number << 6 | UInt64(shift) }

  /// The slot of `key` among the ways `range` of `set`, or -1.
  @inline(__always)
  func find(_ key: UInt64, _ set: Int, _ space: UInt32, _ range: Range<Int>) -> Int {
    let first = set &* ways
    for slot in (first &+ range.lowerBound)..<(first &+ range.upperBound)
    where unsafe keys[slot] == key && (spaces[slot] == space || spaces[slot] == Self.everySpace) {
      return slot
    }
    return -1
  }

  /// The first empty slot of the range, or -1.
  func emptySlot(_ set: Int, _ range: Range<Int>) -> Int {
    let first = set &* ways
    for slot in (first &+ range.lowerBound)..<(first &+ range.upperBound)
    where unsafe keys[slot] == 0 {
      return slot
    }
    return -1
  }

  /// Puts an entry in `slot` and returns what it pushed out.
  func put(
    _ key: UInt64, _ space: UInt32, valid bits: UInt64, locked lock: Bool, slot: Int
  ) -> EvictedEntry? {
    let old =
      unsafe keys[slot] == 0
      ? nil : EvictedEntry(key: keys[slot], space: spaces[slot], valid: valid[slot])
    unsafe keys[slot] = key
    unsafe spaces[slot] = space
    unsafe valid[slot] = bits
    if unsafe lock != locked[slot] { unsafe state.pointee.lockedCount += lock ? 1 : -1 }
    unsafe locked[slot] = lock
    return old
  }

  /// Empties one slot; hands and trees stay as they are.
  func clear(slot: Int) {
    unsafe keys[slot] = 0
    unsafe valid[slot] = 0
    if policy != .tplru && policy != .mru3plru4 { unsafe meta[slot] = 0 }
    if unsafe locked[slot] { unsafe state.pointee.lockedCount -= 1 }
    unsafe locked[slot] = false
  }

  /// Empties every slot `isStale` says so of; locked entries stay.
  func remove(where isStale: (_ key: UInt64, _ space: UInt32) -> Bool) {
    for slot in 0..<(sets * ways)
    where unsafe keys[slot] != 0 && !locked[slot] && isStale(keys[slot], spaces[slot]) {
      clear(slot: slot)
    }
  }

  /// First address an entry covers and how many bytes.
  static func reach(_ key: UInt64) -> (start: UInt64, shift: UInt64) {
    let shift = key & 63
    return ((key >> 6) << shift, shift)
  }

  /// True when the entry translates some address of `range`.
  static func overlaps(_ key: UInt64, _ range: AddressRange) -> Bool {
    let (start, shift) = reach(key)
    let last = start | ((1 << shift) &- 1)
    return start < range.upper && last >= range.lower
  }
}
