internal import CLanes

/// Whether the SIMD kernels run here. Everything they do has a portable twin with equal results.
public var lanesAvailable: Bool { kf_lanes_available() }

/// A run-time LRU array over 32-bit tags: one row of ways a set, way 0 the most recent. Tag 0 is
/// an empty way. Owns its memory.
@safe struct RowLRU: ~Copyable {
  // Safe: the rows live from `init` to `deinit`; a set is a tag cut to the set mask, ways stay
  // below the stride, and misses never outnumber the tags read before them.
  let sets: Int
  let ways: Int
  /// Words from row to row: ways rounded up to whole vectors.
  let stride: Int
  let rows: UnsafeMutablePointer<UInt32>
  let usesLanes: Bool
  private let setMask: UInt32
  private let fold: UInt32
  private let foldMask: UInt32

  /// - Precondition: `sets` is a power of two.
  init(_ geometry: TLBGeometry, usesLanes: Bool) {
    sets = geometry.sets
    ways = geometry.ways
    stride = (ways + 15) / 16 * 16
    self.usesLanes = usesLanes && lanesAvailable
    setMask = UInt32(sets - 1)
    if case .xor(let bits) = geometry.index {
      fold = UInt32(bits)
      foldMask = .max
    } else {
      fold = 0
      foldMask = 0
    }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: sets * stride * 4, alignment: 64)
    unsafe rows = memory.bindMemory(to: UInt32.self, capacity: sets * stride)
    unsafe rows.initialize(repeating: 0, count: sets * stride)
  }

  deinit { unsafe rows.deallocate() }

  @inline(__always)
  func set(of tag: UInt32) -> Int { Int((tag ^ (tag &>> fold & foldMask)) & setMask) }

  /// Runs tags through the array; misses go to `misses`, which may be `tags` itself.
  /// - Parameter isLocal: most tags hit the most recent way, so that a branch is well predicted.
  func run(
    _ tags: UnsafePointer<UInt32>, _ count: Int, _ misses: UnsafeMutablePointer<UInt32>,
    isLocal: Bool = false
  ) -> Int {
    if usesLanes {
      return unsafe kf_lru_rows(
        rows, UInt32(ways), UInt32(stride), setMask, fold, foldMask, tags, count, misses)
    }
    if ways == 4, !isLocal { return unsafe runFour(tags, count, misses) }
    return unsafe runPortable(tags, count, misses)
  }

  private func runPortable(
    _ tags: UnsafePointer<UInt32>, _ count: Int, _ misses: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let (rows, ways, stride) = unsafe (rows, ways, stride)
    let (setMask, fold, foldMask) = (setMask, fold, foldMask)
    var missed = 0
    var i = 0
    while i < count {
      let tag = unsafe tags[i]
      let set = Int((tag ^ (tag &>> fold & foldMask)) & setMask)
      let row = unsafe rows + set &* stride
      i &+= 1
      var carried = unsafe row[0]
      if carried == tag { continue }
      var way = 1
      while way < ways {
        let next = unsafe row[way]
        unsafe row[way] = carried
        carried = next
        if next == tag { break }
        way &+= 1
      }
      unsafe row[0] = tag
      unsafe misses[missed] = tag
      missed &+= way == ways ? 1 : 0
    }
    return missed
  }

  /// Four ways without a branch: first levels miss too irregularly to be predicted.
  private func runFour(
    _ tags: UnsafePointer<UInt32>, _ count: Int, _ misses: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let (rows, setMask, fold, foldMask) = unsafe (rows, setMask, fold, foldMask)
    var missed = 0
    var i = 0
    while i < count {
      let tag = unsafe tags[i]
      let row = unsafe rows + Int((tag ^ (tag &>> fold & foldMask)) & setMask) &* 16
      let (a, b, c, d) = unsafe (row[0], row[1], row[2], row[3])
      let inFirst = a == tag
      let inSecond = b == tag
      let inThird = c == tag
      unsafe row[0] = tag
      unsafe row[1] = inFirst ? b : a
      unsafe row[2] = inFirst || inSecond ? c : b
      unsafe row[3] = inFirst || inSecond || inThird ? d : c
      unsafe misses[missed] = tag
      missed &+= inFirst || inSecond || inThird || d == tag ? 0 : 1
      i &+= 1
    }
    return missed
  }
}

/// The same array held lane by lane, sixteen sets a vector: the fastest first level. Misses come
/// out in order within a set only.
@safe struct LaneLRU: ~Copyable {
  // Safe: the rows and queues live from `init` to `deinit`, sized for the block the kernel is
  // given.
  let ways: Int
  let groups: Int
  let state: UnsafeMutablePointer<UInt32>
  private let queue: UnsafeMutablePointer<UInt32>
  private let last: UnsafeMutablePointer<UInt32>

  /// Whether lanes can hold this geometry on this CPU.
  static func fits(_ geometry: TLBGeometry) -> Bool {
    lanesAvailable && geometry.index == .linear && geometry.ways <= 8
      && [16, 32, 64].contains(geometry.sets)
  }

  init(_ geometry: TLBGeometry, block: Int) {
    ways = geometry.ways
    groups = geometry.sets / 16
    func words(_ count: Int) -> UnsafeMutablePointer<UInt32> {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
      let words = unsafe memory.bindMemory(to: UInt32.self, capacity: count)
      unsafe words.initialize(repeating: 0, count: count)
      return unsafe words
    }
    unsafe state = words(geometry.entries)
    unsafe queue = words(groups * 16 * (block + 16))
    unsafe last = words(geometry.sets)
  }

  deinit {
    unsafe state.deallocate()
    unsafe queue.deallocate()
    unsafe last.deallocate()
  }

  /// - Parameter dropsRepeats: leave out tags equal to the one before them in their set; pays when
  ///   there are many.
  func run(
    _ tags: UnsafePointer<UInt32>, _ count: Int, _ misses: UnsafeMutablePointer<UInt32>,
    dropsRepeats: Bool
  ) -> Int {
    if dropsRepeats {
      // The tag last seen by a set is its most recent way.
      for group in 0..<groups {
        unsafe (last + group * 16).update(from: state + group * ways * 16, count: 16)
      }
    }
    return unsafe kf_lru_lanes(
      state, UInt32(ways), UInt32(groups), tags, nil, 0, 0, nil, count, queue,
      dropsRepeats ? last : nil, misses)
  }

  /// The same straight from addresses; runs nothing when one does not fit 32 bits.
  func run(
    addresses: UnsafePointer<UInt64>, _ count: Int, shift: UInt32, base: UInt64,
    _ misses: UnsafeMutablePointer<UInt32>, outside: inout UInt64
  ) -> Int {
    unsafe kf_lru_lanes(
      state, UInt32(ways), UInt32(groups), nil, addresses, shift, base, &outside, count, queue,
      nil, misses)
  }

  /// The ways of `set`, most recent first.
  func row(_ set: Int) -> [UInt32] {
    (0..<ways).map { unsafe state[(set / 16 * ways + $0) * 16 + set % 16] }
  }
}
