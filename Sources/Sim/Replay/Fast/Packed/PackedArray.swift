/// One set-associative array with the tags of a set packed into machine words: four 16-bit tags a
/// word, or two of 32 bits. A word is searched, shifted and refilled by ordinary arithmetic, so it
/// is fast on every CPU. A tag is what is left of a `StretchInterner` tag above the set bits; 0 is
/// an empty way.
///
/// LRU and FIFO keep their entries in order, way 0 the newest. The other policies keep an entry in
/// its way, and what they know of a set in one word: see `PackedPolicy`.
@safe struct PackedArray: ~Copyable {
  // Safe: the tables live from `init` to `deinit`, sized by sets and ways, and are indexed by
  // those; `paths` has two words for each of 16 ways.
  let geometry: TLBGeometry
  let setBits: Int
  /// Bits a tag has.
  private(set) var lane = 16
  /// Words a set's tags fill.
  private(set) var words: Int
  /// Words from set to set.
  private(set) var stride: Int
  private(set) var rows: UnsafeMutablePointer<UInt64>
  let meta: UnsafeMutablePointer<UInt64>
  /// Uses by way (LFU).
  let uses: UnsafeMutablePointer<UInt32>
  let victims: VictimDraws
  /// Tree nodes above each way: see `PackedTree`.
  let paths: UnsafeMutablePointer<UInt64>
  /// What the policy does with a set, where all of it is known ahead; `meta` is its states then.
  private(set) var states: SetStates?
  /// By lane of a row of 16-bit tags: the bit of its way.
  let wayBits: SIMD16<UInt16>

