/// One array, or the ways of it kept for one class of pages, at work: its memory, its policy, and
/// what its entries stand for.
///
/// Entries are dense ids handed out by `entries`; the compiled key of a page is
/// `set << 32 | tag`, the tag being the id (for arrays with valid bits `id << 4 | page within the
/// sector`).
@safe struct TLBUnit {
  // Safe: `sectorValid` has a word for every sector id handed out, grown with them; the engine
  // frees the unit in its `deinit`.
  let array: Int
  let policy: ReplacementKind
  let sets: Int
  let ways: Int
  let index: SetIndex
  let storage: ArrayStorage
  /// log2 of the pages one tag covers; 0: a page.
  let sectorShift: Int
  /// Each page of a sector has its own valid bit; otherwise a refill brings the whole sector.
  let hasValidBits: Bool
  /// Valid pages by sector id. Grown as ids are.
  var sectorValid: UnsafeMutablePointer<UInt16>
  var sectorCapacity = 1
  var entries = EntryInterner()

  /// Bits of a tag below the entry id in an array with valid bits.
  static let sectorBits: UInt32 = 4
  /// Tags of address space n lie n times this above those of space 0.
  static let spaceStride: UInt32 = 1 << 22
  /// Address spaces an array tells apart at once.
  static let spaceLimit = 1000

  /// Ids must stay below this for tags to fit.
  static func idLimit(sectored: Bool, tagged: Bool) -> UInt32 {
    (tagged ? spaceStride : 1 << 31) >> (sectored ? sectorBits : 0)
  }

  /// - Throws: why the array cannot be simulated.
  init(_ array: TLBArray, _ shape: UnitShape, seed: UInt64) throws(GeometryError) {
    self.array = shape.array
    policy = array.geometry.policy
    sets = shape.sets
    let wired = (array.wiredEntries + sets - 1) / sets
    guard wired >= 0, wired < shape.ways else {
      throw GeometryError("\(array.name): no way is left free")
    }
    ways = shape.ways - wired
    guard policy != .tplru || ways.nonzeroBitCount == 1, policy != .mru3plru4 || ways == 12 else {
      throw GeometryError("\(array.name): \(policy.rawValue) cannot work on \(ways) ways a set")
    }
    guard policy != .opt else {
      throw GeometryError(
        "\(array.name): opt needs the whole future; it runs on address traces only")
    }
    guard (1...16).contains(array.sectorPages), array.sectorPages.nonzeroBitCount == 1 else {
      throw GeometryError("\(array.name): \(array.sectorPages) pages a sector; 1, 2, 4, 8 or 16")
    }
    guard (1...64).contains(array.coalescePages), array.coalescePages.nonzeroBitCount == 1 else {
      throw GeometryError("\(array.name): cannot coalesce \(array.coalescePages) pages")
    }
    sectorShift = array.sectorPages.trailingZeroBitCount
    hasValidBits = sectorShift > 0 && array.sector?.fillsWhole == false
    index = SetIndex(sets: sets, kind: array.geometry.index)
    storage = .allocate(sets: sets, ways: ways, seed: seed)
    unsafe sectorValid = .allocate(capacity: 1)
    unsafe sectorValid.initialize(to: 0)
  }

  func deallocate() {
    storage.deallocate()
    unsafe sectorValid.deallocate()
  }

  /// Makes room for the valid bits of every sector id handed out.
  mutating func growSectors(to count: Int) {
    guard hasValidBits, count > sectorCapacity else { return }
    let grown = UnsafeMutablePointer<UInt16>.allocate(capacity: count * 2)
    unsafe grown.initialize(repeating: 0, count: count * 2)
    unsafe grown.update(from: sectorValid, count: sectorCapacity)
    unsafe sectorValid.deallocate()
    unsafe sectorValid = grown
    sectorCapacity = count * 2
  }

  /// Runs `count` keys through the array, appends the positions of misses to `out` and returns how
  /// many there were. A key is `position << 52 | set << 32 | tag`.
  func run(
    _ keys: UnsafePointer<UInt64>, _ count: Int, _ weights: UnsafePointer<UInt32>,
    _ out: UnsafeMutablePointer<UInt16>
  ) -> Int {
    switch policy {
    case .lru: unsafe run(LRU(storage), keys, count, weights, out)
    case .fifo: unsafe run(FIFO(storage), keys, count, weights, out)
    case .random: unsafe run(RandomPolicy(storage), keys, count, weights, out)
    case .tplru: unsafe run(TreePLRU(storage), keys, count, weights, out)
    case .nru: unsafe run(NRU(storage), keys, count, weights, out)
    case .srrip: unsafe run(SRRIP(storage), keys, count, weights, out)
    case .lfu: unsafe run(LFU(storage), keys, count, weights, out)
    case .nlu: unsafe run(NLU(storage), keys, count, weights, out)
    case .clock: unsafe run(Clock(storage), keys, count, weights, out)
    case .mru3plru4: unsafe run(MRU3PLRU4(storage), keys, count, weights, out)
    case .opt: 0
    }
  }

  @inline(__always)
  private func run<P: ReplacementPolicy>(
    _ policy: P, _ keys: UnsafePointer<UInt64>, _ count: Int, _ weights: UnsafePointer<UInt32>,
    _ out: UnsafeMutablePointer<UInt16>
  ) -> Int {
    var misses = 0
    if hasValidBits { return unsafe runSectored(policy, keys, count, weights, out) }
    for i in 0..<count {
      let key = unsafe keys[i]
      let position = Int(truncatingIfNeeded: key &>> 52)
      let set = Int(truncatingIfNeeded: key &>> 32) & 0xf_ffff
      unsafe out[misses] = UInt16(truncatingIfNeeded: position)
      unsafe misses &+= policy.access(set, UInt32(truncatingIfNeeded: key), weights[position])
    }
    return misses
  }

  /// A sector's tag may be present while the page's valid bit is not: a miss that evicts nothing.
  private func runSectored<P: ReplacementPolicy>(
    _ policy: P, _ keys: UnsafePointer<UInt64>, _ count: Int, _ weights: UnsafePointer<UInt32>,
    _ out: UnsafeMutablePointer<UInt16>
  ) -> Int {
    var misses = 0
    for i in 0..<count {
      let key = unsafe keys[i]
      let position = Int(truncatingIfNeeded: key &>> 52)
      let set = Int(truncatingIfNeeded: key &>> 32) & 0xf_ffff
      let tag = UInt32(truncatingIfNeeded: key)
      let id = tag &>> TLBUnit.sectorBits
      let page = UInt16(1) &<< UInt16(truncatingIfNeeded: tag & 15)
      unsafe out[misses] = UInt16(truncatingIfNeeded: position)
      let absent = unsafe policy.access(set, id, weights[position])
      let valid = unsafe absent == 1 ? 0 : sectorValid[Int(id)]
      unsafe sectorValid[Int(id)] = valid | page
      misses &+= valid & page == 0 ? 1 : 0
    }
    return misses
  }

  var order: EntryOrder {
    switch policy {
    case .lru: LRU.order
    case .fifo: FIFO.order
    case .random: RandomPolicy.order
    case .tplru: TreePLRU.order
    case .nru: NRU.order
    case .srrip: SRRIP.order
    case .lfu: LFU.order
    case .nlu: NLU.order
    case .clock: Clock.order
    case .mru3plru4: MRU3PLRU4.order
    case .opt: .fixed
    }
  }
}
