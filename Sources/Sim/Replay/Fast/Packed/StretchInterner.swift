/// Page numbers as 32-bit tags: the low bits of the number, and an id of the rest. Pages that lie
/// near each other share an id, so that few are needed, and the low bits still pick a set.
struct StretchInterner: ~Copyable {
  /// Bits of the page number a tag keeps.
  let lowBits: UInt64
  private(set) var count = 0
  private var keys: UnsafeMutablePointer<UInt64>
  private var ids: UnsafeMutablePointer<UInt32>
  private var bits: UInt64 = 10

  /// No page number has this many high bits.
  private static let empty = UInt64.max

  init(lowBits: Int) {
    self.lowBits = UInt64(lowBits)
    keys = .allocate(capacity: 1 << 10)
    keys.initialize(repeating: Self.empty, count: 1 << 10)
    ids = .allocate(capacity: 1 << 10)
    ids.initialize(repeating: 0, count: 1 << 10)
  }

  deinit {
    keys.deallocate()
    ids.deallocate()
  }

  /// Most ids a tag has room for.
  var limit: Int { 1 << Int(32 - lowBits) - 1 }

  /// Tags of page numbers; numbers shifted right by `shift` first, so that addresses do too.
  /// `tags` may not overlap `numbers`.
  mutating func tags(
    _ numbers: UnsafePointer<UInt64>, _ count: Int, shift: UInt64,
    _ tags: UnsafeMutablePointer<UInt32>
  ) {
    let lowBits = lowBits
    let lowMask = (1 &<< lowBits) &- 1
    var (keys, ids, by) = (keys, ids, 64 &- bits)
    var mask = Int(truncatingIfNeeded: (1 &<< bits) &- 1)
    var i = 0
    while i < count {
      let page = numbers[i] &>> shift
      let key = page &>> lowBits
      var slot = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) &>> by)
      while keys[slot] != key {
        if keys[slot] == Self.empty {
          insert(key, slot)
          (keys, ids, by) = (self.keys, self.ids, 64 &- bits)
          mask = Int(truncatingIfNeeded: (1 &<< bits) &- 1)
          slot = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) &>> by)
        } else {
          slot = (slot &+ 1) & mask
        }
      }
      tags[i] = ids[slot] | UInt32(truncatingIfNeeded: page & lowMask)
      i &+= 1
    }
  }

  @inline(never)
  private mutating func insert(_ key: UInt64, _ slot: Int) {
    count += 1
    keys[slot] = key
    ids[slot] = UInt32(truncatingIfNeeded: count &<< Int(lowBits))
    if count * 4 > 1 << Int(bits) { grow() }
  }

  private mutating func grow() {
    let (oldKeys, oldIds, oldRoom) = (keys, ids, 1 << Int(bits))
    bits += 1
    let room = 1 << Int(bits)
    keys = .allocate(capacity: room)
    keys.initialize(repeating: Self.empty, count: room)
    ids = .allocate(capacity: room)
    ids.initialize(repeating: 0, count: room)
    for old in 0..<oldRoom where oldKeys[old] != Self.empty {
      var slot = Int(truncatingIfNeeded: (oldKeys[old] &* 0x9e37_79b9_7f4a_7c15) &>> (64 &- bits))
      while keys[slot] != Self.empty { slot = (slot + 1) & (room - 1) }
      keys[slot] = oldKeys[old]
      ids[slot] = oldIds[old]
    }
    oldKeys.deallocate()
    oldIds.deallocate()
  }

  /// The high part of the page number of each id, from 1; index 0 is unused.
  borrowing func stretches() -> [UInt64] {
    var stretches = [UInt64](repeating: 0, count: count + 1)
    for slot in 0..<(1 << Int(bits)) where keys[slot] != Self.empty {
      stretches[Int(ids[slot] >> UInt32(lowBits))] = keys[slot]
    }
    return stretches
  }
}
