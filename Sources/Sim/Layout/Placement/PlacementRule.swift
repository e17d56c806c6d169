/// Where in its window a system puts what it loads. The names are those profiles use; the letters
/// are those of the literature note on placement rules.
public enum PlacementRule: String, CaseIterable, Sendable {
  /// P1: lowest free address that fits.
  case firstFit
  /// P1s: P1 with the superpage shift for objects of at least one superpage.
  case firstFitSuperpage
  /// P1n: lowest fit from a rotating hint.
  case nextFit
  /// P2: best fit over imported spans, the outer arena by instant fit.
  case bestFitInstantFit
  /// P2h: P2 with punched holes and the oversize retry.
  case bestFitInstantFitHoles
  /// P3: smallest sufficient run, cut from its tail.
  case runTail
  /// P4: heap, first block that fits, cut from its high end.
  case heapFirstFit
  /// P5: heap, smallest block that fits, cut from its high end.
  case heapBestFit
  /// P6: one behind the other at boot, never handed back.
  case sequential
  /// P7: contiguous logical range, lowest that fits, frames scattered.
  case contiguousLogical
  /// P8: any range; first fit stands in for it.
  case anyRange

  /// What the rule does, in one line.
  public var summary: String {
    switch self {
    case .firstFit: "lowest free address that fits"
    case .firstFitSuperpage: "lowest fit, shifted to superpage boundaries when big enough"
    case .nextFit: "lowest fit from a rotating hint"
    case .bestFitInstantFit: "best fit in owned spans over instant-fit imports"
    case .bestFitInstantFitHoles: "best fit over instant fit with punched holes and oversize retry"
    case .runTail: "smallest sufficient run, cut from its tail"
    case .heapFirstFit: "first heap block that fits, cut from its high end"
    case .heapBestFit: "smallest heap block that fits, cut from its high end"
    case .sequential: "one behind the other, never handed back"
    case .contiguousLogical: "contiguous logical range over scattered frames"
    case .anyRange: "any free range"
    }
  }
}

/// Everything a placement rule needs to know about the space it works in.
public struct PlacementParameters: Hashable, Sendable {
  /// What may be handed out, in the order the system adds it; disjoint.
  public var windows: [AddressRange]
  /// Unit sizes are rounded to; a power of two.
  public var granule: UInt64
  /// Bytes kept unmapped behind each range handed out.
  public var guardBytes: UInt64 = 0
  /// P1s: objects of at least this many bytes are shifted.
  public var superpage: PageSize = .large2M
  /// P2: spans owned from boot: what the base image left over.
  public var seeds: [AddressRange] = []
  /// P2: unit of imports.
  public var importPage: PageSize = .base4K
  /// P2h.
  public var holes: VmemArena.Holes?

  /// - Precondition: `granule` is a power of two.
  public init(windows: [AddressRange], granule: UInt64 = 4096) {
    self.windows = windows
    self.granule = granule
  }

  /// The first two windows or seeds that overlap, which no arena may have.
  public var overlap: (AddressRange, AddressRange)? {
    let all = (windows + seeds).filter { !$0.isEmpty }.sorted()
    for (a, b) in zip(all, all.dropFirst()) where a.overlaps(b) { return (a, b) }
    return nil
  }
}

/// An arena of any rule, with guard space behind each range it hands out.
public struct Arena: VirtualArena {
  private enum Storage: Sendable {
    case firstFit(FirstFitArena)
    case superpage(SuperpageFirstFitArena)
    case nextFit(NextFitArena)
    case vmem(VmemArena)
    case bestFitTail(BestFitTailArena)
    case heapFirstFit(HeapFirstFitArena)
    case sequential(SequentialArena)
  }

  /// The rule it works by.
  public let rule: PlacementRule
  private let guardBytes: UInt64
  private let granule: UInt64
  private var storage: Storage

  /// - Precondition: the granule is a power of two and nothing in `parameters` overlaps.
  public init(_ rule: PlacementRule, _ parameters: PlacementParameters) {
    self.rule = rule
    guardBytes = parameters.guardBytes
    granule = parameters.granule
    let windows = parameters.windows
    switch rule {
    case .firstFit, .contiguousLogical, .anyRange:
      storage = .firstFit(FirstFitArena(windows: windows, granule: granule))
    case .firstFitSuperpage:
      storage = .superpage(
        SuperpageFirstFitArena(
          windows: windows, granule: granule, superpage: parameters.superpage.bytes))
    case .nextFit:
      storage = .nextFit(NextFitArena(windows: windows, granule: granule))
    case .bestFitInstantFit, .bestFitInstantFitHoles:
      storage = .vmem(
        VmemArena(
          seeds: parameters.seeds, windows: windows, quantum: granule,
          page: parameters.importPage,
          holes: rule == .bestFitInstantFitHoles ? parameters.holes : nil))
    case .runTail:
      storage = .bestFitTail(
        BestFitTailArena(windows: windows, granule: granule, latestFirst: true))
    case .heapFirstFit:
      storage = .heapFirstFit(HeapFirstFitArena(windows: windows, granule: granule))
    case .heapBestFit:
      storage = .bestFitTail(
        BestFitTailArena(windows: windows, granule: granule, latestFirst: false))
    case .sequential:
      let window = windows.first ?? AddressRange(0, 0)
      storage = .sequential(SequentialArena(window: window, granule: granule))
    }
  }

