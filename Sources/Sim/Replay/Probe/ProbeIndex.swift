/// Pages that share the earlier levels' sets but not the set under test: touching them washes the
/// earlier levels out, so that the next touch gets down to the level of interest.
struct ProbeWash {
  /// Page-number bits they differ by from the pages of the set under test.
  let offset: UInt64
  let count: Int

  func numbers(_ target: ProbeTarget) -> [UInt64] {
    (1...count).map { target.farNumber($0) ^ offset }
  }

  /// True when each of `pages` pages of one set, washed, gets as far as this level and no further.
  static func reaches(
    _ machine: Machine, _ target: ProbeTarget, pages: Int, wash: ProbeWash
  ) throws -> Bool {
    let all = (1...pages).map { target.farNumber($0) } + wash.numbers(target)
    let rig = try ProbeRig(machine, target.kind, target.size, all)
    for _ in 0..<3 { rig.sweep(0..<all.count) }
    for page in 0..<pages where rig.touch(page) != target.group { return false }
    return true
  }
}

/// The index function, by eviction sets.
///
/// Pages far apart fill one set. A second group, offset by a pattern of page-number bits, evicts
/// them if and only if the pattern maps to the same set.
struct ProbeIndex {
  let machine: Machine
  let target: ProbeTarget
  let ways: Int
  /// None when no earlier level hides this one.
  let wash: ProbeWash?

  /// True when pages that differ by `pattern` share a set.
  func isSameSet(_ pattern: UInt64) throws -> Bool {
    let base = (1...ways).map { target.farNumber($0) }
    let other = base.map { $0 ^ pattern }
    let all = base + other + (wash?.numbers(target) ?? [])
    let rig = try ProbeRig(machine, target.kind, target.size, all)
    let clean = (2 * ways)..<all.count
    for _ in 0..<3 {
      rig.sweep(0..<ways)
      rig.sweep(clean)
      rig.sweep(ways..<(2 * ways))
      rig.sweep(clean)
    }
    return (0..<ways).contains { rig.touch($0) > target.group }
  }

  /// Page-number bits by index bit: `[[0, 7], [1, 8], …]` for XOR-7, `[[0], [1], …]` for linear.
  func indexBits(upTo limit: Int) throws -> [[Int]] {
    var classes: [[Int]] = []
    for bit in 0..<limit {
      let own = UInt64(1) << UInt64(bit)
      if try isSameSet(own) { continue }
      var home: Int?
      for (i, known) in classes.enumerated() where home == nil {
        if try isSameSet(own | 1 << UInt64(known[0])) { home = i }
      }
      if let home { classes[home].append(bit) } else { classes.append([bit]) }
    }
    return classes
  }

  /// The name of an index function with these classes; nil when it is neither linear nor XOR.
  static func name(_ classes: [[Int]]) -> IndexKind? {
    let bits = classes.count
    if classes == (0..<bits).map({ [$0] }) { return .linear }
    if (1...8).contains(bits), classes == (0..<bits).map({ [$0, $0 + bits] }) {
      return .xor(UInt8(bits))
    }
    return nil
  }
}
