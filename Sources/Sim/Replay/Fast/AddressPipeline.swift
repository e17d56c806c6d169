/// One side's addresses through one or two plain levels, straight from 8-byte addresses: no record,
/// no binding. Takes the SIMD kernels for LRU where the CPU has them, packed words elsewhere.
/// Counts are those of `ReplayEngine`.
public struct AddressPipeline: ~Copyable {
  // Safe: the addresses are the caller's for the length of the call.
  /// What was counted so far.
  public private(set) var counts: RawReplay.Counts
  private let usesLanes: Bool
  private var lanes: LRUPipeline?
  private var packed: PackedPipeline?

  /// Whether a pipeline can run these levels: sets a power of two, no policy that needs the future.
  public static func fits(_ levels: [TLBGeometry]) -> Bool {
    (1...2).contains(levels.count)
      && levels.allSatisfy {
        $0.policy != .opt && $0.sets.nonzeroBitCount == 1 && $0.ways <= 4096
      }
  }

  /// - Precondition: `fits(levels)`.
  /// - Parameters:
  ///   - portable: keep to pure Swift whatever the CPU can do.
  ///   - seed: seeds random replacement, as `ReplayOptions.seed` does.
  ///   - arrays: index of each level's array in its machine: every array draws for itself.
  public init(
    _ levels: [TLBGeometry], pageSize: PageSize, portable: Bool = false, seed: UInt64 = 1,
    arrays: [Int] = [0, 1]
  ) {
    counts = RawReplay.Counts(misses: levels.map { _ in 0 })
    usesLanes = lanesAvailable && !portable && levels.allSatisfy { $0.policy == .lru }
    lanes = nil
    packed = nil
    if usesLanes {
      lanes = LRUPipeline(levels, pageSize: pageSize)
    } else {
      let seeds = levels.indices.map { ReplayEngine.seed(seed, array: arrays[$0]) }
      packed = PackedPipeline(levels, pageSize: pageSize, seeds: seeds)
    }
  }

  /// Replays addresses in order.
  public mutating func process(_ addresses: UnsafeBufferPointer<UInt64>) {
    counts.references &+= UInt64(addresses.count)
    if usesLanes {
      unsafe lanes?.process(addresses, &counts.misses)
    } else {
      unsafe packed?.process(addresses, &counts.misses)
    }
  }
}