  static func stride(_ words: Int) -> Int { words == 1 ? 2 : words <= 4 ? 4 : 8 }

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
    stride = Self.stride(words)
    let sets = geometry.sets
    unsafe rows = Self.empty(sets * stride)
    unsafe meta = .allocate(capacity: sets)
    let all: UInt64 = (1 << UInt64(min(16, geometry.ways))) - 1
    unsafe meta.initialize(repeating: geometry.policy == .srrip ? all << 48 : 0, count: sets)
    unsafe uses = .allocate(capacity: geometry.policy == .lfu ? sets * 16 : 1)
    unsafe uses.initialize(repeating: 0, count: geometry.policy == .lfu ? sets * 16 : 1)
    victims = VictimDraws(seed: seed, ways: geometry.ways)
    var bits = SIMD16<UInt16>(repeating: 0)
    for way in 0..<min(16, geometry.ways) { bits[way] = 1 << UInt16(way) }
    wayBits = bits
    unsafe paths = .allocate(capacity: 32)
    unsafe paths.initialize(repeating: 0, count: 32)
    states = nil
    let leaves = geometry.policy == .mru3plru4 ? 4 : geometry.ways
    if geometry.ways <= 16, leaves.nonzeroBitCount == 1 {
      for way in 0..<geometry.ways {
        let (nodes, away) = PackedTree.path(leaves, way % leaves)
        let up = UInt64(way / leaves * 4)
        unsafe (paths[way], paths[16 + way]) = (nodes << up, away << up)
      }
    }
    states = SetStates.make(self)
    if states != nil { unsafe meta.update(repeating: 0, count: sets) }
  }

  deinit {
    unsafe rows.deallocate()
    unsafe meta.deallocate()
    unsafe uses.deallocate()
    unsafe paths.deallocate()
  }

  /// Words of empty ways, as vectors like them aligned.
  private static func empty(_ count: Int) -> UnsafeMutablePointer<UInt64> {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: 64)
    let words = unsafe memory.bindMemory(to: UInt64.self, capacity: count)
    unsafe words.initialize(repeating: 0, count: count)
    return unsafe words
  }

  /// Tags from here on are as large as this, at most.
  var tagLimit: UInt64 { lane == 16 ? 1 << UInt64(16 + setBits) : 1 << 32 }

  /// What the policy knows of one set.
  borrowing func state(of set: Int) -> UInt64 {
    let word = unsafe meta[set]
    return states.map { $0.words[Int(word) / $0.stride] } ?? word
  }

  /// Makes room for 32-bit tags.
  mutating func widen() {
    guard lane == 16 else { return }
    for set in 0..<geometry.sets { unsafe meta[set] = state(of: set) }
    states = nil
    let held = (0..<geometry.sets).map { set in (0..<geometry.ways).map { tag(set, $0) } }
    lane = 32
    words = (geometry.ways + 1) / 2
    stride = Self.stride(words)
    unsafe rows.deallocate()
    unsafe rows = Self.empty(geometry.sets * stride)
    for (set, tags) in held.enumerated() {
      for (way, tag) in tags.enumerated() {
        let (word, shift) = place(way)
        // Not `|=`: with the thread sanitizer Swift 6.3.1 makes broken code of it.
        let at = set * stride + word
        unsafe rows[at] = unsafe rows[at] | tag << shift
      }
    }
  }

  /// Where a way's tag lies in its set: `PackedShape` says why.
  private borrowing func place(_ way: Int) -> (word: Int, shift: UInt64) {
    if lane == 16 || geometry.policy == .lru || geometry.policy == .fifo {
      return (way / (64 / lane), UInt64(way % (64 / lane) * lane))
    }
    return (way % words, UInt64(way / words * lane))
  }

  private borrowing func tag(_ set: Int, _ way: Int) -> UInt64 {
    let (word, shift) = place(way)
    return unsafe rows[set * stride + word] >> shift & (1 << UInt64(lane) - 1)
  }

  /// The tags of one set as a `StretchInterner` makes them, way by way; 0: empty.
  borrowing func ways(of set: Int) -> [UInt32] {
    (0..<geometry.ways).map { way in
      let tag = tag(set, way)
      guard tag != 0 else { return 0 }
      var low = UInt64(set)
      if case .xor = geometry.index { low = (low ^ tag) & UInt64(geometry.sets - 1) }
      return UInt32(truncatingIfNeeded: tag << UInt64(setBits) | low)
    }
  }

  /// Runs tags through the array and leaves the misses' in their place. Returns how many there are.
  /// - Parameter counts: how often each tag is referenced in a row.
  func run(
    _ tags: UnsafeMutablePointer<UInt32>, _ counts: UnsafePointer<UInt32>, _ count: Int
  ) -> Int {
    let block = unsafe PackedBlock(tags: tags, counts: counts, count: count)
    guard case .xor = geometry.index else { return runLinear(block) }
    block.fold(count, UInt32(setBits))
    let missed = runLinear(block)
    block.fold(missed, UInt32(setBits))
    return missed
  }

  private func runLinear(_ b: PackedBlock) -> Int {
    if let states { return runStates(PackedStates(states), b) }
    switch geometry.policy {
    case .lru: return run(PackedLRU(), b)
    case .fifo: return run(PackedFIFO(), b)
    case .random:
      victims.reserve(b.count)
      return run(InPlace(PackedRandom(self)), b)
    case .tplru: return run(InPlace(PackedTree(self)), b)
    case .nru: return run(InPlace(PackedNRU(self)), b)
    case .srrip: return run(InPlace(PackedSRRIP(self)), b)
    case .lfu: return run(InPlace(PackedLFU(self)), b)
    case .clock: return run(InPlace(PackedClock(self)), b)
    case .mru3plru4: return run(InPlace(PackedMRU3PLRU4(self)), b)
    case .nlu: return run(InPlace(PackedNLU(self)), b)
    case .opt: return 0
    }
  }

  @inline(never)
  private func runStates(_ loop: PackedStates, _ b: PackedBlock) -> Int {
    loop.run(PackedShape(self, lane: 16, words: 1), b)
  }

  /// `lane` and `words` are literals, so that each is a loop of its own; a function a policy, for
  /// what is too large is not inlined.
  @inline(never)
  private func run(_ loop: some PackedLoop, _ b: PackedBlock) -> Int {
    switch lane == 16 ? words : 0 {
    case 1: loop.run(PackedShape(self, lane: 16, words: 1), b)
    case 2: loop.run(PackedShape(self, lane: 16, words: 2), b)
    case 3: loop.run(PackedShape(self, lane: 16, words: 3), b)
    case 4: loop.run(PackedShape(self, lane: 16, words: 4), b)
    default: loop.run(PackedShape(self, lane: 32, words: words), b)
    }
  }
}

/// Tags to run, replaced by those that miss.
@safe struct PackedBlock {
  // Safe: `tags` and `counts` have `count` words or more; a block lives for one call.
  let tags: UnsafeMutablePointer<UInt32>
  let counts: UnsafePointer<UInt32>
  let count: Int

  /// XORs the low `bits` of the first tags with the next: the set an XOR index picks, and back.
  func fold(_ count: Int, _ bits: UInt32) {
    let mask: UInt32 = 1 &<< bits &- 1
    for i in 0..<count { unsafe tags[i] ^= tags[i] &>> bits & mask }
  }
}
