/// One zone's free memory as Linux keeps it: blocks of 2^0 to 2^10 frames, split on demand and
/// merged when both halves are free, in lists by migrate type; pageblocks of 512 frames.
///
/// List discipline is the kernel's (mm/page_alloc.c): split halves go to the list's head, the low
/// half is handed out, freed blocks go to the head unless the next larger merge is likely, memory
/// handed over at boot and blocks that change type go to the tail. So which frame a request gets
/// is predicted, not only how many are left.
public struct BuddyAllocator: Sendable {
  /// Orders 0 to 10.
  public static let orderCount = 11
  public static let maxOrder = orderCount - 1
  /// log2 of the frames in a pageblock (2 MiB).
  public static let pageblockOrder = 9
  public static let pageblockFrames: UInt64 = 1 << UInt64(pageblockOrder)

  public let rule: FallbackRule
  /// Frames the zone spans.
  public let span: Range<FrameNumber>
  /// Frames handed to the allocator by `release`, free or not.
  public private(set) var managedFrames: UInt64 = 0
  public internal(set) var freeFrames: UInt64 = 0
  /// Requests served out of another type's memory.
  public internal(set) var fallbackCount: UInt64 = 0
  /// Pageblocks that changed their type.
  public internal(set) var claimedPageblocks: UInt64 = 0

  var store = FreeBlockStore()
  var pageblockTypes: [MigrateType]
  /// Free frames of each pageblock.
  var pageblockFree: [UInt16]
  /// Some pageblocks are kept for contiguous allocations.
  public private(set) var hasCMA = false
  /// Frames of each pageblock allocated as movable.
  var pageblockMovable: [UInt16]
  private let firstPageblock: UInt32

  /// A zone with no memory yet; `release` hands frames over.
  /// - Precondition: the span is not empty and ends below frame 2^32 (16 TiB).
  public init(span: Range<FrameNumber>, rule: FallbackRule = .moveAlways) {
    precondition(!span.isEmpty && span.upperBound.value < 1 << 32, "zone beyond 16 TiB or empty")
    self.span = span
    self.rule = rule
    let shift = UInt64(Self.pageblockOrder)
    let first = span.lowerBound.value >> shift
    firstPageblock = UInt32(first)
    let count = Int(((span.upperBound.value - 1) >> shift) - first + 1)
    pageblockTypes = [MigrateType](repeating: .movable, count: count)
    pageblockFree = [UInt16](repeating: 0, count: count)
    pageblockMovable = [UInt16](repeating: 0, count: count)
  }

  /// A zone of `frames` frames from frame 0 on, all free and movable, as after boot.
  public init(frames: UInt64, rule: FallbackRule = .moveAlways) {
    self.init(span: FrameNumber(0)..<FrameNumber(frames), rule: rule)
    release(span)
  }

  /// Keeps pageblocks for contiguous allocations (`cma=`): only movable pages borrow them. Before
  /// `release`; whole pageblocks inside the range only.
  public mutating func reserveCMA(_ range: Range<FrameNumber>) {
    let size = Self.pageblockFrames
    var first = (range.lowerBound.value + size - 1) / size * size
    while first >= span.lowerBound.value,
      first + size <= min(range.upperBound.value, span.upperBound.value)
    {
      pageblockTypes[pageblock(UInt32(first))] = .cma
      hasCMA = true
      first += size
    }
  }

  /// Free frames of CMA pageblocks.
  public var freeCMAFrames: UInt64 {
    guard hasCMA else { return 0 }
    return (0...Self.maxOrder).reduce(0) { $0 + UInt64(store.length($1, .cma)) << UInt64($1) }
  }

  /// Movable requests use CMA memory before they fall back, and first of all once more than half
  /// of what is free is CMA (mm/page_alloc.c `__rmqueue`).
  private mutating func takeFromCMA(_ order: Int, _ type: MigrateType, early: Bool) -> UInt32? {
    guard hasCMA, type == .movable, !early || freeCMAFrames > freeFrames / 2 else { return nil }
    return takeSmallest(order, .cma)
  }

  /// Hands boot memory over: the largest aligned blocks, in ascending order, at the lists' tails.
  /// - Precondition: the range lies in the span and was not released before.
  public mutating func release(_ range: Range<FrameNumber>) {
    precondition(span.lowerBound <= range.lowerBound && range.upperBound <= span.upperBound)
    var frame = range.lowerBound.value
    while frame < range.upperBound.value {
      var order = min(Self.maxOrder, frame == 0 ? Self.maxOrder : frame.trailingZeroBitCount)
      while frame + (1 << UInt64(order)) > range.upperBound.value { order -= 1 }
      managedFrames += 1 << UInt64(order)
      merge(UInt32(frame), order, boot: true)
      frame += 1 << UInt64(order)
    }
  }

  /// Takes 2^`order` frames, aligned to their size; nil when no list can serve the request.
  /// - Parameter noFragment: refuse to break up other types' pageblocks (`ALLOC_NOFRAGMENT`).
  public mutating func allocate(
    order: Int, migrateType: MigrateType = .unmovable, noFragment: Bool = false
  ) -> FrameNumber? {
    precondition((0...Self.maxOrder).contains(order), "order \(order) outside 0...10")
    guard
      let frame = takeFromCMA(order, migrateType, early: true) ?? takeSmallest(order, migrateType)
        ?? takeFromCMA(order, migrateType, early: false)
        ?? takeFallback(order, migrateType, noFragment: noFragment)
    else { return nil }
    if migrateType == .movable { countMovable(frame, order, add: true) }
    return FrameNumber(UInt64(frame))
  }

