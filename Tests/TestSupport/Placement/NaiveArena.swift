public import Sim

/// A placement rule in the most obvious way: one list of free ranges in address order, walked from
/// its start, the answer picked by looking at every range. The oracle for the fast arenas.
public struct NaiveArena {
  public var free: [AddressRange]
  let rule: PlacementRule
  let granule: UInt64
  let superpage: UInt64
  var hint: UInt64 = 0
  /// When each run was filed, by its start; only the NT rule looks.
  var filed: [UInt64: Int] = [:]
  var clock = 0

  public init(_ rule: PlacementRule, _ parameters: PlacementParameters) {
    self.rule = rule
    granule = parameters.granule
    superpage = parameters.superpage.bytes
    free = []
    for window in parameters.windows { give(window) }
  }

  static func up(_ x: UInt64, _ a: UInt64) -> UInt64 { (x + a - 1) / a * a }

  public mutating func allocate(size: UInt64, alignment: UInt64) -> AddressRange? {
    let size = NaiveArena.up(size, granule)
    let alignment = max(alignment, granule)
    guard let start = choose(size, alignment) else { return nil }
    let taken = AddressRange(start: start, size: size)
    guard let index = free.firstIndex(where: { $0.lower <= start && taken.upper <= $0.upper })
    else { return nil }
    let old = free.remove(at: index)
    for rest in [AddressRange(taken.upper, old.upper), AddressRange(old.lower, start)]
    where !rest.isEmpty {
      free.insert(rest, at: index)
      clock += 1
      filed[rest.lower] = clock
    }
    hint = taken.upper
    return taken
  }

  public mutating func give(_ range: AddressRange) {
    var joined = range
    free.removeAll { other in
      guard other.upper == joined.lower || other.lower == joined.upper else { return false }
      joined = AddressRange(min(joined.lower, other.lower), max(joined.upper, other.upper))
      return true
    }
    free.append(joined)
    free.sort()
    clock += 1
    filed[joined.lower] = clock
  }

  func choose(_ size: UInt64, _ alignment: UInt64) -> UInt64? {
    switch rule {
    case .firstFit, .contiguousLogical, .anyRange: return lowest(size, alignment, from: 0)
    case .firstFitSuperpage:
      return (size >= superpage ? lowest(size, max(alignment, superpage), from: 0) : nil)
        ?? lowest(size, alignment, from: 0)
    case .nextFit:
      return lowest(size, alignment, from: hint) ?? lowest(size, alignment, from: 0)
    case .heapFirstFit:
      return free.lazy.compactMap { self.tail($0, size, alignment) }.first
    case .heapBestFit:
      return free.filter { tail($0, size, alignment) != nil }
        .min { ($0.size, $0.lower) < ($1.size, $1.lower) }
        .flatMap { tail($0, size, alignment) }
    case .runTail:
      return free.filter { tail($0, size, alignment) != nil }
        .min { ($0.size, -filed[$0.lower]!) < ($1.size, -filed[$1.lower]!) }
        .flatMap { tail($0, size, alignment) }
    case .sequential, .bestFitInstantFit, .bestFitInstantFitHoles: return nil
    }
  }

  func lowest(_ size: UInt64, _ alignment: UInt64, from floor: UInt64) -> UInt64? {
    for range in free {
      let start = NaiveArena.up(max(range.lower, floor), alignment)
      if start + size <= range.upper { return start }
    }
    return nil
  }

  func tail(_ range: AddressRange, _ size: UInt64, _ alignment: UInt64) -> UInt64? {
    guard range.size >= size else { return nil }
    let start = (range.upper - size) / alignment * alignment
    return start >= range.lower ? start : nil
  }
}

/// The two-level illumos rule in the most obvious way: free segments in one array each level,
/// newest first, and every choice a search through the whole array.
public struct NaiveVmem {
  struct Free {
    var range: AddressRange
    var span: Int
  }

  /// Newest first.
  var inner: [Free] = []
  var outer: [AddressRange] = []
  var spans: [(range: AddressRange, imported: Bool)] = []
  let quantum: UInt64
  let page: UInt64
  let limit: UInt64?
  let mapped: UInt64

  public init(
    seeds: [AddressRange], window: AddressRange, quantum: UInt64, page: UInt64,
    holes: VmemArena.Holes? = nil
  ) {
    self.quantum = quantum
    self.page = page
    limit = holes.map { window.upper - $0.oversize }
    mapped = holes?.mapped ?? 0
    for seed in seeds {
      spans.append((seed, false))
      inner.insert(Free(range: seed, span: spans.count - 1), at: 0)
    }
    outer = [window]
    if let holes, let limit {
      for start in stride(
        from: window.lower, to: limit, by: Int(holes.unmapped + holes.mapped))
      {
        cutOuter(AddressRange(start: start, size: holes.unmapped))
      }
      cutOuter(AddressRange(start: limit, size: holes.separator))
    }
  }

