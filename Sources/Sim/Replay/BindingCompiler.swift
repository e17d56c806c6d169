/// Turns translations into page keys for every array they can live in.
struct BindingCompiler {
  let machine: Machine
  let plan: LevelPlan
  /// The machine's smallest page.
  private let base: PageSize
  /// By array: what a key needs to know of it.
  private let facts: [ArrayFacts]

  private struct ArrayFacts {
    let coalesceShift: Int
    let sectorsBasePagesOnly: Bool
    /// The one unit of an array without way shares.
    let unit: Int?
  }

  init(machine: Machine, plan: LevelPlan) {
    self.machine = machine
    self.plan = plan
    base = machine.pageSizes.min() ?? .base4K
    facts = machine.arrays.enumerated().map { a, array in
      let units = plan.shapes.indices.filter { plan.shapes[$0].array == a }
      return ArrayFacts(
        coalesceShift: array.coalescePages.trailingZeroBitCount,
        sectorsBasePagesOnly: array.sector?.basePageOnly == true,
        unit: units.count == 1 ? units[0] : nil)
    }
  }

  /// Where pages of `size` go at `level` for `kind`: the array and the size of the pieces it holds.
  /// Nil when no array of the level takes them.
  func home(level: Int, kind: AccessKind, size: PageSize) -> (array: Int, piece: PageSize)? {
    let candidates = plan.candidates[level][Int(kind.rawValue)].filter {
      machine.arrays[$0].accepts != .lockedOrLarge || size > base
    }
    for a in candidates where machine.arrays[a].pageSizes.contains(size) { return (a, size) }
    for a in candidates {
      if let piece = machine.arrays[a].entrySize(size) { return (a, piece) }
    }
    // A page no array of the machine takes whole is cut up by the first level that can.
    guard level == plan.firstLevel[Int(kind.rawValue)], !taken(kind, size) else { return nil }
    let pieces = candidates.compactMap { a in
      machine.arrays[a].pageSizes.filter { $0 < size }.max().map { (array: a, piece: $0) }
    }
    return pieces.max { $0.piece < $1.piece }
  }

  /// True when an array of some level takes the page whole or in its own pieces.
  private func taken(_ kind: AccessKind, _ size: PageSize) -> Bool {
    machine.arrays.contains { $0.side.serves(kind) && $0.entrySize(size) != nil }
  }

  /// The key of the pages of one translation at one level for one kind.
  enum PageKeyRule {
    /// The same for every site of the translation.
    case whole(UInt64)
    /// The page is held in pieces: the key depends on the address.
    case pieces(array: Int, piece: PageSize)
  }

  /// - Throws: `InputError` when some page can live in no array at all.
  func rules(
    _ binding: Binding, level: Int, kind: AccessKind, units: inout [TLBUnit],
    coalescing: inout [[UInt8]?]
  ) throws -> [PageKeyRule] {
    let pass = PageKey.pseudo(plan.routes.pass)
    let locked = PageKey.pseudo(plan.routes.locked)
    let unbound = PageKey.pseudo(plan.routes.unbound)
    guard machine.arrays.contains(where: { $0.side.serves(kind) }) else {
      return Array(repeating: .whole(unbound), count: binding.translations.count)
    }
    var rules: [PageKeyRule] = []
    rules.reserveCapacity(binding.translations.count)
    // Homes by page size: there are few sizes and many pages.
    var homes: [(size: PageSize, home: (array: Int, piece: PageSize)?)] = []
    for (t, translation) in binding.translations.enumerated() {
      if translation.isLocked {
        rules.append(.whole(locked))
        continue
      }
      let known = homes.firstIndex { $0.size == translation.size }
      let found =
        known.map { homes[$0].home } ?? home(level: level, kind: kind, size: translation.size)
      if known == nil { homes.append((translation.size, found)) }
      guard let home = found else {
        if level == plan.firstLevel[Int(kind.rawValue)], !taken(kind, translation.size) {
          throw InputError(
            file: "machine \(machine.id)",
            "no array holds \(translation.size) pages for a \(kind), nor smaller pieces of them")
        }
        rules.append(.whole(pass))
        continue
      }
      if home.piece < translation.size {
        rules.append(.pieces(array: home.array, piece: home.piece))
        continue
      }
      let entryShift = entryShift(
        t, translation, home.array, binding.translations, &coalescing[home.array])
      rules.append(
        .whole(
          try key(
            array: home.array, address: translation.virtualBase, size: translation.size,
            entryShift: entryShift, isGlobal: translation.isGlobal, units: &units)))
    }
    return rules
  }

