/// Where frames come from: blocks of 2^`order` frames of 4 KiB, aligned to their size.
public protocol FrameSource {
  /// Physical address of a block, or nil when none is to be had.
  mutating func takeBlock(order: Int) -> UInt64?
  /// Gives back a block, or any aligned part of one.
  mutating func giveBlock(_ address: UInt64, order: Int)
}

/// Which physical frames back a piece: the F-rules.
public enum FrameKind: String, CaseIterable, Sendable {
  /// F1: single frames, one by one.
  case single
  /// F1 since Linux 6.19: the largest order that is to be had first.
  case largestFirst
  /// F2: single frames, each of the next page colour (Windows NT).
  case coloured
  /// F3: a reservation for each large page that lies wholly inside the piece, the rest single
  /// frames (FreeBSD `vm_reserv.c`).
  case reservation
  /// F4: one contiguous run, or nothing.
  case contiguous
  /// F5: physical = virtual; nothing is allocated.
  case identity

  /// The physical address of each base page of `range`, in virtual order; nil when memory ran out,
  /// and then everything taken has gone back.
  ///
  /// - Parameters:
  ///   - range: aligned to `base`.
  ///   - large: page size of reservations, and alignment of contiguous runs that hold one.
  ///   - colours: number of page colours of the machine's caches; F2 only.
  ///   - nextColour: the colour the next page gets; F2 advances it.
  public func back(
    _ range: AddressRange, base: PageSize, large: PageSize?, colours: Int = 1,
    nextColour: inout Int, from source: inout some FrameSource
  ) -> [UInt64]? {
    guard !range.isEmpty else { return [] }
    var backing = FrameBacking(range: range, base: base)
    let done: Bool
    switch self {
    case .single: done = backing.fillSingly(from: &source)
    case .largestFirst: done = backing.fillLargestFirst(from: &source)
    case .coloured:
      done = backing.fillByColour(max(1, colours), next: &nextColour, from: &source)
    case .reservation: done = backing.fillByReservation(large, from: &source)
    case .contiguous: done = backing.fillContiguously(large, from: &source)
    case .identity:
      let pages = range.size >> UInt64(base.shift)
      backing.pages = (0..<pages).map { range.lower + $0 << UInt64(base.shift) }
      done = true
    }
    guard done else {
      backing.giveBack(to: &source)
      return nil
    }
    return backing.pages
  }
}

/// A piece being backed.
private struct FrameBacking {
  let range: AddressRange
  let base: PageSize
  /// Physical address by base page so far.
  var pages: [UInt64] = []
  /// Order of one base page in 4 KiB frames.
  private let unit: Int
  private let maxOrder = 10

  init(range: AddressRange, base: PageSize) {
    self.range = range
    self.base = base
    unit = max(0, Int(base.shift) - 12)
    pages.reserveCapacity(count)
  }

  var count: Int { Int(range.size >> UInt64(base.shift)) }

  mutating func giveBack(to source: inout some FrameSource) {
    for page in pages { source.giveBlock(page, order: unit) }
    pages = []
  }

  mutating func fillSingly(upTo end: Int? = nil, from source: inout some FrameSource) -> Bool {
    while pages.count < end ?? count {
      guard let page = source.takeBlock(order: unit) else { return false }
      pages.append(page)
    }
    return true
  }

  /// Appends the pages of a block of 2^`order` base pages. False when there is no such block.
  mutating func appendBlock(_ order: Int, from source: inout some FrameSource) -> Bool {
    guard unit + order <= maxOrder, let first = source.takeBlock(order: unit + order) else {
      return false
    }
    for page in 0..<UInt64(1) << UInt64(order) { pages.append(first + page << UInt64(base.shift)) }
    return true
  }

