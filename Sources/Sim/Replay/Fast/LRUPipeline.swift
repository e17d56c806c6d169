internal import CLanes

/// One side's addresses through one or two LRU levels by the SIMD kernels, page numbers cut to 32
/// bits.
///
/// Addresses are taken in blocks. A block is collapsed when that pays (tried again now and then),
/// run through the first level, and its misses through the second. Should a trace span more than
/// 2^32 pages the state moves to 64-bit tags and goes on there.
@safe final class LRUPipeline {
  // Safe: the buffers live from `init` to `deinit` and hold a block and the 32 words the kernels
  // may write beyond it.
  /// Addresses of a block: queues stay in the nearest data cache.
  static let block = 1024

  private var firstMisses: UInt64 = 0
  private var secondMisses: UInt64 = 0
  private let shift: UInt32
  private var first: FirstLevel
  private var second: SecondLevel
  private var wide: WideLRU?
  private let tags: UnsafeMutablePointer<UInt32>
  private let misses: UnsafeMutablePointer<UInt32>
  private var base: UInt64?
  private var previous: UInt64 = .max
  private var runsPay = Worth()

  enum FirstLevel: ~Copyable {
    case rows(RowLRU)
    case lanes(LaneLRU)
  }

  enum SecondLevel: ~Copyable {
    case none
    case rows(RowLRU)
  }

  let geometries: [TLBGeometry]

  /// Whether the pipeline can run these levels: LRU, sets a power of two.
  static func fits(_ levels: [TLBGeometry]) -> Bool {
    (1...2).contains(levels.count)
      && levels.allSatisfy { $0.policy == .lru && $0.sets.nonzeroBitCount == 1 && $0.ways <= 4096 }
  }

  /// - Precondition: `fits(levels)`, and the CPU has the kernels.
  init(_ levels: [TLBGeometry], pageSize: PageSize) {
    geometries = levels
    shift = UInt32(pageSize.shift)
    // Lanes keep misses in order within a set only: enough for a second level whose sets each take
    // misses of one first-level set.
    let ordered =
      levels.count < 2 || (levels[1].index == .linear && levels[1].sets >= levels[0].sets)
    if ordered, LaneLRU.fits(levels[0]) {
      first = .lanes(LaneLRU(levels[0], block: LRUPipeline.block))
    } else {
      first = .rows(RowLRU(levels[0], usesLanes: true))
    }
    second = levels.count > 1 ? .rows(RowLRU(levels[1], usesLanes: true)) : .none
    wide = nil
    func buffer() -> UnsafeMutablePointer<UInt32> {
      let words = UnsafeMutablePointer<UInt32>.allocate(capacity: LRUPipeline.block + 32)
      unsafe words.initialize(repeating: 0, count: LRUPipeline.block + 32)
      return unsafe words
    }
    unsafe tags = buffer()
    unsafe misses = buffer()
  }

  deinit {
    unsafe tags.deallocate()
    unsafe misses.deallocate()
  }

  /// Replays addresses in order; sets the misses by level so far.
  func process(_ addresses: UnsafeBufferPointer<UInt64>, _ misses: inout [UInt64]) {
    guard let start = addresses.baseAddress else { return }
    var i = 0
    while i < addresses.count {
      let count = min(LRUPipeline.block, addresses.count &- i)
      unsafe processBlock(start + i, count)
      i &+= count
    }
    misses[0] = firstMisses
    if misses.count > 1 { misses[1] = secondMisses }
  }