  /// Gives 2^`order` frames back; they merge with free neighbours.
  /// - Parameter type: what they were allocated for.
  /// - Precondition: the frames are allocated (debug builds check the first one).
  public mutating func free(
    _ frame: FrameNumber, order: Int, as type: MigrateType = .unmovable
  ) {
    precondition(span.contains(frame), "frame \(frame) outside the zone")
    assert(!isFree(frame), "free of free frame \(frame)")
    let first = UInt32(frame.value)
    if type == .movable { countMovable(first, order, add: false) }
    merge(first, order, boot: false)
  }

  /// Single frames by the bulk path, as vmalloc takes them; fewer when memory runs out.
  public mutating func allocateSinglePages(
    _ count: Int, migrateType: MigrateType = .unmovable
  ) -> [FrameNumber] {
    var frames: [FrameNumber] = []
    frames.reserveCapacity(count)
    while frames.count < count, let frame = allocate(order: 0, migrateType: migrateType) {
      frames.append(frame)
    }
    return frames
  }

  /// Whether a free block covers `frame`.
  public func isFree(_ frame: FrameNumber) -> Bool { freeBlock(over: frame) != nil }

  /// The free block that covers `frame`.
  public func freeBlock(over frame: FrameNumber) -> (start: FrameNumber, order: Int)? {
    guard span.contains(frame) else { return nil }
    for order in 0...Self.maxOrder {
      let start = UInt32(frame.value) & ~((1 << UInt32(order)) - 1)
      if let block = store.block(at: start), block.order >= order {
        return (FrameNumber(UInt64(start)), block.order)
      }
    }
    return nil
  }

  /// The migrate type of the pageblock that holds `frame`.
  public func pageblockType(of frame: FrameNumber) -> MigrateType {
    pageblockTypes[pageblock(UInt32(frame.value))]
  }

  /// Bytes that hold the free blocks; grows with their number.
  public var freeBlockStateBytes: Int { store.stateBytes }

  /// Bytes that hold the pageblocks' state: five a pageblock.
  public var pageblockStateBytes: Int { pageblockTypes.count * 5 }

  // MARK: internals, on frame numbers as the store keeps them

  @inline(__always)
  func pageblock(_ frame: UInt32) -> Int {
    Int(frame >> UInt32(Self.pageblockOrder) - firstPageblock)
  }

  mutating func addFree(_ frame: UInt32, _ order: Int, _ type: MigrateType, atTail: Bool) {
    store.insert(frame, order: order, type: type, atTail: atTail)
    Self.adjust(&pageblockFree, pageblock(frame), order, add: true)
    freeFrames += 1 << UInt64(order)
  }

  mutating func removeFree(_ frame: UInt32, _ order: Int) {
    store.remove(frame)
    Self.adjust(&pageblockFree, pageblock(frame), order, add: false)
    freeFrames -= 1 << UInt64(order)
  }

  mutating func takeSmallest(_ order: Int, _ type: MigrateType) -> UInt32? {
    for current in order...Self.maxOrder {
      guard let frame = store.head(current, type) else { continue }
      removeFree(frame, current)
      expand(frame, from: current, to: order, type)
      return frame
    }
    return nil
  }

  /// Puts the upper halves of a block back until `order` is left at its start.
  mutating func expand(_ frame: UInt32, from: Int, to order: Int, _ type: MigrateType) {
    var current = from
    while current > order {
      current -= 1
      addFree(frame + 1 << UInt32(current), current, type, atTail: false)
    }
  }

  private mutating func merge(_ freed: UInt32, _ order: Int, boot: Bool) {
    var frame = freed
    var order = order
    let type = pageblockTypes[pageblock(frame)]
    while order < Self.maxOrder {
      let buddy = frame ^ (1 << UInt32(order))
      guard let other = store.block(at: buddy), other.order == order else { break }
      if order >= Self.pageblockOrder {
        let otherType = pageblockTypes[pageblock(buddy)]
        if otherType != type && !(otherType.isMergeable && type.isMergeable) { break }
        if rule != .moveAlways { pageblockTypes[pageblock(buddy)] = type }
      }
      removeFree(buddy, order)
      frame &= buddy
      order += 1
    }
    addFree(frame, order, type, atTail: boot || mergeIsLikely(frame, order))
  }

  /// Whether the block's buddy's buddy is free, so that this block is worth sparing.
  private func mergeIsLikely(_ frame: UInt32, _ order: Int) -> Bool {
    guard order < Self.maxOrder - 1 else { return false }
    let parent = frame & ~(1 << UInt32(order))
    let other = store.block(at: parent ^ (1 << UInt32(order + 1)))
    return other.map { $0.order == order + 1 } ?? false
  }

  mutating func noteMovable(_ frame: UInt32, order: Int) {
    countMovable(frame, order, add: true)
  }

  private mutating func countMovable(_ frame: UInt32, _ order: Int, add: Bool) {
    Self.adjust(&pageblockMovable, pageblock(frame), order, add: add)
  }

  /// Adds or takes away a block's frames in a count by pageblock. Wraps rather than traps when a
  /// caller frees as movable what it did not allocate so.
  @inline(__always)
  private static func adjust(_ counts: inout [UInt16], _ block: Int, _ order: Int, add: Bool) {
    let perBlock: UInt16 = 1 << UInt16(min(order, pageblockOrder))
    for index in block..<(block + 1 << max(0, order - pageblockOrder)) {
      counts[index] = add ? counts[index] &+ perBlock : counts[index] &- perBlock
    }
  }
}
