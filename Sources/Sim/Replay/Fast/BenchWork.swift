/// The fixed work of `kfrag bench`: one kernel over one generated trace.
public enum BenchKernel: String, CaseIterable, Sendable {
  // Safe: reads the caller's addresses during the call.
  /// A textbook loop with time stamps: what the others are measured against.
  case reference
  /// 64x4 and 1536x12 LRU straight from addresses, with the best kernels this CPU has.
  case hierarchy
  /// The same in pure Swift.
  case portable
  /// The same through sites, records and the general block engine.
  case engine
  /// The portable pipeline with policies that are not LRU, in both levels.
  case fifo
  case random
  case srrip
  /// Every LRU geometry of 1 to 128 sets and 1 to 16 ways, in one pass.
  case curve
  /// The same in pure Swift.
  case portableCurve
  /// Full stack distance: fully associative LRU of every size.
  case stackDistance

  /// Runs the kernel and returns its counts: what equal kernels must agree on.
  ///
  /// - Throws: `InputError` or `GeometryError` only if the fixed geometries were impossible.
  public func run(_ addresses: UnsafeBufferPointer<UInt64>) throws -> [UInt64] {
    let levels = [
      try TLBGeometry(entries: 64, ways: 4), try TLBGeometry(entries: 1536, ways: 12),
    ]
    switch self {
    case .reference: return unsafe BenchKernel.textbook(addresses)
    case .stackDistance: return unsafe BenchKernel.stackDistance(addresses)
    case .hierarchy, .portable:
      var pipeline = AddressPipeline(levels, pageSize: .base4K, portable: self == .portable)
      unsafe pipeline.process(addresses)
      return pipeline.counts.misses
    case .engine: return try unsafe BenchKernel.engine(addresses, levels)
    case .fifo, .random, .srrip:
      let policy: ReplacementKind = self == .fifo ? .fifo : self == .random ? .random : .srrip
      let others = try levels.map {
        try TLBGeometry(entries: $0.entries, ways: $0.ways, policy: policy)
      }
      var pipeline = AddressPipeline(others, pageSize: .base4K)
      unsafe pipeline.process(addresses)
      return pipeline.counts.misses
    case .curve, .portableCurve:
      var curve = try AllAssociativity(sets: 1...128, ways: 16, portable: self == .portableCurve)
      _ = unsafe curve.access(addresses, pageSize: .base4K)
      return curve.points().map(\.misses)
    }
  }

  /// Misses of 64 and of 1536 entries, then of every power of two up to 2^20.
  private static func stackDistance(_ addresses: UnsafeBufferPointer<UInt64>) -> [UInt64] {
    var stack = StackDistance()
    unsafe stack.process(addresses, shift: 12)
    return ([64, 1536] + (0...20).map { 1 << $0 }).map { stack.misses(entries: $0) }
  }

  private static func engine(
    _ addresses: UnsafeBufferPointer<UInt64>, _ levels: [TLBGeometry]
  ) throws -> [UInt64] {
    let arrays = zip(["L1D", "L2"], levels).enumerated().map { i, level in
      TLBArray(
        name: level.0, level: i + 1, side: .data, pageSizes: [.base4K], geometry: level.1,
        evidence: .assumed)
    }
    var replay = try AddressReplay(
      machine: Machine(id: "bench", name: "bench", arrays: arrays), pageSize: .base4K)
    try unsafe replay.process(addresses, .load)
    try replay.finish()
    return replay.engine.counters.arrays.map(\.misses)
  }

  /// Two levels of LRU as a textbook writes them: a stamp an entry, the oldest goes.
  private static func textbook(_ addresses: UnsafeBufferPointer<UInt64>) -> [UInt64] {
    struct Way {
      var page = UInt64.max
      var stamp: UInt64 = 0
    }
    var first = [Way](repeating: Way(), count: 64)
    var second = [Way](repeating: Way(), count: 1536)
    var misses: [UInt64] = [0, 0]
    var clock: UInt64 = 0
    func access(_ array: inout [Way], _ start: Int, _ ways: Int, _ page: UInt64) -> Bool {
      var oldest = start
      for way in start..<(start + ways) {
        if array[way].page == page {
          array[way].stamp = clock
          return true
        }
        if array[way].stamp < array[oldest].stamp { oldest = way }
      }
      array[oldest] = Way(page: page, stamp: clock)
      return false
    }
    for index in addresses.indices {
      let address = unsafe addresses[index]
      let page = address >> 12
      clock += 1
      if access(&first, Int(page & 15) * 4, 4, page) { continue }
      misses[0] += 1
      if access(&second, Int(page & 127) * 12, 12, page) { continue }
      misses[1] += 1
    }
    return misses
  }
}