  /// After a failure the order stays down, as `vm_area_alloc_pages` has it.
  mutating func fillLargestFirst(from source: inout some FrameSource) -> Bool {
    var cap = maxOrder - unit
    while pages.count < count {
      let left = count - pages.count
      cap = min(cap, Int.bitWidth - 1 - left.leadingZeroBitCount)
      if cap <= 0 { return fillSingly(from: &source) }
      if !appendBlock(cap, from: &source) { cap -= 1 }
    }
    return true
  }

  /// Draws frames until one of the wanted colour comes, at most 64, and gives the others back.
  mutating func fillByColour(
    _ colours: Int, next: inout Int, from source: inout some FrameSource
  ) -> Bool {
    while pages.count < count {
      var others: [UInt64] = []
      var found: UInt64?
      while found == nil, others.count < 64, let page = source.takeBlock(order: unit) {
        let colour = Int((page >> UInt64(base.shift)) % UInt64(colours))
        if colour == next % colours { found = page } else { others.append(page) }
      }
      if found == nil { found = others.popLast() }
      for page in others { source.giveBlock(page, order: unit) }
      guard let found else { return false }
      pages.append(found)
      next = (next + 1) % colours
    }
    return true
  }

  mutating func fillByReservation(
    _ large: PageSize?, from source: inout some FrameSource
  ) -> Bool {
    guard let large, large > base else { return fillSingly(from: &source) }
    let order = Int(large.shift - base.shift)
    while pages.count < count {
      let address = range.lower + UInt64(pages.count) << UInt64(base.shift)
      let fits = large.floor(address) == address && range.upper - address >= large.bytes
      if fits, appendBlock(order, from: &source) { continue }
      let next = large.ceil(address + 1)
      let stop = next > address ? min(next, range.upper) : range.upper
      let end = Int((stop - range.lower) >> UInt64(base.shift))
      guard fillSingly(upTo: end, from: &source) else { return false }
    }
    return true
  }

  /// One run from blocks that happen to follow each other: a block of the next power of two whose
  /// rest goes back, or, above the largest order, neighbouring largest blocks.
  mutating func fillContiguously(
    _ large: PageSize?, from source: inout some FrameSource
  ) -> Bool {
    var order = 0
    while 1 << order < count { order += 1 }
    if let large, range.size >= large.bytes { order = max(order, Int(large.shift - base.shift)) }
    guard unit + order <= maxOrder else { return joinLargestBlocks(from: &source) }
    guard appendBlock(order, from: &source) else { return false }
    for page in pages[count...] { source.giveBlock(page, order: unit) }
    pages.removeSubrange(count...)
    return true
  }

  private mutating func joinLargestBlocks(from source: inout some FrameSource) -> Bool {
    let blockBytes = UInt64(4096) << UInt64(maxOrder)
    let needed = (range.size + blockBytes - 1) / blockBytes
    var taken: [UInt64] = []
    var run: ArraySlice<UInt64> = []
    while run.isEmpty, UInt64(taken.count) < needed + 4096,
      let block = source.takeBlock(order: maxOrder)
    {
      let at = taken.firstIndex { $0 > block } ?? taken.count
      taken.insert(block, at: at)
      var (low, high) = (at, at)
      while low > 0, taken[low] - taken[low - 1] == blockBytes { low -= 1 }
      while high + 1 < taken.count, taken[high + 1] - taken[high] == blockBytes { high += 1 }
      if UInt64(high - low + 1) >= needed { run = taken[low..<low + Int(needed)] }
    }
    for block in taken
    where !(run.first.map { block >= $0 } ?? false)
      || !(run.last.map { block <= $0 } ?? false)
    { source.giveBlock(block, order: maxOrder) }
    guard let first = run.first else { return false }
    let whole = needed * (blockBytes >> UInt64(base.shift))
    for page in 0..<whole {
      let address = first + page << UInt64(base.shift)
      if pages.count < count {
        pages.append(address)
      } else {
        source.giveBlock(address, order: unit)
      }
    }
    return true
  }
}
