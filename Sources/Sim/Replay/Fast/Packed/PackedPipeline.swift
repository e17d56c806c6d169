/// One side's addresses through one or two levels of any policy, in pure Swift: what an address
/// trace on a plain hierarchy comes down to. Counts are those of `ReplayEngine`.
///
/// Addresses are taken in blocks. A block is collapsed to runs where that pays (tried again now and
/// then), its pages named by 32-bit tags, run through the first level, and its misses through the
/// second. A repeat is no reference to most policies; those that count uses are told how many.
@safe final class PackedPipeline {
  // Safe: the buffers live from `init` to `deinit` and hold one word more than a block has
  // addresses.
  /// Addresses of a block: what it becomes stays in the nearest data cache.
  static let block = 1024

  private var misses: [UInt64]
  let geometries: [TLBGeometry]
  private let seeds: [UInt64]
  private let shift: UInt64
  /// Whether the first level wants run lengths.
  private let isCounting: Bool
  private let hasSecond: Bool
  private var interner: StretchInterner
  private var first: PackedArray
  /// An array of one entry where there is no second level.
  private var second: PackedArray
  /// Tags must stay below this in both.
  private var tagLimit: UInt64
  private var sparse: SparseLevels?
  private var isSparse: Bool
  private let pages: UnsafeMutablePointer<UInt64>
  private let tags: UnsafeMutablePointer<UInt32>
  private let counts: UnsafeMutablePointer<UInt32>
  private let ones: UnsafeMutablePointer<UInt32>
  private var filter = RunFilter()
  private var runsPay = Worth()
  /// Runs within a set of the first level; nil where an index picks it.
  private let setRuns: SetRuns?
  private var setRunsPay = Worth()

  /// - Precondition: `AddressPipeline.fits(geometries)`; one seed a level.
  init(_ geometries: [TLBGeometry], pageSize: PageSize, seeds: [UInt64]) {
    self.geometries = geometries
    self.seeds = seeds
    shift = UInt64(pageSize.shift)
    misses = geometries.map { _ in 0 }
    isCounting = [.srrip, .lfu, .clock].contains(geometries[0].policy)
    // Few low bits leave room for many stretches in 16-bit tags.
    let low = max(12, geometries.map { PackedArray.bitsUsed($0) }.max() ?? 12)
    isSparse = low > 16 || !geometries.allSatisfy { PackedArray.fits($0, lowBits: low) }
    sparse = isSparse ? SparseLevels(geometries, seeds: seeds, block: Self.block) : nil
    hasSecond = geometries.count > 1
    first = PackedArray(isSparse ? .single : geometries[0], seed: seeds[0])
    second = PackedArray(
      isSparse || !hasSecond ? .single : geometries[1], seed: seeds[seeds.count - 1])
    tagLimit = hasSecond ? min(first.tagLimit, second.tagLimit) : first.tagLimit
    // Half of what narrow tags can name lies around the first page.
    let lowBits = min(16, low)
    interner = StretchInterner(lowBits: lowBits, window: max(1, Int(tagLimit >> lowBits) / 2))
    setRuns = geometries[0].index == .linear ? SetRuns(sets: geometries[0].sets) : nil
    unsafe pages = .allocate(capacity: Self.block + 1)
    unsafe tags = .allocate(capacity: Self.block + 1)
    unsafe counts = .allocate(capacity: Self.block + 1)
    unsafe ones = .allocate(capacity: Self.block)
    unsafe ones.initialize(repeating: 1, count: Self.block)
  }

  deinit {
    unsafe pages.deallocate()
    unsafe tags.deallocate()
    unsafe counts.deallocate()
    unsafe ones.deallocate()
  }

  /// Replays addresses in order; sets the misses by level so far.
  func process(_ addresses: UnsafeBufferPointer<UInt64>, _ sums: inout [UInt64]) {
    guard let start = addresses.baseAddress else { return }
    var i = 0
    while i < addresses.count {
      let count = min(Self.block, addresses.count &- i)
      unsafe processBlock(start + i, count)
      i &+= count
    }
    sums = misses
  }

  private func processBlock(_ addresses: UnsafePointer<UInt64>, _ count: Int) {
    if isCounting {
      let kept = unsafe RunFilter.collapse(addresses, count, shift: shift, pages, lengths: counts)
      unsafe run(pages, shift: 0, counts: counts, collapseInSets(kept))
      return
    }
    var (numbers, by, left) = unsafe (addresses, shift, count)
    if runsPay.isTried() {
      left = unsafe filter.collapse(addresses, count, shift: shift, pages)
      runsPay.note(left, of: count)
      unsafe (numbers, by) = (UnsafePointer(pages), 0)
    } else {
      filter.previous = unsafe addresses[count &- 1] &>> shift
    }
    if setRuns != nil, setRunsPay.isTried() {
      let kept = unsafe setRuns?.collapse(numbers, left, shift: by, pages) ?? left
      setRunsPay.note(kept, of: left)
      unsafe (numbers, by, left) = (UnsafePointer(pages), 0, kept)
    }
    unsafe run(numbers, shift: by, counts: ones, left)
  }

  private func run(
    _ numbers: UnsafePointer<UInt64>, shift: UInt64, counts: UnsafePointer<UInt32>, _ count: Int
  ) {
    if isSparse {
      unsafe sparse?.process(numbers, counts, count, shift: shift, misses: &misses)
      return
    }
    unsafe interner.tags(numbers, count, shift: shift, tags)
    let bound = UInt64(interner.count + 1) << interner.lowBits
    if bound > tagLimit {
      makeRoom(bound)
      unsafe run(numbers, shift: shift, counts: counts, count)
      return
    }
    var missed = unsafe first.run(tags, counts, count)
    misses[0] &+= UInt64(missed)
    if hasSecond {
      missed = unsafe second.run(tags, ones, missed)
      misses[1] &+= UInt64(missed)
    }
  }

  /// Collapses counted runs within sets where that pays. Returns how many pages are left.
  private func collapseInSets(_ count: Int) -> Int {
    guard setRuns != nil, setRunsPay.isTried() else { return count }
    let kept = unsafe setRuns?.collapse(pages, count, lengths: counts) ?? count
    setRunsPay.note(kept, of: count)
    return kept
  }

  /// Goes on in wider tags, or without any.
  @inline(never)
  private func makeRoom(_ bound: UInt64) {
    if interner.count <= interner.limit {
      if bound > first.tagLimit { first.widen() }
      if hasSecond, bound > second.tagLimit { second.widen() }
      tagLimit = hasSecond ? min(first.tagLimit, second.tagLimit) : first.tagLimit
      return
    }
    let levels = SparseLevels(geometries, seeds: seeds, block: Self.block)
    let stretches = interner.stretches()
    levels.take(0, from: first, stretches: stretches, lowBits: interner.lowBits)
    if hasSecond { levels.take(1, from: second, stretches: stretches, lowBits: interner.lowBits) }
    sparse = levels
    isSparse = true
  }
}
