/// Replays a recorded page-allocator log through the buddy model and compares what each request
/// gets with what it got.
///
/// Before each request the model holds what the real zone held, so one miss does not cause others.
/// A log does not tell in what order the free lists stood when it began, nor the pageblocks' types:
/// lists start in address order, a pageblock with the type of the first request it serves. So
/// misses gather at the start, and thin out as the lists turn over.
public struct LinuxMemoryCheck: Sendable {
  /// Requests that left the zone's lists and were predicted.
  public private(set) var requests = 0
  /// Of those, requests given the predicted frame.
  public private(set) var exactFrames = 0
  /// Of those, requests served from a free block of the predicted order.
  public private(set) var exactOrders = 0
  /// Why a request was given another frame than predicted.
  public enum Cause: String, CaseIterable, Sendable {
    /// Right order, another block of its list: a dump does not say in what order lists stand.
    case otherBlock
    /// The kernel cut a larger block, or one from a list of another type, where the model holds a
    /// smaller one: it takes the pageblock for another type than it has.
    case otherList
    /// The model has nothing of the type and falls back, to another block than the kernel took.
    case otherFallback

    /// In a sentence.
    public var explanation: String {
      switch self {
      case .otherBlock:
        "from the right order but another block: the dump does not say how the lists stand"
      case .otherList:
        "from another order: a pageblock has another type than its first request suggests"
      case .otherFallback: "where the model, its lists of the type empty, falls back"
      }
    }
  }

  /// Requests given another frame than predicted, by cause.
  public private(set) var misses: [Cause: Int] = [:]
  /// Blocks that came back.
  public private(set) var returns = 0
  /// Events the free map contradicts: frames taken that were not free, or freed twice.
  public private(set) var contradictions = 0
  /// Recorded fallbacks; those the model falls back at too; those it takes from the same block.
  public private(set) var fallbacks = 0
  public private(set) var predictedFallbacks = 0
  public private(set) var sameFallbackFrames = 0
  /// Fallbacks of the model where the log has none.
  public private(set) var extraFallbacks = 0
  /// Requests served by a per-CPU list, and those given the page the list's order predicts.
  public private(set) var listRequests = 0
  public private(set) var exactListPages = 0
  /// Requests and exact frames in each tenth of the log.
  public private(set) var tenths = Array(repeating: (requests: 0, exact: 0), count: 10)

  private var zones: [BuddyAllocator] = []
  /// `lists[order][type]`: pages between the zone and their users, next first.
  private var lists: [[[UInt32]]]

  /// - Parameters:
  ///   - free: frames free before the first event.
  ///   - rule: the era's fallback rule.
  public init(_ events: ArraySlice<MemoryEvent>, free: [Bool], rule: FallbackRule) {
    lists = Array(repeating: Array(repeating: [], count: 3), count: 4)
    let bounds = [0, 4096, 1 << 20, Int.max]
    for (lower, upper) in zip(bounds, bounds.dropFirst()) where lower < free.count {
      zones.append(
        BuddyAllocator(
          span: FrameNumber(UInt64(lower))..<FrameNumber(UInt64(min(upper, free.count))),
          rule: rule))
    }
    setTypes(events)
    var start: Int?
    for frame in 0...free.count {
      let isFree = frame < free.count && free[frame]
      if isFree, start == nil { start = frame }
      if !isFree || [4096, 1 << 20].contains(frame), let first = start {
        release(first, frame)
        start = isFree ? frame : nil
      }
    }
    for (index, event) in events.enumerated() {
      take(event, tenth: index * 10 / max(1, events.count))
    }
  }

  /// The type of a pageblock is that of the first request it serves.
  private mutating func setTypes(_ events: ArraySlice<MemoryEvent>) {
    var seen: Set<UInt32> = []
    for event in events where event.kind == .leave || event.kind == .fallback {
      let block = event.frame >> UInt32(BuddyAllocator.pageblockOrder)
      guard seen.insert(block).inserted, let zone = zone(event.frame) else { continue }
      zones[zone].setType(
        of: event.frame, event.kind == .fallback ? event.source : event.type)
    }
  }

  private mutating func release(_ first: Int, _ end: Int) {
    guard let zone = zone(UInt32(first)) else { return }
    zones[zone].release(FrameNumber(UInt64(first))..<FrameNumber(UInt64(end)))
  }

  private func zone(_ frame: UInt32) -> Int? {
    zones.firstIndex { $0.span.contains(FrameNumber(UInt64(frame))) }
  }

  private var expected: MemoryEvent?

