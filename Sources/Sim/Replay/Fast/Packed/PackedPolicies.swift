/// What a policy that leaves entries in their ways knows of one set, in one word.
struct PackedState {
  /// One bit a way: used, or the high bit of a re-reference value.
  var first: UInt64
  /// One bit a way: the low bit of a re-reference value.
  var second: UInt64
  /// Hand, pointer or tree.
  var hand: UInt64
  /// One bit a way that holds an entry.
  var filled: UInt64

  @inline(__always)
  init(rawValue: UInt64) {
    first = rawValue & 0xffff
    second = rawValue &>> 16 & 0xffff
    hand = rawValue &>> 32 & 0xffff
    filled = rawValue &>> 48
  }

  @inline(__always)
  var rawValue: UInt64 { first | second &<< 16 | hand &<< 32 | filled &<< 48 }
}

/// A replacement policy over `PackedState`; the rules are those of the `ReplacementPolicy` of the
/// same kind.
protocol PackedPolicy {
  /// Whether runs of references to one page must be counted.
  static var isCounting: Bool { get }
  /// Whether a hit changes nothing.
  static var ignoresHits: Bool { get }
  /// Whether the policy's own choice is taken before the lowest empty way.
  static var choosesFirst: Bool { get }
  /// `way` is one bit.
  func hit(_ state: inout PackedState, _ set: Int, _ way: UInt64, _ count: UInt32)
  func victim(_ state: inout PackedState, _ set: Int) -> Int
  func fill(_ state: inout PackedState, _ set: Int, _ way: Int, _ count: UInt32)
}

extension PackedPolicy {
  static var isCounting: Bool { false }
  static var ignoresHits: Bool { false }
  static var choosesFirst: Bool { false }
}

struct PackedRandom: PackedPolicy {
  static let ignoresHits = true
  let random: UnsafeMutablePointer<Xoshiro>
  let ways: Int
  init(_ array: borrowing PackedArray) { (random, ways) = (array.random, array.geometry.ways) }

  @inline(__always)
  func hit(_ state: inout PackedState, _ set: Int, _ way: UInt64, _ count: UInt32) {}
  @inline(__always)
  func victim(_ state: inout PackedState, _ set: Int) -> Int { random.pointee.below(ways) }
  @inline(__always)
  func fill(_ state: inout PackedState, _ set: Int, _ way: Int, _ count: UInt32) {}
}

struct PackedNRU: PackedPolicy {
  let all: UInt64
  init(_ array: borrowing PackedArray) { all = (1 << UInt64(array.geometry.ways)) - 1 }

  @inline(__always)
  func hit(_ state: inout PackedState, _ set: Int, _ way: UInt64, _ count: UInt32) {
    let used = state.first | way
    state.first = used == all ? way : used
  }
  @inline(__always)
  func victim(_ state: inout PackedState, _ set: Int) -> Int {
    let free = ~state.first & all
    return free == 0 ? 0 : free.trailingZeroBitCount
  }
  @inline(__always)
  func fill(_ state: inout PackedState, _ set: Int, _ way: Int, _ count: UInt32) {
    hit(&state, set, 1 &<< UInt64(way), count)
  }
}

struct PackedClock: PackedPolicy {
  static let isCounting = true
  let ways: UInt64
  init(_ array: borrowing PackedArray) { ways = UInt64(array.geometry.ways) }

  @inline(__always)
  func hit(_ state: inout PackedState, _ set: Int, _ way: UInt64, _ count: UInt32) {
    state.first |= way
  }
  /// The first clear bit from the hand on; the bits passed are cleared.
  @inline(__always)
  func victim(_ state: inout PackedState, _ set: Int) -> Int {
    let all: UInt64 = (1 &<< ways) &- 1
    let hand = state.hand
    let clear = ~state.first & all
    let turned = (clear &>> hand | clear &<< (ways &- hand)) & all
    let steps = turned == 0 ? ways : UInt64(turned.trailingZeroBitCount)
    let passed: UInt64 = (1 &<< steps) &- 1
    state.first &= ~((passed &<< hand | (passed &<< hand) &>> ways) & all)
    var way = hand &+ steps
    way = way >= ways ? way &- ways : way
    state.hand = way &+ 1 == ways ? 0 : way &+ 1
    return Int(truncatingIfNeeded: way)
  }
  @inline(__always)
  func fill(_ state: inout PackedState, _ set: Int, _ way: Int, _ count: UInt32) {
    let bit: UInt64 = 1 &<< UInt64(way)
    state.first = count > 1 ? state.first | bit : state.first & ~bit
  }
}

