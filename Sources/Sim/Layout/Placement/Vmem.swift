/// A slab-era resource arena as Bonwick and Adams describe it (USENIX 2001): spans cut into
/// segments, free segments on lists by power of two, the last one filed first.
///
/// One arena of the two levels of illumos modules; `VmemArena` puts them together. The behaviour
/// follows illumos `common/os/vmem.c`.
struct Vmem: Sendable {
  /// How a request picks among free segments.
  enum Fit: Sendable {
    /// The smallest that fits; of equals the one last filed.
    case best
    /// The head of the smallest list whose every member is certainly big enough.
    case instant
  }

  /// What freeing did: `span` is the imported span that became wholly free and has to go back.
  struct Released {
    var span: AddressRange?
  }

  private enum Kind: UInt8 { case span, allocated, free }

  private struct Segment {
    var start: UInt64
    var end: UInt64
    var kind: Kind
    /// A span that came from the outer arena and goes back when wholly free.
    var imported = false
    // Neighbours in address order within the span list, and on the free list; -1: none.
    var previous = -1
    var next = -1
    var listPrevious = -1
    var listNext = -1
    var size: UInt64 { end - start }
  }

  private var segments: [Segment] = []
  private var unused: [Int] = []
  private var heads = [Int](repeating: -1, count: 64)
  /// Bit i is set when list i, of sizes in [2^i, 2^(i+1)), is populated.
  private var populated: UInt64 = 0
  private var allocated: [UInt64: Int] = [:]
  private var lastOfAll = -1
  let quantum: UInt64

  /// - Precondition: `quantum` is a power of two.
  init(quantum: UInt64) { self.quantum = quantum }

  /// Adds a span and files it as one free segment.
  mutating func addSpan(_ range: AddressRange, imported: Bool) {
    let span = make(range.lower, range.upper, .span)
    segments[span].imported = imported
    segments[span].previous = lastOfAll
    if lastOfAll >= 0 { segments[lastOfAll].next = span }
    lastOfAll = span
    let free = make(range.lower, range.upper, .free)
    link(free, after: span)
    file(free)
  }

  /// Takes `size` bytes (rounded to the quantum) ending at or below `ceiling`.
  mutating func take(_ size: UInt64, fit: Fit, below ceiling: UInt64 = .max) -> UInt64? {
    guard let size = rounded(size, to: quantum), size <= 1 << 62 else { return nil }
    if fit == .instant, ceiling == .max, let list = certainList(size) {
      return carve(heads[list], at: segments[heads[list]].start, size)
    }
    guard let found = search(size, best: fit == .best, below: ceiling) else { return nil }
    return carve(found, at: segments[found].start, size)
  }

  /// Takes exactly `range` out of the free segment that holds it.
  mutating func take(exactly range: AddressRange) -> Bool {
    var list = populated
    while list != 0 {
      var index = heads[list.trailingZeroBitCount]
      while index >= 0 {
        if segments[index].start <= range.lower, range.upper <= segments[index].end {
          _ = carve(index, at: range.lower, range.size)
          return true
        }
        index = segments[index].listNext
      }
      list &= list - 1
    }
    return false
  }

  /// Frees an allocation by its start; nil when there is none.
  mutating func release(_ start: UInt64) -> Released? {
    guard var index = allocated.removeValue(forKey: start) else { return nil }
    let next = segments[index].next
    if next >= 0, segments[next].kind == .free {
      unfile(next)
      segments[index].end = segments[next].end
      unlink(next)
    }
    let previous = segments[index].previous
    if previous >= 0, segments[previous].kind == .free {
      unfile(previous)
      segments[previous].end = segments[index].end
      unlink(index)
      index = previous
    }
    segments[index].kind = .free
    let span = segments[index].previous
    if segments[span].kind == .span, segments[span].imported,
      segments[index].next < 0 || segments[segments[index].next].kind == .span
    {
      let range = AddressRange(segments[span].start, segments[span].end)
      unlink(index)
      unlink(span)
      return Released(span: range)
    }
    file(index)
    return Released(span: nil)
  }

