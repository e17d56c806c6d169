/// Page numbers to dense indices, from 0 in order of first use: open addressing, multiplicative
/// hash, grown at half load. Owns its memory.
struct PageMap: ~Copyable {
  private var slots: UnsafeMutablePointer<UInt32>
  private var numbers: UnsafeMutablePointer<UInt64>
  private var bits: UInt64 = 12
  private var room = 1 << 11
  private(set) var count = 0

  init() {
    slots = .allocate(capacity: 1 << 12)
    slots.initialize(repeating: 0, count: 1 << 12)
    numbers = .allocate(capacity: 1 << 11)
  }

  deinit {
    slots.deallocate()
    numbers.deallocate()
  }

  /// The page of index `index`.
  subscript(index: Int) -> UInt64 { numbers[index] }

  /// The index of page `number`, a new one when it was never seen.
  @inline(__always)
  mutating func index(_ number: UInt64) -> Int {
    let mask = (1 &<< bits) &- 1
    var slot = Int(truncatingIfNeeded: (number &* 0x9e37_79b9_7f4a_7c15) &>> (64 &- bits))
    while true {
      let held = Int(slots[slot])
      if held == 0 { break }
      if numbers[held &- 1] == number { return held &- 1 }
      slot = (slot &+ 1) & Int(truncatingIfNeeded: mask)
    }
    return insert(number, slot)
  }

  @inline(never)
  private mutating func insert(_ number: UInt64, _ slot: Int) -> Int {
    numbers[count] = number
    count += 1
    slots[slot] = UInt32(count)
    if count == room { grow() }
    return count - 1
  }

  private mutating func grow() {
    let moreNumbers = UnsafeMutablePointer<UInt64>.allocate(capacity: room * 2)
    moreNumbers.update(from: numbers, count: count)
    numbers.deallocate()
    numbers = moreNumbers
    room *= 2
    bits += 1
    slots.deallocate()
    slots = .allocate(capacity: 1 << Int(bits))
    slots.initialize(repeating: 0, count: 1 << Int(bits))
    let mask = (1 << Int(bits)) - 1
    for i in 0..<count {
      var slot = Int(truncatingIfNeeded: (numbers[i] &* 0x9e37_79b9_7f4a_7c15) &>> (64 &- bits))
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(i + 1)
    }
  }
}
