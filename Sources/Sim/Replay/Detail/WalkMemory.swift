/// The data caches page-table reads go through, for walks priced by where each entry lies.
///
/// Only the walker's own reads fill them: the model says how walks of one layout share cache lines
/// with each other, not how data pushes page tables out.
public struct WalkMemory: Hashable, Sendable {
  /// One cache level: an LRU array of 64-byte lines.
  public struct Level: Hashable, Sendable {
    public var lines: Int
    public var ways: Int
    public var latencyCycles: Double

    public init(lines: Int, ways: Int, latencyCycles: Double) {
      self.lines = lines
      self.ways = ways
      self.latencyCycles = latencyCycles
    }
  }

  /// Bytes one level may hold.
  public static let bytesLimit: UInt64 = 1 << 30

  public var levels: [Level]
  public var memoryLatencyCycles: Double

  public init(levels: [Level], memoryLatencyCycles: Double) {
    self.levels = levels
    self.memoryLatencyCycles = memoryLatencyCycles
  }

  /// A 3-4 GHz out-of-order core: 32 KiB, 1 MiB and 32 MiB at 5, 14 and 45 cycles, memory at 220
  /// (assumed).
  public static let desktop = WalkMemory(
    levels: [
      Level(lines: 512, ways: 8, latencyCycles: 5),
      Level(lines: 16_384, ways: 16, latencyCycles: 14),
      Level(lines: 524_288, ways: 16, latencyCycles: 45),
    ], memoryLatencyCycles: 220)
}

/// Walks of a guest whose page tables are themselves translated.
public struct NestedPaging: Hashable, Sendable {
  /// Levels of the host's radix table.
  public var hostLevels: Int
  /// Host translations the walker keeps, fully associative LRU; 0: none.
  public var cachedPages: Int

  public init(hostLevels: Int = 4, cachedPages: Int = 0) {
    self.hostLevels = max(1, hostLevels)
    self.cachedPages = max(0, cachedPages)
  }
}

/// The caches of `WalkMemory` at work.
final class WalkCaches {
  private let memory: WalkMemory
  private let arrays: [DetailedArray]

  init(_ memory: WalkMemory) {
    self.memory = memory
    arrays = memory.levels.enumerated().map { i, level in
      let ways = max(1, min(level.ways, level.lines))
      let sets = max(1, level.lines / ways)
      return DetailedArray(
        sets: sets, ways: ways, policy: .lru, index: SetIndex(sets: sets, kind: .linear),
        seed: UInt64(i))
    }
  }

  deinit { for array in arrays { array.deallocate() } }

  /// Latency of the nearest cache: what a fixed walk cost already contains.
  var nearestCycles: Double { memory.levels.first?.latencyCycles ?? memory.memoryLatencyCycles }

  /// Reads the line at `address` and returns what that takes.
  func read(_ address: UInt64) -> Double {
    let line = address >> 6
    let key = DetailedArray.key(number: line, shift: 6)
    var latency = memory.memoryLatencyCycles
    var missed = 0
    for (i, array) in arrays.enumerated() {
      let set = array.index(line)
      let slot = array.find(key, set, 0, 0..<array.ways)
      if slot >= 0 {
        array.touch(slot: slot, range: 0..<array.ways, count: 1, isFill: false)
        latency = memory.levels[i].latencyCycles
        break
      }
      missed = i + 1
    }
    for array in arrays.prefix(missed) {
      let set = array.index(line)
      guard let slot = array.fillSlot(set, 0..<array.ways) else { continue }
      _ = array.put(key, 0, valid: 1, locked: false, slot: slot)
      array.touch(slot: slot, range: 0..<array.ways, count: 1, isFill: true)
    }
    return latency
  }
}
