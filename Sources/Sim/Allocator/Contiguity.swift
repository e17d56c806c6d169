/// How contiguous what a run of single-page requests gets is: the measure that decides whether
/// coalescing TLBs and contiguous hints find anything.
public struct ContiguityHistogram: Hashable, Sendable {
  /// Runs of 1, 2–3, 4–7, … pages: `runs[k]` counts those of 2^k to 2^(k+1) − 1.
  public private(set) var runs = [UInt64](repeating: 0, count: 20)
  public private(set) var pages: UInt64 = 0
  public private(set) var longest: UInt64 = 0

  /// Runs of consecutive frames in the order given.
  public init(_ frames: [FrameNumber]) {
    var length: UInt64 = 0
    var next: UInt64?
    for frame in frames {
      if frame.value != next && length > 0 { add(length) }
      length = frame.value == next ? length + 1 : 1
      next = frame.value + 1
    }
    if length > 0 { add(length) }
  }

  public var runCount: UInt64 { runs.reduce(0, +) }

  /// Mean pages of a run; 0 when there is none.
  public var mean: Double { runCount == 0 ? 0 : Double(pages) / Double(runCount) }

  private mutating func add(_ length: UInt64) {
    let bin = min(runs.count - 1, 63 - length.leadingZeroBitCount)
    runs[bin] += 1
    pages += length
    longest = max(longest, length)
  }
}

extension PageAllocator {
  /// What `count` single-page requests would get now; memory is left as it is.
  public func contiguity(ofSinglePages count: Int) -> ContiguityHistogram {
    var trial = self
    return ContiguityHistogram(trial.allocateSinglePages(count))
  }
}

extension BuddyAllocator {
  /// What `count` single-page requests would get now; the zone is left as it is.
  public func contiguity(ofSinglePages count: Int, migrateType: MigrateType = .unmovable)
    -> ContiguityHistogram
  {
    var trial = self
    return ContiguityHistogram(trial.allocateSinglePages(count, migrateType: migrateType))
  }
}
