/// One set-associative array with the tags of a set packed into machine words: four 16-bit tags a
/// word, or two of 32 bits. A word is searched, shifted and refilled by ordinary arithmetic, so it
/// is fast on every CPU. A tag is what is left of a `StretchInterner` tag above the set bits; 0 is
/// an empty way.
///
/// LRU and FIFO keep their entries in order, way 0 the newest. The other policies keep an entry in
/// its way, and what they know of a set in one word: see `PackedPolicy`.
struct PackedArray: ~Copyable {
  let geometry: TLBGeometry
  let setBits: Int
  /// Bits a tag has.
  private(set) var lane = 16
  /// Words a set's tags fill.
  private(set) var words: Int
  /// Words from set to set, of the widest tags.
  let stride: Int
  let rows: UnsafeMutablePointer<UInt64>
  let meta: UnsafeMutablePointer<UInt64>
  /// Uses by way (LFU).
  let uses: UnsafeMutablePointer<UInt32>
  let random: UnsafeMutablePointer<Xoshiro>
  /// Tree nodes above each way: see `PackedTree`.
  let paths: UnsafeMutablePointer<UInt64>

  /// Whether this form holds the geometry, its tags keeping `lowBits` of the page number.
  static func fits(_ geometry: TLBGeometry, lowBits: Int) -> Bool {
    guard geometry.ways <= 16, geometry.sets.nonzeroBitCount == 1, geometry.policy != .opt
    else { return false }
    return bitsUsed(geometry) <= lowBits
  }

  /// Low bits of the page number that the set depends on.
  static func bitsUsed(_ geometry: TLBGeometry) -> Int {
    if case .xor(let bits) = geometry.index { return 2 * Int(bits) }
    return geometry.sets.trailingZeroBitCount
  }

  /// - Precondition: `fits`.
  init(_ geometry: TLBGeometry, seed: UInt64) {
    self.geometry = geometry
    setBits = geometry.sets.trailingZeroBitCount
    words = (geometry.ways + 3) / 4
    stride = words == 1 ? 2 : words <= 2 ? 4 : 8
    let sets = geometry.sets
    let memory = UnsafeMutableRawPointer.allocate(byteCount: sets * stride * 8, alignment: 64)
    rows = memory.bindMemory(to: UInt64.self, capacity: sets * stride)
    rows.initialize(repeating: 0, count: sets * stride)
    meta = .allocate(capacity: sets)
    meta.initialize(repeating: 0, count: sets)
    uses = .allocate(capacity: geometry.policy == .lfu ? sets * 16 : 1)
    uses.initialize(repeating: 0, count: geometry.policy == .lfu ? sets * 16 : 1)
    random = .allocate(capacity: 1)
    random.initialize(to: Xoshiro(seed: seed))
    paths = .allocate(capacity: 32)
    paths.initialize(repeating: 0, count: 32)
    let leaves = geometry.policy == .mru3plru4 ? 4 : geometry.ways
    guard geometry.ways <= 16, leaves.nonzeroBitCount == 1 else { return }
    for way in 0..<geometry.ways {
      let (nodes, away) = PackedTree.path(leaves, way % leaves)
      let up = UInt64(way / leaves * 4)
      (paths[way], paths[16 + way]) = (nodes << up, away << up)
    }
  }

  deinit {
    rows.deallocate()
    meta.deallocate()
    uses.deallocate()
    random.deallocate()
    paths.deallocate()
  }

  /// Tags from here on are as large as this, at most.
  var tagLimit: UInt64 { lane == 16 ? 1 << UInt64(16 + setBits) : 1 << 32 }

  /// Makes room for 32-bit tags.
  mutating func widen() {
    guard lane == 16 else { return }
    for set in 0..<geometry.sets {
      let row = rows + set * stride
      for word in (0..<words).reversed() {
        let old = row[word]
        row[2 * word] = old & 0xffff | (old & 0xffff_0000) << 16
        row[2 * word + 1] = old >> 32 & 0xffff | (old >> 48) << 32
      }
    }
    lane = 32
    words = (geometry.ways + 1) / 2
  }

  /// The tags of one set as a `StretchInterner` makes them, way by way; 0: empty.
  borrowing func ways(of set: Int) -> [UInt32] {
    (0..<geometry.ways).map { way in
      let perWord = 64 / lane
      let word = rows[set * stride + way / perWord]
      let tag = word >> UInt64(way % perWord * lane) & ((1 << UInt64(lane)) - 1)
      guard tag != 0 else { return 0 }
      let low: UInt64
      if case .xor = geometry.index {
        low = (UInt64(set) ^ tag) & UInt64(geometry.sets - 1)
      } else {
        low = UInt64(set)
      }
      return UInt32(truncatingIfNeeded: tag << UInt64(setBits) | low)
    }
  }

  /// Runs tags through the array; misses go to `misses`, which may be `tags` itself. Returns how
  /// many there were.
  /// - Parameter counts: how often each tag is referenced in a row; nil: once.
  func run(
    _ tags: UnsafePointer<UInt32>, _ counts: UnsafePointer<UInt32>?, _ count: Int,
    _ misses: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let block = PackedBlock(tags: tags, counts: counts, count: count, misses: misses)
    switch lane == 16 ? words : 0 {
    case 1: return run1(block)
    case 2: return run2(block)
    case 3: return run3(block)
    case 4: return run4(block)
    default: return runWide(block)
    }
  }

  @inline(never) private func run1(_ b: PackedBlock) -> Int { run(b, lane: 16, words: 1) }
  @inline(never) private func run2(_ b: PackedBlock) -> Int { run(b, lane: 16, words: 2) }
  @inline(never) private func run3(_ b: PackedBlock) -> Int { run(b, lane: 16, words: 3) }
  @inline(never) private func run4(_ b: PackedBlock) -> Int { run(b, lane: 16, words: 4) }
  @inline(never) private func runWide(_ b: PackedBlock) -> Int { run(b, lane: 32, words: words) }

  /// `lane` and `words` are literals at every call, so each call is a loop of its own.
  @inline(__always)
  private func run(_ b: PackedBlock, lane: UInt64, words: Int) -> Int {
    let shape = PackedShape(self, lane: lane, words: words)
    switch geometry.policy {
    case .lru: return shape.runLRU(b)
    case .fifo: return shape.runFIFO(b)
    case .random: return shape.run(PackedRandom(self), b)
    case .tplru: return shape.run(PackedTree(self), b)
    case .nru: return shape.run(PackedNRU(self), b)
    case .srrip: return shape.run(PackedSRRIP(self), b)
    case .lfu: return shape.run(PackedLFU(self), b)
    case .clock: return shape.run(PackedClock(self), b)
    case .mru3plru4: return shape.run(PackedMRU3PLRU4(self), b)
    case .nlu: return shape.run(PackedNLU(self), b)
    case .opt: return 0
    }
  }
}

/// Tags to run and where their misses go.
struct PackedBlock {
  let tags: UnsafePointer<UInt32>
  let counts: UnsafePointer<UInt32>?
  let count: Int
  let misses: UnsafeMutablePointer<UInt32>
}
