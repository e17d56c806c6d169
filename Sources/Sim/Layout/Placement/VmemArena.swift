/// P2: best fit inside spans the system owns already, over an outer arena searched by instant fit
/// (illumos `module_text` over `heaptext`, `module_data` over the core heap).
///
/// When nothing inside fits, exactly the page-rounded size is imported as a new span; a span that
/// becomes wholly free goes back. The import keeps only the low flag bits, so the outer arena never
/// sees the best-fit wish (`common/os/vmem.c`, `common/vm/seg_kmem.c`).
public struct VmemArena: VirtualArena {
  /// P2h: where text may not lie, and which half is for big pieces (illumos on SPARC).
  public struct Holes: Hashable, Sendable {
    /// Bytes left unmapped at the start of every `unmapped + mapped` bytes.
    public var unmapped: UInt64
    /// Bytes usable behind each hole.
    public var mapped: UInt64
    /// Bytes at the window's end without holes.
    public var oversize: UInt64
    /// Bytes kept free between the two halves.
    public var separator: UInt64

    public init(unmapped: UInt64, mapped: UInt64, oversize: UInt64, separator: UInt64) {
      self.unmapped = unmapped
      self.mapped = mapped
      self.oversize = oversize
      self.separator = separator
    }
  }

  /// A span that came from the outer arena, or went back to it. Its pages come and go with it.
  public enum SpanChange: Hashable, Sendable {
    case imported(AddressRange)
    case returned(AddressRange)
  }

  private var changes: [SpanChange] = []
  private var inner: Vmem
  private var outer: Vmem
  private let holes: Holes?
  /// Where the oversize half begins.
  private let limit: UInt64
  /// Start of the whole piece, by the aligned start that was returned.
  private var pieceOfResult: [UInt64: UInt64] = [:]

  /// - Parameters:
  ///   - seeds: what the base image left over: the nucleus slack.
  ///   - windows: what the outer arena owns.
  ///   - quantum: unit of the inner arena; 1 or 8 bytes, so that modules share pages.
  ///   - page: unit of imports.
  public init(
    seeds: [AddressRange], windows: [AddressRange], quantum: UInt64, page: PageSize,
    holes: Holes? = nil
  ) {
    inner = Vmem(quantum: quantum)
    outer = Vmem(quantum: page.bytes)
    self.holes = holes
    for seed in seeds where !seed.isEmpty { inner.addSpan(seed, imported: false) }
    for window in windows where !window.isEmpty { outer.addSpan(window, imported: false) }
    guard let holes, let window = windows.first, window.size >= holes.oversize,
      holes.unmapped &+ holes.mapped > 0
    else {
      limit = .max
      return
    }
    limit = window.upper - holes.oversize
    var address = window.lower
    while limit - address >= holes.unmapped + holes.mapped {
      _ = outer.take(exactly: AddressRange(start: address, size: holes.unmapped))
      address += holes.unmapped + holes.mapped
    }
    if holes.separator > 0 {
      _ = outer.take(exactly: AddressRange(start: limit, size: holes.separator))
    }
  }

  /// Requests `size + alignment` bytes, as the runtime linker does, and aligns inside them.
  public mutating func allocate(size: UInt64, alignment: UInt64) -> AddressRange? {
    let padding = alignment > inner.quantum ? alignment : 0
    guard let size = rounded(size, to: inner.quantum), size <= 1 << 62,
      let wanted = rounded(size + padding, to: inner.quantum),
      var piece = innerOrImported(wanted)
    else { return nil }
    if let holes, wanted < holes.mapped, piece >= limit,
      let better = inner.take(wanted, fit: .best, below: limit)
    {
      release(piece)
      piece = better
    }
    let start = rounded(piece, to: max(alignment, 1)) ?? piece
    pieceOfResult[start] = piece
    return AddressRange(start: start, size: size)
  }

  @discardableResult
  public mutating func free(_ range: AddressRange) -> Bool {
    guard let piece = pieceOfResult.removeValue(forKey: range.lower) else { return false }
    release(piece)
    return true
  }

  /// Free bytes of the spans already owned and of the outer arena.
  public var freeRanges: [AddressRange] { (inner.freeRanges + outer.freeRanges).sorted() }

  /// Free bytes inside the spans owned already: what small modules still fit in.
  public var ownedFreeRanges: [AddressRange] { inner.freeRanges }

  /// Spans that came and went since the last call, in order.
  public mutating func drainSpanChanges() -> [SpanChange] {
    defer { changes = [] }
    return changes
  }

  private mutating func innerOrImported(_ size: UInt64) -> UInt64? {
    if let start = inner.take(size, fit: .best) { return start }
    let quantum = max(inner.quantum, outer.quantum)
    guard let asked = rounded(size, to: quantum),
      let span = outer.take(asked, fit: .instant)
    else { return nil }
    let range = AddressRange(start: span, size: asked)
    inner.addSpan(range, imported: true)
    changes.append(.imported(range))
    return inner.take(size, fit: .best)
  }

  private mutating func release(_ piece: UInt64) {
    if let span = inner.release(piece)?.span {
      _ = outer.release(span.lower)
      changes.append(.returned(span))
    }
  }
}
