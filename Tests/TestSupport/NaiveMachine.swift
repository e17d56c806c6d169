public import Sim

/// A machine's TLB in obvious code: one reference at a time, each array a `NaiveTLB`.
public struct NaiveMachine {
  public let machine: Machine
  public var arrays: [NaiveTLB]
  public var lookups: [Int]
  public var misses: [Int]
  public var walks = 0

  public init(_ machine: Machine, seed: UInt64) {
    self.machine = machine
    arrays = machine.arrays.indices.map {
      NaiveTLB(
        machine.arrays[$0].geometry, wired: machine.arrays[$0].wiredEntries,
        seed: Seed(seed).stream("array").stream($0).value)
    }
    lookups = Array(repeating: 0, count: arrays.count)
    misses = lookups
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
    for level in Set(machine.arrays.map(\.level)).sorted() {
      let home = machine.arrays.indices.first {
        machine.arrays[$0].level == level && Self.serves(machine.arrays[$0].side, kind)
          && machine.arrays[$0].entrySize(page.size) != nil
      }
      guard let a = home, let piece = machine.arrays[a].entrySize(page.size) else { continue }
      let number = address >> UInt64(piece.shift)
      lookups[a] += 1
      let name = "\(page.isGlobal ? "g" : "n") \(piece) \(number)"
      if arrays[a].access(number, name) { return }
      misses[a] += 1
    }
    walks += 1
  }

  public mutating func flush(_ stale: (String) -> Bool) {
    for a in arrays.indices { arrays[a].remove(where: stale) }
  }
}
