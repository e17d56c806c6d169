/// Labels every miss of an engine with its cause, by array and by site.
@safe final class MissLabeller {
  // Safe: `counts` has a row for every site reserved, `causeAt` a byte for every position of a
  // block; both live from `init` to `deinit`.
  /// One a unit of the block engine, or one a way class of an array of the detailed model.
  private var shadows: [MissShadow] = []
  /// The array of each shadow.
  private var arrayOfShadow: [Int] = []
  private let arrays: Int
  /// By site, by array and then walks, by cause.
  private var counts: UnsafeMutablePointer<UInt32>
  private var sites = 0
  /// Cause of the last miss at each position of a block.
  private let causeAt: UnsafeMutablePointer<UInt8>
  // Block engine: which entries are global, by shadow, where tags hold an address space.
  private var isGlobal: [[Bool]] = []
  private var spaceNumbers: [UInt32: Int] = [:]
  private var space = 0
  /// log2 of the entries one address space has room for.
  private var spaceShift = 0
  // Detailed model: dense indices of entries and shadows.
  private struct EntryName: Hashable {
    let key: UInt64
    let space: UInt32
  }
  private var known: [[EntryName: Int]] = []
  private var shadowOf: [[Int: Int]] = []

  private var rowSize: Int { (arrays + 1) * MissCause.allCases.count }

  init(arrays: Int) {
    self.arrays = arrays
    unsafe counts = .allocate(capacity: 1)
    unsafe counts.initialize(to: 0)
    unsafe causeAt = .allocate(capacity: BlockScratch.blockSize)
    unsafe causeAt.initialize(repeating: 1, count: BlockScratch.blockSize)
  }

  deinit {
    for shadow in shadows { shadow.deallocate() }
    unsafe counts.deallocate()
    unsafe causeAt.deallocate()
  }

  /// Makes room for sites below `count`.
  func reserve(sites count: Int) {
    guard count > sites else { return }
    let grown = max(count, 2 * sites)
    let moved = UnsafeMutablePointer<UInt32>.allocate(capacity: grown * rowSize)
    unsafe moved.initialize(repeating: 0, count: grown * rowSize)
    unsafe moved.update(from: counts, count: sites * rowSize)
    unsafe counts.deallocate()
    unsafe counts = moved
    sites = grown
  }

  private func count(_ site: Int, _ column: Int, _ cause: MissCause) {
    unsafe counts[site &* rowSize &+ 4 &* column &+ cause.rawValue] &+= 1
  }

  /// Misses of one array charged to a site; `array` nil: its walks.
  func causes(site: Int, array: Int?) -> MissCauses {
    var causes = MissCauses()
    guard site < sites else { return causes }
    for cause in MissCause.allCases {
      causes[cause] = unsafe UInt64(counts[site * rowSize + 4 * (array ?? arrays) + cause.rawValue])
    }
    return causes
  }

  // MARK: Block engine

  /// Makes room for every entry `units` know.
  func reserve(_ units: [TLBUnit], tagged: Bool) {
    if shadows.isEmpty {
      shadows = units.map { MissShadow(capacity: $0.sets * $0.ways) }
      arrayOfShadow = units.map(\.array)
    }
    let most = units.reduce(2) { max($0, $1.entries.count) }
    if tagged {
      if spaceNumbers.isEmpty { spaceNumbers[0] = 0 }
      let shift = Int.bitWidth - (most - 1).leadingZeroBitCount
      // Indices are fixed once several spaces ran; no machine gets new entries after that.
      if spaceNumbers.count <= 1 { spaceShift = max(spaceShift, shift) }
      isGlobal = units.map { $0.entries.keys.map(\.isGlobal) }
    }
    for (u, unit) in units.enumerated() {
      shadows[u].reserve(max(unit.entries.count, tagged ? (space + 1) << spaceShift : 0))
    }
  }

  /// References of address space `number` follow.
  func enter(_ number: UInt32) {
    space = index(of: number)
    for u in shadows.indices { shadows[u].reserve((space + 1) << spaceShift) }
  }

  /// Numbers in order of first use; beyond what memory allows they are used again.
  private func index(of number: UInt32) -> Int {
    if let known = spaceNumbers[number] { return known }
    let next = spaceNumbers.count % max(1, min(1024, (1 << 24) >> spaceShift))
    spaceNumbers[number] = next
    return next
  }