  /// log2 of the bytes the entry of one translation covers: the page, a contiguous-hint run of
  /// pages, or neighbours coalesced with it.
  private func entryShift(
    _ t: Int, _ translation: Translation, _ array: Int, _ all: [Translation],
    _ coalescing: inout [UInt8]?
  ) -> UInt8 {
    let size = translation.size
    if translation.hasContiguousHint {
      var pages = machine.contiguousHints.first { $0.pageSize == size }?.pages ?? 0
      if pages == 0, size == base { pages = machine.contiguousHintPages }
      if pages > 1 {
        return size.shift + UInt8((pages - 1).bitWidth - (pages - 1).leadingZeroBitCount)
      }
    }
    let limit = 1 << facts[array].coalesceShift
    guard limit > 1, size == base else { return size.shift }
    if coalescing == nil { coalescing = coalescedShifts(all, limit: limit) }
    return coalescing?[t] ?? size.shift
  }

  /// The key of the entry at `address` in one array.
  /// - Parameters:
  ///   - size: page size, whose number picks the set.
  ///   - entryShift: log2 of the bytes the entry covers.
  func key(
    array: Int, address: UInt64, size: PageSize, entryShift: UInt8, isGlobal: Bool,
    units: inout [TLBUnit]
  ) throws -> UInt64 {
    let fact = facts[array]
    let global = isGlobal && machine.hasGlobalBit
    let isBase = size == base
    let u =
      fact.unit
      ?? plan.unit(array, size, coalesced: entryShift > size.shift && fact.coalesceShift > 0)
    let sectored = units[u].sectorShift > 0 && (isBase || !fact.sectorsBasePagesOnly)
    let span = sectored ? units[u].sectorShift : 0
    let coalesceSpan = isBase ? fact.coalesceShift : 0
    let number = size.number(address)
    // Every entry of a coalescing array is indexed above the bits a merged entry covers.
    let setShift = max(Int(size.shift) + max(span, coalesceSpan), Int(entryShift))
    let set = units[u].index(address >> UInt64(setShift))
    let shift = entryShift + UInt8(span)
    let id = units[u].entries.id(
      EntryKey(number: address >> UInt64(shift), shift: shift, isGlobal: global))
    guard id < TLBUnit.idLimit(sectored: units[u].hasValidBits, tagged: machine.asidBits > 0) else {
      throw InputError(
        file: "machine \(machine.id)", "\(machine.arrays[array].name): too many distinct pages")
    }
    var tag = id
    if units[u].hasValidBits {
      let page = UInt32(truncatingIfNeeded: number) & ((1 << UInt32(span)) - 1)
      tag = id << TLBUnit.sectorBits | page
    }
    return PageKey.make(
      route: u, set: set, tag: tag, isGlobal: global,
      forgetsRepeats: units[u].policy.forgetsRepeats)
  }
}

/// log2 of the bytes one coalesced entry covers, for every translation.
///
/// Pages share an entry when they lie in one aligned group (the largest power of two up to
/// `limit` pages) whose referenced pages all keep one aligned distance to their frames.
func coalescedShifts(_ translations: [Translation], limit: Int) -> [UInt8] {
  var shifts = translations.map(\.size.shift)
  // By size, then address, then place: kept in one array, so that comparing follows no index.
  let places = translations.enumerated().map { place, page in
    (size: page.size.shift, base: page.virtualBase, place: place)
  }
  let order = places.sorted {
    $0.size != $1.size
      ? $0.size < $1.size : $0.base != $1.base ? $0.base < $1.base : $0.place < $1.place
  }.map(\.place)
  var pages = limit
  while pages > 1 {
    var first = 0
    while first < order.count {
      let head = translations[order[first]]
      let bytes = head.size.bytes &* UInt64(pages)
      let group = head.virtualBase & ~(bytes &- 1)
      var end = first
      var uniform = true
      while end < order.count {
        let page = translations[order[end]]
        if page.size != head.size || page.virtualBase & ~(bytes &- 1) != group { break }
        let delta = page.physicalBase &- page.virtualBase
        uniform =
          uniform && delta & (bytes &- 1) == 0
          && delta == head.physicalBase &- head.virtualBase && page.isGlobal == head.isGlobal
        end += 1
      }
      if uniform {
        for member in order[first..<end] where shifts[member] == head.size.shift {
          shifts[member] = head.size.shift + UInt8(pages.trailingZeroBitCount)
        }
      }
      first = end
    }
    pages /= 2
  }
  return shifts
}