  private func processBlock(_ addresses: UnsafePointer<UInt64>, _ count: Int) {
    if wide != nil {
      unsafe runWide(addresses, count)
      return
    }
    let origin = unsafe base ?? (((addresses[0] >> UInt64(shift)) &- (1 << 31)) & ~0xff_ffff)
    base = origin
    var outside: UInt64 = 0
    let before = previous
    var missed = 0
    if runsPay.isTried() {
      let kept = unsafe kf_run_filter(addresses, count, shift, origin, &previous, tags, &outside)
      if outside >> 32 == 0 {
        runsPay.note(kept, of: count)
        switch first {
        case .lanes(let lanes): missed = unsafe lanes.run(tags, kept, misses, dropsRepeats: true)
        case .rows(let rows): missed = unsafe rows.run(tags, kept, misses)
        }
      }
    } else {
      switch first {
      case .lanes(let lanes):
        missed = unsafe lanes.run(
          addresses: addresses, count, shift: shift, base: origin, misses, outside: &outside)
      case .rows(let rows):
        unsafe kf_tags(addresses, count, shift, origin, tags, &outside)
        if outside >> 32 == 0 { missed = unsafe rows.run(tags, count, misses) }
      }
      previous = unsafe addresses[count &- 1] &>> UInt64(shift)
    }
    if outside >> 32 != 0 {
      previous = before
      widen(origin)
      unsafe runWide(addresses, count)
      return
    }
    firstMisses &+= UInt64(missed)
    switch second {
    case .rows(let rows):
      missed = unsafe rows.run(misses, missed, misses)
      secondMisses &+= UInt64(missed)
    case .none: break
    }
  }

  /// Moves the state to 64-bit tags.
  private func widen(_ base: UInt64) {
    var moved = WideLRU(geometries)
    switch first {
    case .lanes(let lanes):
      for set in 0..<geometries[0].sets { moved.fill(0, set, lanes.row(set), base) }
    case .rows(let rows):
      for set in 0..<rows.sets {
        moved.fill(0, set, (0..<rows.ways).map { unsafe rows.rows[set * rows.stride + $0] }, base)
      }
    }
    switch second {
    case .rows(let rows):
      for set in 0..<rows.sets {
        moved.fill(1, set, (0..<rows.ways).map { unsafe rows.rows[set * rows.stride + $0] }, base)
      }
    case .none: break
    }
    wide = consume moved
  }

  private func runWide(_ addresses: UnsafePointer<UInt64>, _ count: Int) {
    guard var state = wide.take() else { return }
    for i in 0..<count {
      let page = unsafe addresses[i] &>> UInt64(shift)
      if page == previous { continue }
      previous = page
      guard state.access(0, page) else { continue }
      firstMisses &+= 1
      if geometries.count > 1, state.access(1, page) { secondMisses &+= 1 }
    }
    wide = consume state
  }
}

/// LRU levels over full page numbers, for traces that span more than 32 bits of them.
@safe struct WideLRU: ~Copyable {
  // Safe: the entries live from `init` to `deinit`; rows are picked by the level's own index, ways
  // stay below its ways.
  private let geometries: [TLBGeometry]
  private let indexes: [SetIndex]
  private let starts: [Int]
  /// Page number + 1; 0 is an empty way.
  private let entries: UnsafeMutablePointer<UInt64>

  init(_ geometries: [TLBGeometry]) {
    self.geometries = geometries
    indexes = geometries.map { SetIndex($0) }
    starts = geometries.indices.map { geometries[..<$0].reduce(0) { $0 + $1.entries } }
    let total = geometries.reduce(0) { $0 + $1.entries }
    unsafe entries = .allocate(capacity: total)
    unsafe entries.initialize(repeating: 0, count: total)
  }

  deinit { unsafe entries.deallocate() }

  /// Takes over one set held as 32-bit tags.
  mutating func fill(_ level: Int, _ set: Int, _ tags: [UInt32], _ base: UInt64) {
    let row = unsafe entries + starts[level] + set * geometries[level].ways
    for (way, tag) in tags.enumerated() where tag != 0 {
      unsafe row[way] = UInt64(tag) &+ base &+ 1
    }
  }

  /// True on a miss.
  mutating func access(_ level: Int, _ page: UInt64) -> Bool {
    let ways = geometries[level].ways
    let row = unsafe entries + starts[level] + indexes[level](page) * ways
    let entry = page &+ 1
    var carried = entry
    for way in 0..<ways {
      let next = unsafe row[way]
      unsafe row[way] = carried
      if next == entry { return false }
      carried = next
    }
    return true
  }
}
