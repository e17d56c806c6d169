public import Sim

/// A machine's TLB in obvious code: one reference at a time, each array a `NaiveTLB`.
public struct NaiveMachine {
  public let machine: Machine
  public var arrays: [NaiveTLB]
  public var lookups: [Int]
  public var misses: [Int]
  public var walks = 0
  /// Pages walked for at least once.
  public var walked: Set<Translation> = []
  /// By array, then walks: causes of misses.
  public var causes: [[MissCause: Int]]
  /// By array: what a fully associative LRU array of its capacity that nothing flushes holds.
  var yardsticks: [[String]]
  var seen: [Set<String>]
  var flushed: [Set<String>]

  public init(_ machine: Machine, seed: UInt64) {
    self.machine = machine
    arrays = machine.arrays.indices.map {
      NaiveTLB(
        machine.arrays[$0].geometry, wired: machine.arrays[$0].wiredEntries,
        seed: Seed(seed).stream("array").stream($0).value)
    }
    lookups = Array(repeating: 0, count: arrays.count)
    misses = lookups
    causes = Array(repeating: [:], count: arrays.count + 1)
    yardsticks = arrays.map { _ in [] }
    seen = arrays.map { _ in [] }
    flushed = seen
  }

  /// Looks `name` up in an array's yardstick, and says why the array missed it, if it did.
  mutating func cause(_ a: Int, _ name: String, missed: Bool) -> MissCause? {
    let isHeld = yardsticks[a].contains(name)
    yardsticks[a].removeAll { $0 == name }
    yardsticks[a].insert(name, at: 0)
    if yardsticks[a].count > arrays[a].ways * arrays[a].geometry.sets { yardsticks[a].removeLast() }
    guard missed else { return nil }
    let isNew = seen[a].insert(name).inserted
    let wasFlushed = flushed[a].remove(name) != nil
    let cause: MissCause =
      isNew ? .compulsory : !isHeld ? .capacity : wasFlushed ? .flush : .conflict
    causes[a][cause, default: 0] += 1
    return cause
  }

  static func serves(_ side: ArraySide, _ kind: AccessKind) -> Bool {
    switch (side, kind) {
    case (.unified, _), (.instruction, .fetch), (.data, .load), (.data, .store): true
    case (.load, .load), (.store, .store): true
    default: false
    }
  }

  public mutating func reference(_ kind: AccessKind, _ address: UInt64, _ page: Translation) {
    if page.isLocked { return }
    var last = MissCause.capacity
    for level in Set(machine.arrays.map(\.level)).sorted() {
      let home = machine.arrays.indices.first {
        machine.arrays[$0].level == level && Self.serves(machine.arrays[$0].side, kind)
          && machine.arrays[$0].entrySize(page.size) != nil
      }
      guard let a = home, let piece = machine.arrays[a].entrySize(page.size) else { continue }
      let number = address >> UInt64(piece.shift)
      lookups[a] += 1
      let name = "\(page.isGlobal ? "g" : "n") \(piece) \(number)"
      let isHit = arrays[a].access(number, name)
      last = cause(a, name, missed: !isHit) ?? last
      if isHit { return }
      misses[a] += 1
    }
    walks += 1
    walked.insert(page)
    causes[arrays.count][last, default: 0] += 1
  }

  public mutating func flush(_ stale: (String) -> Bool) {
    for a in arrays.indices {
      arrays[a].remove { name in
        if stale(name) { flushed[a].insert(name) }
        return stale(name)
      }
    }
  }
}