  /// Labels one unit's misses of a block: `keys` as looked up, `missed` positions of them.
  func note(
    _ u: Int, _ unit: TLBUnit, _ keys: UnsafePointer<UInt64>, _ count: Int,
    _ positions: UnsafePointer<UInt16>, _ missed: Int, _ records: UnsafePointer<ReferenceRecord>
  ) {
    let sectored = unit.hasValidBits
    let inSpaces = spaceNumbers.count > 1
    var shadow = shadows[u]
    var next = 0
    var miss = unsafe missed > 0 ? Int(positions[0]) : -1
    for i in 0..<count {
      let key = unsafe keys[i]
      let tag = UInt32(truncatingIfNeeded: key)
      var index = Int(sectored ? tag &>> TLBUnit.sectorBits : tag)
      let pages: UInt16 = sectored ? 1 &<< UInt16(truncatingIfNeeded: tag & 15) : 1
      if inSpaces { index = self.index(u, tag: index, sectored, space: space) }
      let held = shadow.touch(index, pages)
      let position = Int(truncatingIfNeeded: key &>> PageKey.positionShift)
      guard position == miss else { continue }
      next &+= 1
      miss = unsafe next < missed ? Int(positions[next]) : -1
      let cause = shadow.cause(index, pages, held: held)
      unsafe self.count(Int(records[position].site), arrayOfShadow[u], cause)
      unsafe causeAt[position] = UInt8(truncatingIfNeeded: cause.rawValue)
    }
    shadows[u] = shadow
  }

  /// The index of a tag: the entry's own where it is global, one of its space's otherwise.
  private func index(_ u: Int, tag: Int, _ sectored: Bool, space: Int) -> Int {
    let stride = Int(TLBUnit.spaceStride >> (sectored ? TLBUnit.sectorBits : 0))
    let id = tag % stride
    return isGlobal[u][id] ? id : space << spaceShift | id & ((1 << spaceShift) - 1)
  }

  /// A walk for the reference at `position` of the block.
  func noteWalk(_ site: Int, position: Int) {
    unsafe count(site, arrays, MissCause(rawValue: Int(causeAt[position])) ?? .capacity)
  }

  /// An invalidation takes the entry with `tag` out of a unit; `owner` is the space of its slot.
  func flush(_ u: Int, _ unit: TLBUnit, tag: UInt32, owner: UInt32) {
    let pages = unsafe unit.hasValidBits ? unit.sectorValid[Int(tag)] : 1
    var index = Int(tag)
    if spaceNumbers.count > 1 {
      index = self.index(u, tag: index, unit.hasValidBits, space: self.index(of: owner))
    }
    shadows[u].flush(index, pages)
  }

  // MARK: Detailed model

  /// A lookup of one entry in the ways `range` of an array. Returns the cause when it missed.
  func lookUp(
    _ array: Int, ways range: Range<Int>, sets: Int, key: UInt64, space: UInt32, pages: UInt64,
    missed: Bool, site: Int
  ) -> MissCause? {
    while shadowOf.count <= array {
      shadowOf.append([:])
      known.append([:])
    }
    let s = shadowOf[array][range.lowerBound] ?? addShadow(array, range, sets)
    let name = EntryName(key: key, space: space)
    let index = known[array][name] ?? known[array].count + 1
    known[array][name] = index
    shadows[s].reserve(index + 1)
    let bits = UInt16(truncatingIfNeeded: pages)
    let held = shadows[s].touch(index, bits)
    guard missed else { return nil }
    let cause = shadows[s].cause(index, bits, held: held)
    count(site, array, cause)
    return cause
  }

  private func addShadow(_ array: Int, _ range: Range<Int>, _ sets: Int) -> Int {
    shadows.append(MissShadow(capacity: sets * range.count))
    shadows[shadows.count - 1].reserve(known[array].count + 1)
    arrayOfShadow.append(array)
    shadowOf[array][range.lowerBound] = shadows.count - 1
    return shadows.count - 1
  }

  /// A walk of the detailed model, whose last array missed for `cause`.
  func noteWalk(_ site: Int, _ cause: MissCause?) { count(site, arrays, cause ?? .capacity) }

  /// An invalidation takes an entry out of an array of the detailed model.
  func flush(_ array: Int, key: UInt64, space: UInt32, pages: UInt64) {
    guard array < known.count,
      let index = known[array][EntryName(key: key, space: space)]
    else { return }
    for s in shadowOf[array].values {
      shadows[s].flush(index, UInt16(truncatingIfNeeded: pages))
    }
  }
}

extension ReplayEngine {
  /// Misses by cause of array `array` of the machine, `nil` for walks, summed over the sites
  /// `group` puts in each of `groups` groups. Zeros unless `ReplayOptions.labelsMisses`.
  ///
  /// For every array the causes of all sites sum to its misses. A walk has the cause of the last
  /// array's miss.
  public func missCauses(
    array: Int?, groups: Int, of group: (_ site: Int) -> Int
  ) -> [MissCauses] {
    var sums = [MissCauses](repeating: MissCauses(), count: groups)
    guard let labels else { return sums }
    for site in 0..<siteCount {
      let causes = labels.causes(site: site, array: array)
      if causes.total > 0 { sums[group(site)] = sums[group(site)] + causes }
    }
    return sums
  }

  /// Misses by cause of one array, or of walks, over all sites.
  public func missCauses(array: Int?) -> MissCauses {
    missCauses(array: array, groups: 1) { _ in 0 }[0]
  }
}