  private mutating func take(_ event: MemoryEvent, tenth: Int) {
    switch event.kind {
    case .fallback: expected = event
    case .leave:
      leave(event, tenth)
      expected = nil
      if event.order <= 3, event.type.rawValue < 3 {
        lists[Int(event.order)][Int(event.type.rawValue)].append(event.frame)
      }
    case .drain:
      giveBack(event)
      if event.order <= 3 {
        for type in 0..<3 { lists[Int(event.order)][type].removeAll { $0 == event.frame } }
      }
    case .free:
      if event.order > 3 {
        giveBack(event)
      } else if let zone = zone(event.frame) {
        let type = zones[zone].pageblockType(of: FrameNumber(UInt64(event.frame)))
        let list = type.rawValue < 3 ? Int(type.rawValue) : 1
        lists[Int(event.order)][list].insert(event.frame, at: 0)
      }
    case .allocate: handOut(event)
    case .load, .unload, .mark: break
    }
  }

  private mutating func leave(_ event: MemoryEvent, _ tenth: Int) {
    guard let zone = zone(event.frame),
      let block = zones[zone].freeBlock(over: FrameNumber(UInt64(event.frame)))
    else {
      contradictions += 1
      return
    }
    requests += 1
    tenths[tenth].requests += 1
    let order = Int(event.order)
    let before = zones[zone].fallbackCount
    if let head = zones[zone].smallestHead(order, event.type) {
      if expected != nil { fallbacks += 1 }
      if head.order == block.order { exactOrders += 1 }
      if head.frame == event.frame {
        exactFrames += 1
        tenths[tenth].exact += 1
        _ = zones[zone].allocate(order: order, migrateType: event.type)
        return
      }
      misses[head.order == block.order ? .otherBlock : .otherList, default: 0] += 1
    } else {
      var trial = zones[zone]
      let frame = trial.allocate(order: order, migrateType: event.type)
      let fellBack = trial.fallbackCount > before
      if expected != nil { fallbacks += 1 }
      if fellBack {
        if expected == nil { extraFallbacks += 1 } else { predictedFallbacks += 1 }
      }
      if frame == FrameNumber(UInt64(event.frame)) {
        if expected != nil { sameFallbackFrames += 1 }
        exactFrames += 1
        exactOrders += 1
        tenths[tenth].exact += 1
        zones[zone] = trial
        return
      }
      misses[.otherFallback, default: 0] += 1
    }
    zones[zone].isolate(event.frame, order: order, as: event.type)
  }

  private mutating func giveBack(_ event: MemoryEvent) {
    let frame = FrameNumber(UInt64(event.frame))
    guard let zone = zone(event.frame), !zones[zone].isFree(frame) else {
      contradictions += 1
      return
    }
    returns += 1
    let type = zones[zone].pageblockType(of: frame)
    zones[zone].free(frame, order: Int(event.order), as: type == .movable ? .movable : .unmovable)
  }

  /// A page handed out of a list. Pages before it in the list went to unlogged bulk requests.
  private mutating func handOut(_ event: MemoryEvent) {
    guard event.order <= 3, event.type.rawValue < 3 else { return }
    let (order, type) = (Int(event.order), Int(event.type.rawValue))
    guard let at = lists[order][type].firstIndex(of: event.frame) else { return }
    listRequests += 1
    if at == 0 { exactListPages += 1 }
    lists[order][type].removeSubrange(...at)
  }

  /// Frames whose state equals `free`'s, and all frames compared.
  public func agreement(with free: [Bool]) -> (equal: Int, frames: Int) {
    var equal = 0
    var frames = 0
    for zone in zones {
      let (lower, upper) = (zone.span.lowerBound.value, zone.span.upperBound.value)
      for frame in lower..<min(upper, UInt64(free.count)) {
        frames += 1
        if zone.isFree(FrameNumber(frame)) == free[Int(frame)] { equal += 1 }
      }
    }
    return (equal, frames)
  }
}

extension BuddyAllocator {
  /// The block a request would be cut from without falling back.
  func smallestHead(_ order: Int, _ type: MigrateType) -> (frame: UInt32, order: Int)? {
    for current in order...Self.maxOrder {
      if let frame = store.head(current, type) { return (frame, current) }
    }
    return nil
  }

  /// Declares a pageblock's type before memory is released into it.
  mutating func setType(of frame: UInt32, _ type: MigrateType) {
    pageblockTypes[pageblock(frame)] = type
  }

  /// Takes a given free block out of the one that covers it.
  mutating func isolate(_ frame: UInt32, order: Int, as type: MigrateType) {
    guard let (start, size) = freeBlock(over: FrameNumber(UInt64(frame))), size >= order,
      let block = store.block(at: UInt32(start.value))
    else { return }
    removeFree(UInt32(start.value), size)
    var (lower, left) = (UInt32(start.value), size)
    while left > order {
      left -= 1
      let half = UInt32(1) << UInt32(left)
      if frame < lower + half {
        addFree(lower + half, left, block.type, atTail: false)
      } else {
        addFree(lower, left, block.type, atTail: false)
        lower += half
      }
    }
    if type == .movable { noteMovable(lower, order: order) }
  }
}
