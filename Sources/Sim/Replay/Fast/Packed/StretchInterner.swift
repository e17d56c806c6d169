/// Page numbers as 32-bit tags: the low bits of the number, and an id of the rest. Pages that lie
/// near each other share an id, so that few are needed, and the low bits still pick a set.
/// Stretches around the first page have their ids in order: what lies there is named by a
/// subtraction.
@safe struct StretchInterner: ~Copyable {
  // Safe: the tables have 2^bits slots and are searched modulo that; they grow before they are
  // full, so that every search ends. A caller's buffers hold `count` words.
  /// Bits of the page number a tag keeps.
  let lowBits: UInt64
  /// Ids handed out.
  private(set) var count: Int
  /// Stretches around the first page that have ids from 1 on.
  private let window: Int
  /// The page number the window begins with.
  private var origin: UInt64?
  /// Whether all of the last block tried lay there.
  private var nearness = Worth()
  private var keys: UnsafeMutablePointer<UInt64>
  private var ids: UnsafeMutablePointer<UInt32>
  private var held = 0
  private var bits: UInt64 = 10

  /// No page number has this many high bits.
  private static let empty = UInt64.max

  /// - Parameter window: a power of two, below `limit`.
  init(lowBits: Int, window: Int) {
    self.lowBits = UInt64(lowBits)
    self.window = window
    count = window
    unsafe keys = .allocate(capacity: 1 << 10)
    unsafe keys.initialize(repeating: Self.empty, count: 1 << 10)
    unsafe ids = .allocate(capacity: 1 << 10)
    unsafe ids.initialize(repeating: 0, count: 1 << 10)
  }

  deinit {
    unsafe keys.deallocate()
    unsafe ids.deallocate()
  }

  /// Most ids a tag has room for.
  var limit: Int { 1 << Int(32 - lowBits) - 1 }

  /// Tags of page numbers; numbers shifted right by `shift` first, so that addresses do too.
  /// `tags` may not overlap `numbers`.
  mutating func tags(
    _ numbers: UnsafePointer<UInt64>, _ count: Int, shift: UInt64,
    _ tags: UnsafeMutablePointer<UInt32>
  ) {
    guard count > 0 else { return }
    guard nearness.isTried() else {
      unsafe search(numbers, count, shift: shift, tags)
      return
    }
    let origin = unsafe origin ?? anchor(numbers[0] &>> shift)
    let own: UInt64 = 1 &<< lowBits
    var beyond: UInt64 = 0
    var i = 0
    while i < count {
      let page = unsafe numbers[i] &>> shift &- origin
      beyond |= page
      unsafe tags[i] = UInt32(truncatingIfNeeded: page &+ own)
      i &+= 1
    }
    let isNear = beyond < own &* UInt64(window)
    nearness.note(isNear ? 0 : 1, of: 1)
    if !isNear { unsafe search(numbers, count, shift: shift, tags) }
  }

  @inline(never)
  private mutating func anchor(_ page: UInt64) -> UInt64 {
    let stretch = page >> lowBits
    let first = (stretch - min(stretch, UInt64(window / 2))) << lowBits
    origin = first
    return first
  }

  /// The same wherever they lie.
  @inline(never)
  private mutating func search(
    _ numbers: UnsafePointer<UInt64>, _ count: Int, shift: UInt64,
    _ tags: UnsafeMutablePointer<UInt32>
  ) {
    let lowBits = lowBits
    let lowMask = (1 &<< lowBits) &- 1
    var (keys, ids, by) = unsafe (keys, ids, 64 &- bits)
    var mask = Int(truncatingIfNeeded: (1 &<< bits) &- 1)
    var i = 0
    while i < count {
      let page = unsafe numbers[i] &>> shift
      let key = page &>> lowBits
      var slot = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) &>> by)
      while unsafe keys[slot] != key {
        if unsafe keys[slot] == Self.empty {
          insert(key, slot)
          unsafe (keys, ids, by) = (self.keys, self.ids, 64 &- bits)
          mask = Int(truncatingIfNeeded: (1 &<< bits) &- 1)
          slot = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) &>> by)
        } else {
          slot = (slot &+ 1) & mask
        }
      }
      unsafe tags[i] = ids[slot] | UInt32(truncatingIfNeeded: page & lowMask)
      i &+= 1
    }
  }

  @inline(never)
  private mutating func insert(_ key: UInt64, _ slot: Int) {
    let near = key &- (origin ?? 0) &>> lowBits
    let isNear = near < UInt64(window)
    held += 1
    count += isNear ? 0 : 1
    unsafe keys[slot] = key
    unsafe ids[slot] = UInt32(truncatingIfNeeded: (isNear ? Int(near) + 1 : count) &<< Int(lowBits))
    if held * 4 > 1 << Int(bits) { grow() }
  }

  private mutating func grow() {
    let (oldKeys, oldIds, oldRoom) = unsafe (keys, ids, 1 << Int(bits))
    bits += 1
    let room = 1 << Int(bits)
    unsafe keys = .allocate(capacity: room)
    unsafe keys.initialize(repeating: Self.empty, count: room)
    unsafe ids = .allocate(capacity: room)
    unsafe ids.initialize(repeating: 0, count: room)
    for old in 0..<oldRoom where unsafe oldKeys[old] != Self.empty {
      var slot = unsafe Int(
        truncatingIfNeeded: (oldKeys[old] &* 0x9e37_79b9_7f4a_7c15) &>> (64 &- bits))
      while unsafe keys[slot] != Self.empty { slot = (slot + 1) & (room - 1) }
      unsafe keys[slot] = oldKeys[old]
      unsafe ids[slot] = oldIds[old]
    }
    unsafe oldKeys.deallocate()
    unsafe oldIds.deallocate()
  }

  /// The high part of the page number of each id, from 1; index 0 is unused.
  borrowing func stretches() -> [UInt64] {
    var stretches = [UInt64](repeating: 0, count: count + 1)
    for i in 0..<window { stretches[i + 1] = (origin ?? 0) >> lowBits + UInt64(i) }
    for slot in 0..<(1 << Int(bits)) where unsafe keys[slot] != Self.empty {
      unsafe stretches[Int(ids[slot] >> UInt32(lowBits))] = keys[slot]
    }
    return stretches
  }
}
