/// One bit a time slot, and counts of the bits set in ever longer stretches of slots: how many bits
/// lie after one is found without a loop whose length varies. All counts are packed in 64-bit
/// words, read and written whole: a word just written can be read again at once.
@safe struct TimeBits: ~Copyable {
  // Safe: made in `init` and freed in `deinit`, each sized for the slots it counts.
  /// A multiple of 2^17.
  let slots: Int
  let words: UnsafeMutablePointer<UInt64>
  /// Eight counts a word: bits of 64 slots each.
  let bytes: UnsafeMutablePointer<UInt64>
  /// Four counts a word: of 512, of 2048, of 8192 and of 32,768 slots each.
  let quarters: InlineArray<4, UnsafeMutablePointer<UInt64>>
  /// Bits of 131,072 slots each.
  let ends: UnsafeMutablePointer<UInt64>

  init(slots: Int) {
    self.slots = slots
    unsafe words = StackDistance.zeroed(slots / 64)
    unsafe bytes = StackDistance.zeroed(slots / 512)
    unsafe quarters = InlineArray { unsafe StackDistance.zeroed(slots / (2048 << (2 * $0))) }
    unsafe ends = StackDistance.zeroed(slots / 131_072)
  }

  deinit {
    unsafe words.deallocate()
    unsafe bytes.deallocate()
    for i in 0..<4 { unsafe quarters[i].deallocate() }
    unsafe ends.deallocate()
  }
}

/// `TimeBits` as bare pointers, for loops.
@safe struct TimeView {
  // Safe: a view on a `TimeBits`, which outlives it; slots are below its slots, and each table has
  // a count for every stretch of those.
  private let words: UnsafeMutablePointer<UInt64>
  private let bytes: UnsafeMutablePointer<UInt64>
  private let of512: UnsafeMutablePointer<UInt64>
  private let of2048: UnsafeMutablePointer<UInt64>
  private let of8192: UnsafeMutablePointer<UInt64>
  private let of32768: UnsafeMutablePointer<UInt64>
  private let ends: UnsafeMutablePointer<UInt64>
  private let endCount: Int

  init(_ bits: borrowing TimeBits) {
    unsafe (words, bytes, ends) = (bits.words, bits.bytes, bits.ends)
    unsafe (of512, of2048) = (bits.quarters[0], bits.quarters[1])
    unsafe (of8192, of32768) = (bits.quarters[2], bits.quarters[3])
    endCount = bits.slots / 131_072
  }

  /// The sum of the 16-bit counts of a word after the one of slot-stretch `i`.
  @inline(__always)
  private func rest(_ counts: UnsafeMutablePointer<UInt64>, _ i: Int) -> UInt64 {
    let after = unsafe (counts[i &>> 2] &>> UInt64((i & 3) &* 16)) &>> 16
    return (after &* 0x0001_0001_0001_0001) &>> 48
  }

  /// The same where the sum may pass 16 bits.
  @inline(__always)
  private func wideRest(_ counts: UnsafeMutablePointer<UInt64>, _ i: Int) -> UInt64 {
    let after = unsafe (counts[i &>> 2] &>> UInt64((i & 3) &* 16)) &>> 16
    let pairs = (after & 0xffff_0000_ffff) &+ (after &>> 16 & 0xffff_0000_ffff)
    return (pairs &+ (pairs &>> 32)) & 0xffff_ffff
  }

  /// Bits set at times after `then`.
  @inline(__always)
  func after(_ then: Int) -> Int {
    let word = then &>> 6
    var count = unsafe UInt64(((words[word] &>> UInt64(then & 63)) &>> 1).nonzeroBitCount)
    let later = unsafe (bytes[word &>> 3] &>> UInt64((word & 7) &* 8)) &>> 8
    let pairs = (later & 0x00ff_00ff_00ff_00ff) &+ (later &>> 8 & 0x00ff_00ff_00ff_00ff)
    count &+= (pairs &* 0x0001_0001_0001_0001) &>> 48
    unsafe count &+= rest(of512, then &>> 9)
    unsafe count &+= rest(of2048, then &>> 11)
    unsafe count &+= rest(of8192, then &>> 13)
    unsafe count &+= wideRest(of32768, then &>> 15)
    let own = then &>> 17
    var end = 0
    while end < endCount {
      unsafe count &+= end > own ? ends[end] : 0
      end &+= 1
    }
    return Int(truncatingIfNeeded: count)
  }

  @inline(__always)
  private func add(_ counts: UnsafeMutablePointer<UInt64>, _ i: Int, _ change: UInt64) {
    unsafe counts[i &>> 2] &+= change &<< UInt64((i & 3) &* 16)
  }

  @inline(__always)
  private func count(_ slot: Int, _ change: UInt64) {
    unsafe bytes[slot &>> 9] &+= change &<< UInt64((slot &>> 6 & 7) &* 8)
    unsafe add(of512, slot &>> 9, change)
    unsafe add(of2048, slot &>> 11, change)
    unsafe add(of8192, slot &>> 13, change)
    unsafe add(of32768, slot &>> 15, change)
    unsafe ends[slot &>> 17] &+= change
  }

  /// Sets the bits of 64 slots from `slot` on, none of which were set.
  @inline(__always)
  func close(_ slot: Int, _ bits: UInt64) {
    unsafe words[slot &>> 6] = bits
    count(slot, UInt64(bits.nonzeroBitCount))
  }

  /// Clears a slot that counts for `one` or, while its word is not counted yet, 0.
  @inline(__always)
  func clear(_ slot: Int, _ one: UInt64) {
    unsafe words[slot &>> 6] &= ~(1 &<< UInt64(slot & 63))
    count(slot, 0 &- one)
  }
}
