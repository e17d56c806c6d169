internal import CLanes

/// Exact LRU misses of every geometry at once: for each number of sets, the most recent tags of
/// every set in order, and how often a reference found its page at each depth. An array of w ways
/// hits what lies above depth w (Mattson et al., 1970; Hill and Smith, 1989).
@safe public struct AllAssociativity: ~Copyable {
  // Safe: the buffers live from `init` to `deinit`; rows are picked by a tag cut to the level's
  // sets, depths stay below the ways, and a block takes as many tags as `tags` has room for. The C
  // kernel is given the same bounds.
  /// One geometry's counts.
  public struct Point: Hashable, Sendable {
    public let sets: Int
    public let ways: Int
    public let lookups: UInt64
    public let misses: UInt64

    public init(sets: Int, ways: Int, lookups: UInt64, misses: UInt64) {
      self.sets = sets
      self.ways = ways
      self.lookups = lookups
      self.misses = misses
    }
  }

  /// log2 of the fewest and number of powers of two of sets.
  private let first: Int
  private let levels: Int
  private let depth: Int
  private let stride: Int
  private let usesLanes: Bool
  private let rows: UnsafeMutablePointer<UInt32>
  /// By level and depth: references found there.
  private let found: UnsafeMutablePointer<UInt64>
  /// By level and depth: tags of one block found there.
  private let depths: UnsafeMutablePointer<UInt32>
  private let tags: UnsafeMutablePointer<UInt32>
  private var held = 0
  private var interner = TagInterner()
  /// While not 0, rows hold page numbers less `rawBase`, of pages of 2^rawShift bytes.
  private var rawShift: UInt8 = 0
  private var rawBase: UInt64 = 0
  private var lastNumber = UInt64.max
  private var lastShift: UInt8 = 0
  public private(set) var lookups: UInt64 = 0
  /// References that were no repeat of the one before.
  private var seen: UInt64 = 0

  private static let block = Int(KF_CURVE_BLOCK)
  /// Most sets: tags keep 16 bits of the page number.
  public static let setLimit = 1 << 16
  public static let wayLimit = 4096