  static func power(_ size: UInt64) -> Int { 63 - size.leadingZeroBitCount }

  /// Files `rests`, the last of them newest. A rest that begins where the cut ended and stays in
  /// its power of two keeps the old place.
  mutating func cutOuter(_ taken: AddressRange) {
    let index = outer.firstIndex { $0.lower <= taken.lower && taken.upper <= $0.upper }!
    let old = outer[index]
    let right = AddressRange(taken.upper, old.upper)
    if taken.lower == old.lower, !right.isEmpty,
      NaiveVmem.power(right.size) == NaiveVmem.power(old.size)
    {
      outer[index] = right
      return
    }
    outer.remove(at: index)
    if !right.isEmpty { outer.insert(right, at: 0) }
    if old.lower < taken.lower { outer.insert(AddressRange(old.lower, taken.lower), at: 0) }
  }

  mutating func cutInner(_ index: Int, _ size: UInt64) -> UInt64 {
    let old = inner[index]
    let rest = AddressRange(old.range.lower + size, old.range.upper)
    if !rest.isEmpty, NaiveVmem.power(rest.size) == NaiveVmem.power(old.range.size) {
      inner[index].range = rest
    } else {
      inner.remove(at: index)
      if !rest.isEmpty { inner.insert(Free(range: rest, span: old.span), at: 0) }
    }
    return old.range.lower
  }

  func bestInner(_ size: UInt64, below ceiling: UInt64) -> Int? {
    var best: Int?
    for (index, free) in inner.enumerated() {
      let end = min(free.range.upper, ceiling)
      guard end > free.range.lower, end - free.range.lower >= size else { continue }
      if best.map({ free.range.size < inner[$0].range.size }) ?? true { best = index }
    }
    return best
  }

  /// Head of the smallest list all of whose members are certainly big enough; else any that fits.
  func instantOuter(_ size: UInt64) -> Int? {
    let certain = size.nonzeroBitCount == 1 ? NaiveVmem.power(size) : NaiveVmem.power(size) + 1
    let lists = Set(outer.map { NaiveVmem.power($0.size) }).filter { $0 >= certain }
    if let list = lists.min() { return outer.firstIndex { NaiveVmem.power($0.size) == list } }
    return outer.firstIndex { $0.size >= size }
  }

  /// The whole piece; the caller pads for alignment.
  public mutating func allocate(_ asked: UInt64) -> AddressRange? {
    let size = NaiveArena.up(asked, quantum)
    var start: UInt64
    if let index = bestInner(size, below: .max) {
      start = cutInner(index, size)
    } else {
      let span = NaiveArena.up(size, page)
      guard let index = instantOuter(span) else { return nil }
      let range = AddressRange(start: outer[index].lower, size: span)
      cutOuter(range)
      spans.append((range, true))
      inner.insert(Free(range: range, span: spans.count - 1), at: 0)
      start = cutInner(0, size)
    }
    if let limit, size < mapped, start >= limit, let index = bestInner(size, below: limit) {
      let better = cutInner(index, size)
      free(AddressRange(start: start, size: size))
      start = better
    }
    return AddressRange(start: start, size: size)
  }

  public mutating func free(_ range: AddressRange) {
    let span = spans.firstIndex {
      $0.range.lower <= range.lower && range.upper <= $0.range.upper
    }!
    var joined = range
    inner.removeAll { free in
      guard free.span == span else { return false }
      guard free.range.upper == joined.lower || free.range.lower == joined.upper else {
        return false
      }
      joined = AddressRange(
        min(joined.lower, free.range.lower), max(joined.upper, free.range.upper))
      return true
    }
    guard spans[span].imported, joined == spans[span].range else {
      inner.insert(Free(range: joined, span: span), at: 0)
      return
    }
    spans[span] = (AddressRange(0, 0), true)
    var back = joined
    outer.removeAll { other in
      guard other.upper == back.lower || other.lower == back.upper else { return false }
      back = AddressRange(min(back.lower, other.lower), max(back.upper, other.upper))
      return true
    }
    outer.insert(back, at: 0)
  }

  public var freeRanges: [AddressRange] { (inner.map(\.range) + outer).sorted() }
}
