/// Capacity by cyclic sweeps, ways by pages that share a set.
struct ProbeCapacity {
  let machine: Machine
  let target: ProbeTarget

  /// Rounds before looking; then one round is measured.
  private static let warmRounds = 2

  /// Largest cyclic working set, in pages `stride` apart, without misses beyond the level.
  func pages(stride: UInt64, limit: Int) throws -> Int {
    try largest(limit: limit) { number($0, stride) }
  }

  /// The n-th page, from 1, of a working set that starts where every index function is at 0.
  private func number(_ n: Int, _ stride: UInt64) -> UInt64 {
    1 << target.farShift + UInt64(n - 1) * stride
  }

  /// Ways, and the washing pages that show them behind earlier levels.
  struct Ways {
    var count: Int
    var wash: ProbeWash?
    /// False when the earlier levels hide the set: the count is then an upper bound.
    var isSeen: Bool
  }

  /// Largest number of pages of one set that stay.
  /// - Parameter entries: capacity at stride 1; the same capacity far apart means one set.
  func ways(entries: Int) throws -> Ways {
    let unwashed = try largest(limit: 2 * max(1, entries)) { target.farNumber($0) }
    let hidden = machine.lookupOrder(target.kind)[..<target.group].flatMap { $0 }
      .map { machine.arrays[$0].geometry.ways }
    if target.group == 0 || unwashed == entries && entries > (hidden.max() ?? 0) {
      return Ways(count: unwashed, wash: nil, isSeen: true)
    }
    let washCount = 2 * (hidden.max() ?? 0) + 2
    for bit in 0..<20 {
      let wash = ProbeWash(offset: 1 << UInt64(bit), count: washCount)
      guard try ProbeWash.reaches(machine, target, pages: 1, wash: wash) else { continue }
      let count = try search(limit: 2 * unwashed) {
        try ProbeWash.reaches(machine, target, pages: $0, wash: wash)
      }
      return Ways(count: count, wash: wash, isSeen: true)
    }
    return Ways(count: unwashed, wash: nil, isSeen: false)
  }

  /// Misses in the array of one round of a sweep that has gone round before.
  func misses(pages: Int, stride: UInt64) throws -> UInt64 {
    let numbers = (1...max(1, pages)).map { number($0, stride) }
    let rig = try ProbeRig(machine, target.kind, target.size, numbers)
    for _ in 0..<ProbeCapacity.warmRounds { rig.sweep(numbers.indices) }
    return rig.measure(numbers.indices, at: target.group).misses
  }

  /// Average cycles over a first-level hit of a sweep over `count` pages.
  func cycles(count: Int, stride: UInt64) throws -> Double {
    let rig = try ProbeRig(
      machine, target.kind, target.size, (1...max(1, count)).map { number($0, stride) })
    for _ in 0..<ProbeCapacity.warmRounds { rig.sweep(0..<count) }
    return rig.measure(0..<count, at: target.group).cycles / Double(max(1, count))
  }

  private func largest(limit: Int, _ number: (Int) -> UInt64) throws -> Int {
    try search(limit: limit) { try stays($0, number) }
  }

  /// The largest count that fits: doubling, then halving.
  private func search(limit: Int, _ fit: (Int) throws -> Bool) throws -> Int {
    var fits = 0
    var fails = limit + 1
    var trial = 1
    while trial <= limit {
      guard try fit(trial) else {
        fails = trial
        break
      }
      fits = trial
      trial *= 2
    }
    while fits + 1 < fails {
      let middle = (fits + fails) / 2
      if try fit(middle) { fits = middle } else { fails = middle }
    }
    return fits
  }

  private func stays(_ count: Int, _ number: (Int) -> UInt64) throws -> Bool {
    let rig = try ProbeRig(machine, target.kind, target.size, (1...count).map(number))
    for _ in 0..<ProbeCapacity.warmRounds { rig.sweep(0..<count) }
    return rig.measure(0..<count, at: target.group).misses == 0
  }
}
