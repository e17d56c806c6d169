/// Working memory of one engine: what a block of records becomes on its way through the levels.
@safe struct BlockScratch {
  // Safe: allocated for `routes` rows of a whole block each, which is as many as a block can fill;
  // the engine frees it in its `deinit`.
  /// Records a block holds at most; positions fit 12 bits.
  static let blockSize = 4096

  /// Keys a row holds at most: an access over two pages has two.
  static let rowSize = 2 * blockSize

  /// Sets of a route whose last used tag is known apart.
  static let recentSets = 1 << PageKey.setBits

  let routes: Int
  /// One row a route: keys of the block's records that go there, in program order.
  let lists: UnsafeMutablePointer<UInt64>
  let counts: UnsafeMutablePointer<Int>
  /// The tables of a level, by access kind.
  let heads: UnsafeMutablePointer<UnsafePointer<UInt64>>
  /// References of a block, by access kind and route.
  let kindWeights: UnsafeMutablePointer<UInt64>
  /// By route and set: the tag last used in a first-level array; sets that share a word take turns.
  let recent: UnsafeMutablePointer<UInt32>
  /// Run length a record is looked up with at the level at hand.
  let weights: UnsafeMutablePointer<UInt32>
  let missPositions: UnsafeMutablePointer<UInt16>
  /// One bit a position.
  let missBits: UnsafeMutablePointer<UInt64>
  /// Positions still looking for a translation, in program order.
  let positions: UnsafeMutablePointer<UInt16>

  init(routes: Int) {
    let size = BlockScratch.blockSize
    let rowSize = BlockScratch.rowSize
    self.routes = routes
    unsafe lists = .allocate(capacity: routes * rowSize)
    unsafe counts = .allocate(capacity: routes)
    unsafe counts.initialize(repeating: 0, count: routes)
    unsafe heads = .allocate(capacity: 3)
    unsafe kindWeights = .allocate(capacity: 3 << PageKey.routeBits)
    unsafe kindWeights.initialize(repeating: 0, count: 3 << PageKey.routeBits)
    unsafe recent = .allocate(capacity: routes * BlockScratch.recentSets)
    unsafe recent.initialize(repeating: .max, count: routes * BlockScratch.recentSets)
    unsafe weights = .allocate(capacity: size)
    unsafe weights.initialize(repeating: 0, count: size)
    unsafe missPositions = .allocate(capacity: rowSize + 1)
    unsafe missBits = .allocate(capacity: size / 64)
    unsafe missBits.initialize(repeating: 0, count: size / 64)
    unsafe positions = .allocate(capacity: size)
  }

  func deallocate() {
    unsafe lists.deallocate()
    unsafe counts.deallocate()
    unsafe heads.deallocate()
    unsafe kindWeights.deallocate()
    unsafe recent.deallocate()
    unsafe weights.deallocate()
    unsafe missPositions.deallocate()
    unsafe missBits.deallocate()
    unsafe positions.deallocate()
  }

  /// Forgets what was last used in the sets of a route.
  func forgetRecent(_ route: Int) {
    let row = unsafe recent + route * BlockScratch.recentSets
    unsafe row.update(repeating: .max, count: BlockScratch.recentSets)
  }

  func row(_ route: Int) -> UnsafeMutablePointer<UInt64> {
    unsafe lists + route * BlockScratch.rowSize
  }
}

/// Integer sums of one engine; everything `ReplayCounters` says is computed from them.
@safe struct ReplaySums {
  // Safe: one word a route, indexed by routes alone; the engine frees it in its `deinit`.
  /// By access kind.
  let references: UnsafeMutablePointer<UInt64>
  /// By route.
  let lookups: UnsafeMutablePointer<UInt64>
  let misses: UnsafeMutablePointer<UInt64>
  let routes: Int
  var userInstructions: UInt64 = 0
  var firstLevelInstructionMisses: UInt64 = 0
  var firstLevelDataMisses: UInt64 = 0
  var instructionWalks: UInt64 = 0
  var dataWalks: UInt64 = 0
  var walkReads: UInt64 = 0
  var firstWalks: UInt64 = 0
  var flushes: UInt64 = 0

  init(routes: Int) {
    self.routes = routes
    unsafe references = .allocate(capacity: 4)
    unsafe references.initialize(repeating: 0, count: 4)
    unsafe lookups = .allocate(capacity: routes)
    unsafe lookups.initialize(repeating: 0, count: routes)
    unsafe misses = .allocate(capacity: routes)
    unsafe misses.initialize(repeating: 0, count: routes)
  }

  func deallocate() {
    unsafe references.deallocate()
    unsafe lookups.deallocate()
    unsafe misses.deallocate()
  }
}