struct PackedSRRIP: PackedPolicy {
  static let isCounting = true
  let all: UInt64
  init(_ array: borrowing PackedArray) { all = (1 << UInt64(array.geometry.ways)) - 1 }

  @inline(__always)
  func hit(_ state: inout PackedState, _ set: Int, _ way: UInt64, _ count: UInt32) {
    state.first &= ~way
    state.second &= ~way
  }
  /// Values are two planes of bits: all age at once by what the oldest lacks of 3.
  @inline(__always)
  func victim(_ state: inout PackedState, _ set: Int) -> Int {
    let (high, low) = (state.first, state.second)
    if high & low == 0 {
      if high != 0 {
        (state.first, state.second) = (high | low, ~low & all)
      } else if low != 0 {
        state.first = all
      } else {
        (state.first, state.second) = (all, all)
      }
    }
    return (state.first & state.second).trailingZeroBitCount
  }
  @inline(__always)
  func fill(_ state: inout PackedState, _ set: Int, _ way: Int, _ count: UInt32) {
    let bit: UInt64 = 1 &<< UInt64(way)
    state.second &= ~bit
    state.first = count > 1 ? state.first & ~bit : state.first | bit
  }
}

/// The ways used once since they came in are known by bit: where there is one, it goes.
struct PackedLFU: PackedPolicy {
  static let isCounting = true
  let uses: UnsafeMutablePointer<UInt32>
  let ways: Int
  init(_ array: borrowing PackedArray) { (uses, ways) = (array.uses, array.geometry.ways) }

  @inline(__always)
  func hit(_ state: inout PackedState, _ set: Int, _ way: UInt64, _ count: UInt32) {
    let use = uses + (set &* 16 &+ way.trailingZeroBitCount)
    let sum = use.pointee.addingReportingOverflow(count)
    use.pointee = sum.overflow ? .max : sum.partialValue
    state.first &= ~way
  }
  @inline(__always)
  func victim(_ state: inout PackedState, _ set: Int) -> Int {
    let once = state.first
    return once != 0 ? once.trailingZeroBitCount : leastUsed(set)
  }
  @inline(never)
  private func leastUsed(_ set: Int) -> Int {
    let row = uses + set &* 16
    var best = 0
    for way in 1..<max(ways, 1) where row[way] < row[best] { best = way }
    return best
  }
  @inline(__always)
  func fill(_ state: inout PackedState, _ set: Int, _ way: Int, _ count: UInt32) {
    uses[set &* 16 &+ way] = count
    let bit: UInt64 = 1 &<< UInt64(way)
    state.first = count > 1 ? state.first & ~bit : state.first | bit
  }
}

struct PackedNLU: PackedPolicy {
  let ways: UInt64
  init(_ array: borrowing PackedArray) { ways = UInt64(array.geometry.ways) }

  @inline(__always)
  func hit(_ state: inout PackedState, _ set: Int, _ way: UInt64, _ count: UInt32) {
    fill(&state, set, way.trailingZeroBitCount, count)
  }
  @inline(__always)
  func victim(_ state: inout PackedState, _ set: Int) -> Int {
    Int(truncatingIfNeeded: state.hand)
  }
  @inline(__always)
  func fill(_ state: inout PackedState, _ set: Int, _ way: Int, _ count: UInt32) {
    let next = UInt64(way) &+ 1
    if state.hand &+ 1 == next { state.hand = next == ways ? 0 : next }
  }
}
