/// The replacement policy of one set, by permutation vectors and by fingerprint.
struct ProbePolicy {
  let index: ProbeIndex

  private var ways: Int { index.ways }

  /// A fresh rig: base pages 0 ..< `pages` of one set, then the washing pages.
  private func rig(_ pages: Int, seed: UInt64) throws -> (rig: ProbeRig, wash: Range<Int>) {
    let base = (1...pages).map { index.target.farNumber($0) }
    let clean = index.wash?.numbers(index.target) ?? []
    let rig = try ProbeRig(
      index.machine, index.target.kind, index.target.size, base + clean, seed: seed)
    return (rig, pages..<(pages + clean.count))
  }

  /// Touches `pages` in order, washing the earlier levels before each; true where this level hit.
  func outcomes(_ pages: [Int], seed: UInt64 = 1) throws -> [Bool] {
    let (rig, wash) = try rig((pages.max() ?? 0) + 1, seed: seed)
    let group = index.target.group
    return pages.map { page in
      rig.sweep(wash)
      return rig.touch(page) <= group
    }
  }

  /// Whether the policy can be told by hits in the earlier level instead: rounds of touches to
  /// `ways + 2` pages drawn at random, long enough to tell all deterministic policies apart.
  static func string(_ ways: Int) -> [Int] {
    var random = Seed(0x7162).stream(ways).generator()
    let length = min(2500, 24 * ways + 200)
    return (0..<length).map { _ in random.below(ways + 2) }
  }

  /// What a lone set of `ways` ways would answer under `policy`.
  static func predicted(_ policy: ReplacementKind, _ ways: Int, _ pages: [Int]) -> [Bool] {
    let array = DetailedArray(
      sets: 1, ways: ways, policy: policy, index: SetIndex(sets: 1, kind: .linear), seed: 1)
    defer { array.deallocate() }
    return pages.map { touch(array, UInt64($0 + 1)) }
  }

  /// One reference to page `number` of a lone set. True on a hit.
  static func touch(_ array: DetailedArray, _ number: UInt64) -> Bool {
    let range = 0..<array.ways
    let key = DetailedArray.key(number: number, shift: 12)
    let found = array.find(key, 0, 0, range)
    if found >= 0 {
      array.touch(slot: found, range: range, count: 1, isFill: false)
      return true
    }
    guard let slot = array.fillSlot(0, range) else { return false }
    _ = array.put(key, 0, valid: 1, locked: false, slot: slot)
    array.touch(slot: slot, range: range, count: 1, isFill: true)
    return false
  }

  /// The policies that answer as the machine does; `random` when it answers itself differently
  /// under another seed.
  func candidates() throws -> [ReplacementKind] {
    let pages = ProbePolicy.string(ways)
    let seen = try outcomes(pages, seed: 1)
    if try outcomes(pages, seed: 2) != seen { return [.random] }
    return ReplacementKind.allCases.filter { policy in
      guard policy != .opt, policy != .random else { return false }
      guard (try? TLBGeometry(entries: ways, ways: ways, policy: policy)) != nil else {
        return false
      }
      return ProbePolicy.predicted(policy, ways, pages) == seen
    }
  }

  /// Where the entries stand after a hit on each position: position 0 is just used, the last one
  /// is the next victim; element q of vector p names the old position of what now stands at q.
  /// Nil when the policy orders entries by more than hits (no permutation policy).
  ///
  /// The method is Abel and Reineke's (RTAS 2013).
  func permutationVectors() throws -> [[Int]]? {
    let before = try order(after: [])
    guard Set(before).count == ways else { return nil }
    var vectors: [[Int]] = []
    for position in 0..<ways {
      let after = try order(after: [before[position]])
      guard Set(after).count == ways else { return nil }
      vectors.append(after.compactMap { page in before.firstIndex(of: page) })
    }
    return vectors
  }

  /// Pages 0 ..< ways, filled in order and then hit as `hits` says, latest victim first: the page
  /// evicted by the n-th fresh miss stands at position ways - n.
  private func order(after hits: [Int]) throws -> [Int] {
    // Several rounds bring any permutation policy to a state that depends on the order alone.
    let fill = Array(repeating: Array(0..<ways), count: 3).flatMap { $0 } + hits
    var order = Array(repeating: -1, count: ways)
    for page in 0..<ways {
      var (kept, lost) = (0, ways + 1)
      while kept + 1 < lost {
        let fresh = (kept + lost) / 2
        let intruders = (0..<fresh).map { ways + $0 }
        let stays = try outcomes(fill + intruders + [page]).last ?? false
        if stays { kept = fresh } else { lost = fresh }
      }
      if lost <= ways { order[ways - lost] = page }
    }
    return order
  }
}