  /// Size of the allocation that starts at `start`.
  func size(at start: UInt64) -> UInt64? { allocated[start].map { segments[$0].size } }

  /// What is free, in address order.
  var freeRanges: [AddressRange] {
    var ranges: [AddressRange] = []
    for head in heads {
      var index = head
      while index >= 0 {
        ranges.append(AddressRange(segments[index].start, segments[index].end))
        index = segments[index].listNext
      }
    }
    return ranges.sorted()
  }

  // MARK: Choosing

  private func certainList(_ size: UInt64) -> Int? {
    let exact = size.nonzeroBitCount == 1
    let first = exact ? size.trailingZeroBitCount : 64 - size.leadingZeroBitCount
    let lists = populated >> UInt64(first)
    return lists == 0 ? nil : first + lists.trailingZeroBitCount
  }

  private func search(_ size: UInt64, best: Bool, below ceiling: UInt64) -> Int? {
    var first = 63 - size.leadingZeroBitCount
    if !best, ceiling != .max, let certain = certainList(size) { first = certain }
    var lists = (populated >> UInt64(first)) << UInt64(first)
    var found: Int?
    while lists != 0 {
      var index = heads[lists.trailingZeroBitCount]
      while index >= 0 {
        let segment = segments[index]
        let end = min(segment.end, ceiling)
        let better = found.map { segment.size < segments[$0].size } ?? true
        if better, end > segment.start, end - segment.start >= size {
          found = index
          if !best || segment.size == size { return index }
        }
        index = segment.listNext
      }
      if found != nil { return found }
      lists &= lists - 1
    }
    return nil
  }

  // MARK: Cutting and joining

  private mutating func carve(_ index: Int, at start: UInt64, _ size: UInt64) -> UInt64 {
    let old = segments[index]
    let rest = old.size - size
    if start == old.start, rest > 0,
      rest.leadingZeroBitCount == old.size.leadingZeroBitCount
    {
      // The rest stays on its list, where it was.
      segments[index].start = start + size
      let piece = make(start, start + size, .allocated)
      link(piece, after: old.previous)
      allocated[start] = piece
      return start
    }
    unfile(index)
    if start + size < old.end {
      let right = make(start + size, old.end, .free)
      link(right, after: index)
      file(right)
    }
    if old.start < start {
      let left = make(old.start, start, .free)
      link(left, after: old.previous)
      file(left)
    }
    segments[index].start = start
    segments[index].end = start + size
    segments[index].kind = .allocated
    allocated[start] = index
    return start
  }

  private mutating func make(_ start: UInt64, _ end: UInt64, _ kind: Kind) -> Int {
    let segment = Segment(start: start, end: end, kind: kind)
    if let index = unused.popLast() {
      segments[index] = segment
      return index
    }
    segments.append(segment)
    return segments.count - 1
  }

  private mutating func link(_ index: Int, after previous: Int) {
    let next = segments[previous].next
    segments[index].previous = previous
    segments[index].next = next
    segments[previous].next = index
    if next >= 0 { segments[next].previous = index } else { lastOfAll = index }
  }

  private mutating func unlink(_ index: Int) {
    let (previous, next) = (segments[index].previous, segments[index].next)
    if previous >= 0 { segments[previous].next = next }
    if next >= 0 { segments[next].previous = previous } else { lastOfAll = previous }
    unused.append(index)
  }

  private mutating func file(_ index: Int) {
    let list = 63 - segments[index].size.leadingZeroBitCount
    segments[index].listPrevious = -1
    segments[index].listNext = heads[list]
    if heads[list] >= 0 { segments[heads[list]].listPrevious = index }
    heads[list] = index
    populated |= 1 << UInt64(list)
  }

  private mutating func unfile(_ index: Int) {
    let list = 63 - segments[index].size.leadingZeroBitCount
    let (previous, next) = (segments[index].listPrevious, segments[index].listNext)
    if previous >= 0 { segments[previous].listNext = next } else { heads[list] = next }
    if next >= 0 { segments[next].listPrevious = previous }
    if heads[list] < 0 { populated &= ~(1 << UInt64(list)) }
  }
}