  /// - Parameters:
  ///   - sets: powers of two in this range, up to 65,536, are simulated.
  ///   - ways: the deepest array.
  ///   - portable: keep to pure Swift whatever the CPU can do.
  /// - Throws: `GeometryError` when there is no such geometry.
  public init(
    sets: ClosedRange<Int>, ways: Int, portable: Bool = false
  ) throws(GeometryError) {
    let powers = (0...16).filter { sets.contains(1 << $0) }
    guard let low = powers.first, sets.lowerBound >= 1, sets.upperBound <= Self.setLimit else {
      throw GeometryError(
        "no power of two from 1 to \(Self.setLimit) lies in \(sets.lowerBound)…\(sets.upperBound)")
    }
    guard (1...Self.wayLimit).contains(ways) else {
      throw GeometryError("\(ways) ways are outside 1…\(Self.wayLimit)")
    }
    first = low
    levels = powers.count
    depth = ways
    stride = max(16, ways)
    usesLanes = !portable && lanesAvailable && ways <= 16
    let total = ((1 << (first + levels)) - (1 << first)) * stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: total * 4, alignment: 64)
    unsafe rows = memory.bindMemory(to: UInt32.self, capacity: total)
    unsafe rows.initialize(repeating: 0, count: total)
    unsafe found = .allocate(capacity: levels * stride)
    unsafe found.initialize(repeating: 0, count: levels * stride)
    unsafe depths = .allocate(capacity: levels * 16)
    unsafe depths.initialize(repeating: 0, count: levels * 16)
    unsafe tags = .allocate(capacity: Self.block + 16)
    unsafe tags.initialize(repeating: 0, count: Self.block + 16)
  }

  deinit {
    unsafe rows.deallocate()
    unsafe found.deallocate()
    unsafe depths.deallocate()
    unsafe tags.deallocate()
  }

  /// `count` references in a row to page `number` of a size of 2^shift bytes.
  ///
  /// - Returns: false when the trace touches more than 65,535 stretches of 65,536 pages.
  @inline(__always)
  public mutating func access(_ number: UInt64, shift: UInt8, count: UInt64 = 1) -> Bool {
    if rawShift != 0 { leaveRelative() }
    lookups &+= count
    if number == lastNumber, shift == lastShift { return true }
    guard let tag = interner.tag(number, shift) else { return false }
    lastNumber = number
    lastShift = shift
    unsafe tags[held] = tag
    held &+= 1
    if held == Self.block { flush() }
    return true
  }

  /// A block of raw addresses on pages of one size.
  public mutating func access(
    _ addresses: UnsafeBufferPointer<UInt64>, pageSize: PageSize
  ) -> Bool {
    let by = UInt64(pageSize.shift)
    var start = 0
    if usesLanes, let head = unsafe addresses.first, lookups == 0 || rawShift == pageSize.shift {
      rawShift = pageSize.shift
      rawBase = lookups == 0 ? ((head &>> by) &- (1 << 31)) & ~0xff_ffff : rawBase
      start = unsafe accessRelative(addresses)
    }
    for index in start..<addresses.count {
      let page = unsafe addresses[index] &>> by
      if !access(page, shift: pageSize.shift) { return false }
    }
    return true
  }

  /// Takes blocks while page numbers, counted from `rawBase`, fit 32 bits. Returns how many
  /// addresses it took; should it stop early, the tags have become interned ones.
  private mutating func accessRelative(_ addresses: UnsafeBufferPointer<UInt64>) -> Int {
    guard let memory = addresses.baseAddress else { return 0 }
    flush()
    var start = 0
    while start < addresses.count {
      let count = min(Self.block, addresses.count &- start)
      var outside: UInt64 = 0
      var previous = lastNumber
      let kept = unsafe kf_run_filter(
        memory + start, count, UInt32(rawShift), rawBase, &previous, tags, &outside)
      if outside >> 32 != 0 {
        leaveRelative()
        return start
      }
      lastNumber = previous
      lastShift = rawShift
      lookups &+= UInt64(count)
      held = kept
      flush()
      start &+= count
    }
    return start
  }

  /// Turns relative tags into interned ones: low bits, and so sets, stay as they are.
  private mutating func leaveRelative() {
    let total = ((1 << (first + levels)) - (1 << first)) * stride
    for i in 0..<total where unsafe rows[i] != 0 {
      unsafe rows[i] = interner.tag(UInt64(rows[i]) &+ rawBase, rawShift) ?? 0
    }
    rawShift = 0
  }

  private mutating func flush() {
    let (count, depth) = (held, depth)
    held = 0
    seen &+= UInt64(count)
    if usesLanes {
      unsafe kf_curve(rows, UInt32(first), UInt32(levels), tags, count, depths)
      for level in 0..<levels {
        for d in 0..<16 {
          // Not `&+=`: with the thread sanitizer Swift 6.3.1 makes broken code of it.
          let at = level * stride + d
          unsafe found[at] = unsafe found[at] &+ UInt64(depths[level * 16 + d])
          unsafe depths[level * 16 + d] = 0
        }
      }
      return
    }
    // What is at the front of its set is so in arrays of more sets, and stays there.
    var left = count
    for level in 0..<levels {
      let sets = 1 << (first + level)
      let base = unsafe rows + (sets - (1 << first)) * stride
      let sums = unsafe found + level * stride
      unsafe sums[0] &+= UInt64(count &- left)
      var kept = 0
      for i in 0..<left {
        let tag = unsafe tags[i]
        let row = unsafe base + (Int(tag) & (sets - 1)) &* stride
        unsafe tags[kept] = tag
        var carried = tag
        var d = 0
        while d < depth {
          let next = unsafe row[d]
          unsafe row[d] = carried
          if next == tag { break }
          carried = next
          d &+= 1
        }
        if d < depth { unsafe sums[d] &+= 1 }
        kept &+= d > 0 ? 1 : 0
      }
      left = kept
    }
  }

  /// Counts of every geometry so far, by sets, then ways from 1.
  public mutating func points() -> [Point] {
    flush()
    var points: [Point] = []
    let repeats = lookups &- seen
    for level in 0..<levels {
      var hits = repeats
      for way in 1...depth {
        unsafe hits += found[level * stride + way - 1]
        points.append(
          Point(
            sets: 1 << (first + level), ways: way, lookups: lookups, misses: lookups - hits))
      }
    }
    return points
  }
}
