internal import Dispatch

/// One long trace cut into chunks in time, replayed in parallel, repaired exactly.
///
/// A chunk starts with empty arrays. Whatever a set held before only matters for its first misses,
/// as many as it has ways: each is a hit after all when its page lies, counted from the true
/// earlier state, above what the chunk itself had brought in. So every level is run in parallel,
/// then repaired from chunk to chunk; the next level sees repaired misses. The counts, and the
/// state, are those of one pass.
struct ChunkedReplay {
  // Safe: chunks are disjoint parts of the addresses, each worker writes the one slot of its own
  // number, and the call waits for all of them before either buffer goes.
  let levels: [TLBGeometry]
  let shift: UInt32
  let portable: Bool
  let jobs: Int
  /// Addresses a chunk: its misses fit memory, its repair is small beside it.
  var chunk = 1 << 20

  /// What one chunk made of one level: misses in order and the rows it ended with.
  private struct Cold: Sendable {
    var misses: [UInt32] = []
    var rows: [UInt32] = []
    var outside = false
  }

  /// Nil when the trace spans more than 2^32 pages: then one pass has to do.
  /// - Parameter done: told how many addresses are no longer needed, unless it comes to that.
  func run(
    _ addresses: UnsafeBufferPointer<UInt64>, done: (Int) -> Void = { _ in }
  ) -> RawReplay.Counts? {
    var counts = RawReplay.Counts(
      references: UInt64(addresses.count), misses: levels.map { _ in 0 })
    guard let head = unsafe addresses.first else { return counts }
    nonisolated(unsafe) let addresses = unsafe addresses
    let base = ((head >> UInt64(shift)) &- (1 << 31)) & ~0xff_ffff
    var state = levels.map { [UInt32](repeating: 0, count: $0.entries) }
    let chunks = unsafe (addresses.count + chunk - 1) / chunk
    var start = 0
    while start < chunks {
      let round = start..<min(chunks, start + jobs)
      var cold = parallel(round.count) { i in
        let first = (round.lowerBound + i) * chunk
        let last = unsafe min(addresses.count, first + chunk)
        return unsafe self.firstLevel(UnsafeBufferPointer(rebasing: addresses[first..<last]), base)
      }
      if cold.contains(where: \.outside) { return nil }
      for level in levels.indices {
        if level > 0 {
          let inputs = cold.map(\.misses)
          cold = parallel(round.count) { self.nextLevel(level, inputs[$0]) }
        }
        for i in cold.indices { repair(level, &cold[i], &state[level]) }
        counts.misses[level] += cold.reduce(0) { $0 + UInt64($1.misses.count) }
      }
      start = round.upperBound
      unsafe done(min(addresses.count, start * chunk))
    }
    return counts
  }

  private func parallel(_ count: Int, _ work: @escaping @Sendable (Int) -> Cold) -> [Cold] {
    var results = [Cold](repeating: Cold(), count: count)
    unsafe results.withUnsafeMutableBufferPointer { slots in
      nonisolated(unsafe) let slots = unsafe slots
      DispatchQueue.concurrentPerform(iterations: count) { unsafe slots[$0] = work($0) }
    }
    return results
  }

  private func firstLevel(_ addresses: UnsafeBufferPointer<UInt64>, _ base: UInt64) -> Cold {
    var cold = Cold()
    let rows = RowLRU(levels[0], usesLanes: !portable)
    let block = LRUPipeline.block
    var tags = [UInt32](repeating: 0, count: block)
    var previous = UInt64.max
    var start = 0
    while start < addresses.count {
      var kept = 0
      for index in start..<min(addresses.count, start + block) {
        let address = unsafe addresses[index]
        let page = address &>> UInt64(shift)
        let tag = page &- base
        if (tag &- 1) >> 32 != 0 {
          cold.outside = true
          return cold
        }
        tags[kept] = UInt32(truncatingIfNeeded: tag)
        kept += page != previous ? 1 : 0
        previous = page
      }
      append(rows, &tags, kept, to: &cold)
      start += block
    }
    cold.rows = rows.packed()
    return cold
  }

  private func nextLevel(_ level: Int, _ input: [UInt32]) -> Cold {
    var cold = Cold()
    let rows = RowLRU(levels[level], usesLanes: !portable)
    var start = 0
    while start < input.count {
      let end = min(input.count, start + LRUPipeline.block)
      var tags = Array(input[start..<end])
      append(rows, &tags, tags.count, to: &cold)
      start = end
    }
    cold.rows = rows.packed()
    return cold
  }

  private func append(
    _ rows: borrowing RowLRU, _ tags: inout [UInt32], _ count: Int, to cold: inout Cold
  ) {
    tags.append(contentsOf: repeatElement(0, count: 16))
    let missed = unsafe tags.withUnsafeMutableBufferPointer { buffer in
      unsafe buffer.baseAddress.map { unsafe rows.run($0, count, $0) } ?? 0
    }
    tags.removeLast(16)
    cold.misses.append(contentsOf: tags[..<missed])
  }

  /// Turns a chunk's cold misses into true ones, given what the array held before it, and moves
  /// that state past the chunk.
  private func repair(_ level: Int, _ cold: inout Cold, _ state: inout [UInt32]) {
    let geometry = levels[level]
    let index = SetIndex(geometry)
    let ways = geometry.ways
    // What each set had brought in itself before a miss: at most `ways` tags matter.
    var brought = [[UInt32]](repeating: [], count: geometry.sets)
    var open = geometry.sets
    var kept = 0
    var next = 0
    while next < cold.misses.count, open > 0 {
      let tag = cold.misses[next]
      let set = index(UInt64(tag))
      next += 1
      var isHit = false
      if brought[set].count < ways {
        let before = state[(set * ways)..<((set + 1) * ways)]
        var above = brought[set].count
        for held in before where held != 0 {
          if held == tag {
            isHit = above < ways
            break
          }
          above += brought[set].contains(held) ? 0 : 1
        }
        brought[set].append(tag)
        if brought[set].count == ways { open -= 1 }
      }
      if !isHit {
        cold.misses[kept] = tag
        kept += 1
      }
    }
    cold.misses.removeSubrange(kept..<next)
    for set in 0..<geometry.sets {
      let own = cold.rows[(set * ways)..<((set + 1) * ways)].filter { $0 != 0 }
      let older = state[(set * ways)..<((set + 1) * ways)].filter { !own.contains($0) }
      for (way, tag) in (own + older).prefix(ways).enumerated() { state[set * ways + way] = tag }
    }
  }
}

extension RowLRU {
  // Safe: ways and sets run below those of the rows.
  /// The ways of every set, most recent first, without padding.
  borrowing func packed() -> [UInt32] {
    var all: [UInt32] = []
    all.reserveCapacity(sets * ways)
    for set in 0..<sets {
      for way in 0..<ways { unsafe all.append(rows[set * stride + way]) }
    }
    return all
  }
}
