/// Page numbers to dense indices, from 0 in order of first use: open addressing, multiplicative
/// hash, grown at half load. Owns its memory.
@safe struct PageMap: ~Copyable {
  // Safe: the tables live from `init` to `deinit`; `slots` is searched modulo its size and never
  // full, and holds places below `count`.
  private var slots: UnsafeMutablePointer<UInt32>
  private var numbers: UnsafeMutablePointer<UInt64>
  private var bits: UInt64 = 12
  private var room = 1 << 11
  private(set) var count = 0

  init() {
    unsafe slots = .allocate(capacity: 1 << 12)
    unsafe slots.initialize(repeating: 0, count: 1 << 12)
    unsafe numbers = .allocate(capacity: 1 << 11)
  }

  deinit {
    unsafe slots.deallocate()
    unsafe numbers.deallocate()
  }

  /// The page of index `index`.
  subscript(index: Int) -> UInt64 { unsafe numbers[index] }

  /// The index of page `number`, a new one when it was never seen.
  @inline(__always)
  mutating func index(_ number: UInt64) -> Int {
    let mask = (1 &<< bits) &- 1
    var slot = Int(truncatingIfNeeded: (number &* 0x9e37_79b9_7f4a_7c15) &>> (64 &- bits))
    while true {
      let held = unsafe Int(slots[slot])
      if held == 0 { break }
      if unsafe numbers[held &- 1] == number { return held &- 1 }
      slot = (slot &+ 1) & Int(truncatingIfNeeded: mask)
    }
    return insert(number, slot)
  }

  @inline(never)
  private mutating func insert(_ number: UInt64, _ slot: Int) -> Int {
    unsafe numbers[count] = number
    count += 1
    unsafe slots[slot] = UInt32(count)
    if count == room { grow() }
    return count - 1
  }

  private mutating func grow() {
    let moreNumbers = UnsafeMutablePointer<UInt64>.allocate(capacity: room * 2)
    unsafe moreNumbers.update(from: numbers, count: count)
    unsafe numbers.deallocate()
    unsafe numbers = moreNumbers
    room *= 2
    bits += 1
    unsafe slots.deallocate()
    unsafe slots = .allocate(capacity: 1 << Int(bits))
    unsafe slots.initialize(repeating: 0, count: 1 << Int(bits))
    let mask = (1 << Int(bits)) - 1
    for i in 0..<count {
      var slot = unsafe Int(
        truncatingIfNeeded: (numbers[i] &* 0x9e37_79b9_7f4a_7c15) &>> (64 &- bits))
      while unsafe slots[slot] != 0 { slot = (slot + 1) & mask }
      unsafe slots[slot] = UInt32(i + 1)
    }
  }
}