  /// A range of `size` bytes rounded to the granule, with the guard space behind it kept free.
  public mutating func allocate(size: UInt64, alignment: UInt64) -> AddressRange? {
    guard let size = rounded(size, to: granule) else { return nil }
    let (whole, overflow) = size.addingReportingOverflow(guardBytes)
    guard !overflow, let range = raw(whole, alignment) else { return nil }
    return AddressRange(start: range.lower, size: size)
  }

  /// Gives back a range `allocate` returned, its guard space with it.
  @discardableResult
  public mutating func free(_ range: AddressRange) -> Bool {
    let (upper, overflow) = range.upper.addingReportingOverflow(guardBytes)
    guard !overflow else { return false }
    let whole = AddressRange(range.lower, upper)
    switch storage {
    case .firstFit(var arena): return put(&arena, whole) { .firstFit($0) }
    case .superpage(var arena): return put(&arena, whole) { .superpage($0) }
    case .nextFit(var arena): return put(&arena, whole) { .nextFit($0) }
    case .vmem(var arena): return put(&arena, whole) { .vmem($0) }
    case .bestFitTail(var arena): return put(&arena, whole) { .bestFitTail($0) }
    case .heapFirstFit(var arena): return put(&arena, whole) { .heapFirstFit($0) }
    case .sequential(var arena): return put(&arena, whole) { .sequential($0) }
    }
  }

  public var freeRanges: [AddressRange] { current.freeRanges }
  public var largestHole: UInt64 { current.largestHole }

  /// Spans the two-level rules imported and returned since the last call; none for other rules.
  public mutating func drainSpanChanges() -> [VmemArena.SpanChange] {
    guard case .vmem(var arena) = storage else { return [] }
    storage = Arena.empty
    let changes = arena.drainSpanChanges()
    storage = .vmem(arena)
    return changes
  }

  /// Whether pages come and go with spans, not with what is handed out.
  public var pagesComeWithSpans: Bool {
    rule == .bestFitInstantFit || rule == .bestFitInstantFitHoles
  }

  private var current: any VirtualArena {
    switch storage {
    case .firstFit(let arena): arena
    case .superpage(let arena): arena
    case .nextFit(let arena): arena
    case .vmem(let arena): arena
    case .bestFitTail(let arena): arena
    case .heapFirstFit(let arena): arena
    case .sequential(let arena): arena
    }
  }

  private mutating func raw(_ size: UInt64, _ alignment: UInt64) -> AddressRange? {
    switch storage {
    case .firstFit(var arena): return get(&arena, size, alignment) { .firstFit($0) }
    case .superpage(var arena): return get(&arena, size, alignment) { .superpage($0) }
    case .nextFit(var arena): return get(&arena, size, alignment) { .nextFit($0) }
    case .vmem(var arena): return get(&arena, size, alignment) { .vmem($0) }
    case .bestFitTail(var arena): return get(&arena, size, alignment) { .bestFitTail($0) }
    case .heapFirstFit(var arena): return get(&arena, size, alignment) { .heapFirstFit($0) }
    case .sequential(var arena): return get(&arena, size, alignment) { .sequential($0) }
    }
  }

  // The payload is taken out of the enum while it changes, or every change would copy it whole.
  private mutating func get<A: VirtualArena>(
    _ arena: inout A, _ size: UInt64, _ alignment: UInt64, _ wrap: (A) -> Storage
  ) -> AddressRange? {
    storage = Arena.empty
    let range = arena.allocate(size: size, alignment: alignment)
    storage = wrap(arena)
    return range
  }

  private mutating func put<A: VirtualArena>(
    _ arena: inout A, _ range: AddressRange, _ wrap: (A) -> Storage
  ) -> Bool {
    storage = Arena.empty
    let freed = arena.free(range)
    storage = wrap(arena)
    return freed
  }

  private static let empty = Storage.sequential(
    SequentialArena(window: AddressRange(0, 0), granule: 1))
}
