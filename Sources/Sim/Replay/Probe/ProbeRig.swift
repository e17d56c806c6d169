/// Pages on a machine, touched one by one or in sweeps, with nothing read back but how far down
/// each translation had to go: what a stopwatch or an event counter tells on hardware.
final class ProbeRig {
  // Safe: units index their own sums; the records outlive the call.
  private let engine: ReplayEngine
  private let kind: AccessKind
  let pageCount: Int

  /// - Parameter numbers: page numbers at `size`; frames are scattered so that nothing coalesces.
  init(
    _ machine: Machine, _ kind: AccessKind, _ size: PageSize, _ numbers: [UInt64],
    isGlobal: Bool = true, seed: UInt64 = 1
  ) throws {
    var binding = Binding()
    for (i, number) in numbers.enumerated() {
      let address = number << UInt64(size.shift)
      // Scattered, and one page off any alignment a merged entry would need.
      let frame = (UInt64(i) &* 0x9e37_79b9 & 0xf_ffff) << 10 | (number &+ 1) & 1023
      binding.translations.append(
        Translation(
          virtualBase: address, physicalBase: frame << UInt64(size.shift), size: size,
          isGlobal: isGlobal))
      binding.translationOfSite.append(UInt32(i))
      binding.addressOfSite.append(address)
    }
    engine = try ReplayEngine(
      machine: machine, binding: binding, options: ReplayOptions(seed: seed))
    self.kind = kind
    pageCount = numbers.count
  }

  private var missTotal: UInt64 {
    if let detail = engine.detail {
      return detail.arrays.indices.reduce(0) { unsafe $0 + detail.misses[$1] }
    }
    var total: UInt64 = 0
    for unit in engine.units.indices { unsafe total += engine.sums.misses[unit] }
    return total
  }

  /// Touches one page. Returns how many levels missed: 0 is a first-level hit.
  func touch(_ page: Int) -> Int {
    let before = missTotal
    send([ReferenceRecord(kind, site: UInt32(page))])
    return Int(missTotal - before)
  }

  /// Touches pages in order without looking.
  func sweep(_ pages: some Sequence<Int>) {
    send(pages.map { ReferenceRecord(kind, site: UInt32($0)) })
  }

  func switchSpace(_ space: UInt32) { engine.switchSpace(space) }

  private func send(_ records: [ReferenceRecord]) {
    unsafe records.withUnsafeBufferPointer { unsafe engine.process($0) }
  }

  /// Misses of a sweep in the arrays of level `group`, and its cycles.
  func measure(_ pages: Range<Int>, at group: Int) -> (misses: UInt64, cycles: Double) {
    let before = engine.counters
    sweep(pages)
    let after = engine.counters - before
    let arrays = engine.machine.lookupOrder(kind)[group]
    return (arrays.reduce(0) { $0 + after.arrays[$1].misses }, after.translationCycles)
  }
}

/// Which references and pages reach one array of a machine, and at which level.
struct ProbeTarget {
  let array: Int
  let kind: AccessKind
  /// Index of the level among those that serve the kind.
  let group: Int
  let size: PageSize

  /// Nil when no unlocked page of any size has its home there.
  init?(_ machine: Machine, _ array: Int) {
    let spec = machine.arrays[array]
    let base = machine.pageSizes.min() ?? .base4K
    for kind in [AccessKind.load, .store, .fetch] where spec.side.serves(kind) {
      let order = machine.lookupOrder(kind)
      guard let group = order.firstIndex(where: { $0.contains(array) }) else { continue }
      for size in machine.pageSizes where spec.pageSizes.contains(size) {
        if spec.accepts == .lockedOrLarge, size == base { continue }
        let whole = order[group].first {
          machine.arrays[$0].pageSizes.contains(size)
            && (machine.arrays[$0].accepts != .lockedOrLarge || size > base)
        }
        let shares = order[group].filter {
          machine.arrays[$0].pageSizes.contains(size) && machine.arrays[$0].accepts == .any
        }
        guard whole == array || shares.contains(array) else { continue }
        self.array = array
        self.kind = kind
        self.group = group
        self.size = size
        return
      }
    }
    return nil
  }

  /// The arrays that take pages of this size at this level: rivals share what is inferred.
  func peers(_ machine: Machine) -> [Int] {
    let base = machine.pageSizes.min() ?? .base4K
    return machine.lookupOrder(kind)[group].filter {
      let spec = machine.arrays[$0]
      return spec.pageSizes.contains(size) && (spec.accepts != .lockedOrLarge || size > base)
    }
  }

  /// Bits between pages that no index function reaches: such pages all share a set.
  var farShift: UInt64 { UInt64(min(28, 50 - Int(size.shift))) }

  /// The n-th page, from 1, of one set. Set bits above the index keep the entries of upper table
  /// levels, whose numbers are this one shifted right, out of that set where they share the array.
  func farNumber(_ n: Int) -> UInt64 {
    let apart: UInt64 = farShift == 28 ? 1 << 9 | 1 << 18 | 1 << 27 : 0
    return UInt64(n) << farShift | apart
  }
}
