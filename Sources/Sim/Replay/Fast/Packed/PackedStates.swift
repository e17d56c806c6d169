/// What a policy does with a set of up to four ways, worked out ahead: every state its word can
/// reach, and by what is looked up the next one and the way the page is in then. One step of the
/// policy is one load.
@safe final class SetStates {
  // Safe: `steps` has `stride` entries for each of `words`; states in it are those of `words`.
  static let ways = 4
  /// What a policy's word is, by state; that of an empty set first.
  private(set) var words: [UInt64]
  /// By state times `stride`, 16 for a run of two or more, and which ways matched (the lowest of
  /// them does): the next state times `stride`, and from bit 16 on where the way's tag begins.
  let steps: UnsafeMutablePointer<UInt32>
  let stride: Int

  init(_ policy: some PackedPolicy, ways: Int, empty: UInt64) {
    let counting = type(of: policy).isCounting
    stride = counting ? 32 : 16
    words = [empty]
    var places = [empty: 0]
    var rows: [UInt32] = []
    var policy = policy
    while rows.count < words.count * stride {
      let start = words[rows.count / stride]
      let row = rows.count
      for input in 0..<stride {
        let matched = input & 15 & ((1 << ways) - 1)
        let first = matched & -matched
        if input & 15 != first {
          rows.append(rows[row + (input & ~15 | first)])
          continue
        }
        var word = start
        let way = policy.touch(&word, 0, UInt64(first), input < 16 ? 1 : 2).way
        let next = places[word] ?? words.count
        if next == words.count {
          places[word] = next
          words.append(word)
        }
        rows.append(UInt32(next * stride) | UInt32(way * 16) << 16)
      }
    }
    precondition(rows.count <= 1 << 16, "a state is no 16-bit number")
    unsafe steps = .allocate(capacity: rows.count)
    for (i, row) in rows.enumerated() { unsafe steps[i] = row }
  }

  deinit { unsafe steps.deallocate() }

  /// Those of the policies that have few.
  static func make(_ array: borrowing PackedArray) -> SetStates? {
    let ways = array.geometry.ways
    guard ways <= Self.ways else { return nil }
    return switch array.geometry.policy {
    case .tplru: SetStates(PackedTree(array), ways: ways, empty: 0)
    case .nru: SetStates(PackedNRU(array), ways: ways, empty: 0)
    case .clock: SetStates(PackedClock(array), ways: ways, empty: 0)
    case .nlu: SetStates(PackedNLU(array), ways: ways, empty: 0)
    case .srrip:
      SetStates(PackedSRRIP(array), ways: ways, empty: (1 << UInt64(ways) - 1) << 48)
    case .lru, .fifo, .random, .lfu, .mru3plru4, .opt: nil
    }
  }
}

/// The loop over such a set; its word is a state times `stride`.
@safe struct PackedStates: PackedLoop {
  // Safe: a view on a `SetStates`, which outlives it; see there.
  private let steps: UnsafeMutablePointer<UInt32>
  private let isCounting: Bool

  init(_ states: SetStates) {
    unsafe steps = states.steps
    isCounting = states.stride == 32
  }

  @inline(__always)
  func run(_ shape: PackedShape, _ b: PackedBlock) -> Int {
    isCounting ? run(shape, b, isCounting: true) : run(shape, b, isCounting: false)
  }

  @inline(__always)
  private func run(_ shape: PackedShape, _ b: PackedBlock, isCounting: Bool) -> Int {
    let (steps, rows, states) = unsafe (steps, shape.rows, shape.meta)
    let (setMask, setBits) = (shape.setMask, shape.setBits)
    let ones: UInt64 = 0x0001_0001_0001_0001
    var missed = 0
    var i = 0
    while i < b.count {
      let tag = unsafe b.tags[i]
      let again: UInt64 = unsafe isCounting && b.counts[i] > 1 ? 16 : 0
      let set = Int(tag & setMask)
      let row = unsafe rows + set &* PackedArray.stride(1)
      let word = unsafe row[0]
      let differs = word ^ UInt64(tag &>> setBits) &* ones
      // The top bit of each tag that matches, and perhaps of some above the first, side by side.
      let flags = (differs &- ones) & ~differs & 0x8000_8000_8000_8000
      let matched = (flags &* 0x0000_2000_4000_8001) &>> 60
      let step = unsafe steps[Int(truncatingIfNeeded: states[set] &+ again &+ matched)]
      unsafe states[set] = UInt64(step & 0xffff)
      unsafe row[0] = word ^ (differs & 0xffff &<< UInt64(step &>> 16))
      unsafe b.tags[missed] = tag
      missed &+= matched == 0 ? 1 : 0
      i &+= 1
    }
    return missed
  }
}
