/// Takes the counters at the marks of a stream.
struct Tally {
  private let groups: [CPUGroup]
  private let flushes: [Int]
  private var start: [ReplayCounters]
  private var steps: [UInt32] = []
  /// Counters when each step began, by step, by layout.
  private var marks: [[ReplayCounters]] = []
  private let charges: MissCharges?
  private var charged: [[ChargedMisses]] = []

  init(groups: [CPUGroup], flushes: [Int], charges: MissCharges?) {
    self.groups = groups
    self.flushes = flushes
    self.charges = charges
    start = groups.map(\.counters)
  }

  /// Misses by place so far, by layout.
  private func soFar() -> [[ChargedMisses]] {
    guard let charges else { return [] }
    return groups.map { charges.take($0.cpus) }
  }

  mutating func mark(_ marker: StreamMarker, _ value: UInt32) {
    if marker == .lifecycle {
      for (group, count) in zip(groups, flushes) {
        for _ in 0..<count { group.flushAll() }
      }
    } else if marker == .step {
      steps.append(value)
      marks.append(groups.map(\.counters))
    }
  }

  mutating func warmUpEnded() {
    start = groups.map(\.counters)
    charged = soFar()
  }

  func finish(_ facts: [LayoutFacts]) -> (steps: [UInt32], results: [ArmResult]) {
    let end = groups.map(\.counters)
    let places = soFar()
    let results = groups.indices.map { index in
      var result = ArmResult(counters: end[index] - start[index], facts: facts[index])
      for step in marks.indices {
        let after = step + 1 < marks.count ? marks[step + 1][index] : end[index]
        result.steps.append(after - marks[step][index])
      }
      if index < places.count {
        result.charges =
          charged.isEmpty ? places[index] : zip(places[index], charged[index]).map { $0 - $1 }
      }
      return result
    }
    return (steps, results)
  }
}

/// The first references of a stream, as many whole records as it takes.
struct WarmUpPart<Base: ReferenceSource>: ReferenceSource {
  // Safe: at most `records`, which is no more than the block holds, are asked for, and only the
  // records the base filled are read.
  var base: Base
  private var left: UInt64

  init(_ base: Base, references: UInt64) {
    self.base = base
    left = references
  }

  var table: SiteTable { base.table }

  mutating func read(
    into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) throws -> Int {
    guard left > 0 else { return 0 }
    // Ever smaller parts towards the end: a block may hold a short stream whole.
    let records = min(block.count, max(1, Int(clamping: left / 32)))
    let count = try unsafe base.read(into: UnsafeMutableBufferPointer(rebasing: block[..<records]))
    for index in 0..<count where unsafe !block[index].isMarker {
      unsafe left -= min(left, UInt64(block[index].count))
    }
    return count
  }
}
