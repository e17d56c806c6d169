/// Levels of any policy over pages numbered in order of first use: for sets too wide to pack, and
/// for traces that touch more stretches of memory than packed tags can tell apart.
@safe final class SparseLevels {
  // Safe: the buffers hold a block each and live from `init` to `deinit`; misses move forwards
  // within one.
  private let geometries: [TLBGeometry]
  private let arrays: [ArrayStorage]
  private var pages = PageMap()
  private let numbers: UnsafeMutablePointer<UInt64>
  private let tags: UnsafeMutablePointer<UInt32>

  init(_ geometries: [TLBGeometry], seeds: [UInt64], block: Int) {
    self.geometries = geometries
    arrays = zip(geometries, seeds).map {
      ArrayStorage.allocate(sets: $0.sets, ways: $0.ways, seed: $1)
    }
    unsafe numbers = .allocate(capacity: block)
    unsafe tags = .allocate(capacity: block)
  }

  deinit {
    for array in arrays { array.deallocate() }
    unsafe numbers.deallocate()
    unsafe tags.deallocate()
  }

  /// Takes over what a packed level holds. `stretches`: high part of the page number by id.
  func take(
    _ level: Int, from packed: borrowing PackedArray, stretches: [UInt64], lowBits: UInt64
  ) {
    let storage = arrays[level]
    for set in 0..<packed.geometry.sets {
      for (way, tag) in packed.ways(of: set).enumerated() where tag != 0 {
        let low = UInt64(tag) & ((1 << lowBits) - 1)
        let page = stretches[Int(tag >> UInt32(lowBits))] << lowBits | low
        unsafe storage.tags[set * storage.ways + way] = UInt32(pages.index(page) + 1)
      }
      packed.unpackState(of: set, into: storage)
    }
    unsafe storage.random.pointee = packed.victims.continued()
  }

  /// Runs page numbers, each `counts` times in a row. Misses by level are added to `misses`.
  func process(
    _ block: UnsafePointer<UInt64>, _ counts: UnsafePointer<UInt32>?, _ count: Int,
    shift: UInt64, misses: inout [UInt64]
  ) {
    for i in 0..<count {
      unsafe numbers[i] = block[i] &>> shift
      unsafe tags[i] = UInt32(truncatingIfNeeded: pages.index(numbers[i]) &+ 1)
    }
    var left = count
    for level in arrays.indices {
      left = unsafe run(level, level == 0 ? counts : nil, left)
      misses[level] &+= UInt64(left)
    }
  }

  private func run(_ level: Int, _ counts: UnsafePointer<UInt32>?, _ count: Int) -> Int {
    let storage = arrays[level]
    switch geometries[level].policy {
    case .lru: return unsafe run(LRU(storage), level, counts, count)
    case .fifo: return unsafe run(FIFO(storage), level, counts, count)
    case .random: return unsafe run(RandomPolicy(storage), level, counts, count)
    case .tplru: return unsafe run(TreePLRU(storage), level, counts, count)
    case .nru: return unsafe run(NRU(storage), level, counts, count)
    case .srrip: return unsafe run(SRRIP(storage), level, counts, count)
    case .lfu: return unsafe run(LFU(storage), level, counts, count)
    case .nlu: return unsafe run(NLU(storage), level, counts, count)
    case .clock: return unsafe run(Clock(storage), level, counts, count)
    case .mru3plru4: return unsafe run(MRU3PLRU4(storage), level, counts, count)
    case .opt: return 0
    }
  }

  /// Misses move to the front of the block.
  @inline(__always)
  private func run<P: ReplacementPolicy>(
    _ policy: P, _ level: Int, _ counts: UnsafePointer<UInt32>?, _ count: Int
  ) -> Int {
    let (numbers, tags) = unsafe (numbers, tags)
    let mask = UInt64(geometries[level].sets - 1)
    var (fold, foldMask): (UInt64, UInt64) = (0, 0)
    if case .xor(let bits) = geometries[level].index { (fold, foldMask) = (UInt64(bits), .max) }
    var missed = 0
    for i in 0..<count {
      let (number, tag) = unsafe (numbers[i], tags[i])
      let set = Int(truncatingIfNeeded: (number ^ (number &>> fold & foldMask)) & mask)
      unsafe numbers[missed] = number
      unsafe tags[missed] = tag
      unsafe missed &+= policy.access(set, tag, counts?[i] ?? 1)
    }
    return missed
  }
}

extension PackedArray {
  // Safe: sets and ways run below the geometry's, which are the storage's.
  /// Writes what the policy knows of one set as the policy of the same kind keeps it.
  borrowing func unpackState(of set: Int, into storage: ArrayStorage) {
    let word = state(of: set)
    let ways = geometry.ways
    let words = unsafe storage.wayState + set * ways
    func bit(_ i: Int) -> UInt32 { UInt32(word >> UInt64(i) & 1) }
    switch geometry.policy {
    case .lru, .fifo, .random, .opt: break
    case .tplru: for node in 0..<ways { unsafe words[node] = bit(node) }
    case .mru3plru4:
      for node in 0..<ways { unsafe words[node] = bit(node) }
      unsafe storage.setState[set] = UInt32(word >> 12 & 3)
    case .nru: for way in 0..<ways { unsafe words[way] = bit(way) }
    case .clock:
      let hand = Int(word >> 16)
      for i in 0..<ways { unsafe words[(hand + i) % ways] = bit(i) }
      // While a way is empty the hand has not left the first yet.
      let isFull = !self.ways(of: set).contains(0)
      unsafe storage.setState[set] = isFull ? UInt32(hand) : 0
    case .srrip:
      for way in 0..<ways {
        unsafe words[way] = bit(16 + way) + 2 * bit(32 + way) + 3 * bit(48 + way)
      }
    case .lfu: for way in 0..<ways { unsafe words[way] = unsafe uses[set * 16 + way] }
    case .nlu: unsafe storage.setState[set] = UInt32(word & 0xffff)
    }
  }
}
