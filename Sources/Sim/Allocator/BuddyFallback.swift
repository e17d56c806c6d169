/// Serving a request out of another migrate type's memory: who claims a pageblock and who only
/// takes a block. Source: `__rmqueue_fallback`, `steal_suitable_fallback`, `try_to_claim_block`.
extension BuddyAllocator {
  mutating func takeFallback(_ order: Int, _ type: MigrateType, noFragment: Bool) -> UInt32? {
    let floor = noFragment ? max(order, Self.pageblockOrder) : order
    let frame =
      switch rule {
      case .moveAlways, .claimOrLargest: takeLargest(order, type, floor: floor)
      case .claimThenSmallest:
        claimAny(order, type, floor: floor)
          ?? (noFragment ? nil : stealSmallest(order, type))
      }
    if frame != nil { fallbackCount += 1 }
    return frame
  }

  /// The first fallback type of `type` that has a free block of `order`.
  private func fallbackType(_ order: Int, for type: MigrateType) -> MigrateType? {
    guard let (first, second) = type.fallbacks else { return nil }
    if store.length(order, first) > 0 { return first }
    return store.length(order, second) > 0 ? second : nil
  }

  /// Whether taking a block of `order` may change its whole pageblock: always for pages that
  /// cannot move (they would spoil it anyway), else from half the pageblock order on.
  private func mayClaim(_ order: Int, _ type: MigrateType) -> Bool {
    order >= Self.pageblockOrder / 2 || type == .unmovable || type == .reclaimable
  }

  /// The rule up to 6.14: the largest block there is; small movable requests the smallest.
  private mutating func takeLargest(_ order: Int, _ type: MigrateType, floor: Int) -> UInt32? {
    for current in stride(from: Self.maxOrder, through: floor, by: -1) {
      guard let source = fallbackType(current, for: type) else { continue }
      if !mayClaim(current, type) && type == .movable && current > order {
        return stealSmallest(order, type)
      }
      guard let frame = store.head(current, source) else { return nil }
      return take(frame, current, source, for: order, type, whole: mayClaim(current, type))
    }
    return nil
  }

  private mutating func take(
    _ frame: UInt32, _ current: Int, _ source: MigrateType, for order: Int, _ type: MigrateType,
    whole: Bool
  ) -> UInt32? {
    if current >= Self.pageblockOrder {
      return takeWholePageblocks(frame, current, order, type)
    }
    let block = pageblock(frame)
    guard whole && isInside(block) else {
      return takeSingle(frame, current, source, order, type)
    }
    let claims = isWorthClaiming(block, for: type)
    guard rule == .moveAlways || claims else {
      return takeSingle(frame, current, source, order, type)
    }
    moveFreeBlocks(ofPageblockWith: frame, to: type)
    if claims {
      pageblockTypes[block] = type
      claimedPageblocks += 1
    }
    return takeSmallest(order, type)
  }

  /// 6.15 and later, first pass: a block whose pageblock can be claimed, largest first.
  private mutating func claimAny(_ order: Int, _ type: MigrateType, floor: Int) -> UInt32? {
    for current in stride(from: Self.maxOrder, through: floor, by: -1) {
      guard let source = fallbackType(current, for: type) else { continue }
      guard mayClaim(current, type) else { return nil }
      guard let frame = store.head(current, source) else { continue }
      if current >= Self.pageblockOrder || isWorthClaiming(pageblock(frame), for: type) {
        return take(frame, current, source, for: order, type, whole: true)
      }
    }
    return nil
  }

  /// The smallest block that is large enough, its pageblock keeping its type.
  private mutating func stealSmallest(_ order: Int, _ type: MigrateType) -> UInt32? {
    for current in order...Self.maxOrder {
      guard let source = fallbackType(current, for: type),
        let frame = store.head(current, source)
      else { continue }
      return takeSingle(frame, current, source, order, type)
    }
    return nil
  }

  private mutating func takeWholePageblocks(
    _ frame: UInt32, _ current: Int, _ order: Int, _ type: MigrateType
  ) -> UInt32? {
    let first = pageblock(frame)
    for block in first..<(first + 1 << (current - Self.pageblockOrder)) {
      pageblockTypes[block] = type
      claimedPageblocks += 1
    }
    if rule == .moveAlways {
      store.move(frame, to: type)
      return takeSmallest(order, type)
    }
    removeFree(frame, current)
    expand(frame, from: current, to: order, type)
    return frame
  }

  /// One block only. Up to 6.9 its remainder lands on the request's lists, later it stays on the
  /// lists of the type it came from.
  private mutating func takeSingle(
    _ frame: UInt32, _ current: Int, _ source: MigrateType, _ order: Int, _ type: MigrateType
  ) -> UInt32? {
    if rule == .moveAlways {
      store.move(frame, to: type)
      return takeSmallest(order, type)
    }
    removeFree(frame, current)
    expand(frame, from: current, to: order, source)
    return frame
  }

  /// Free pages plus pages of a compatible kind make half the pageblock or more.
  private func isWorthClaiming(_ block: Int, for type: MigrateType) -> Bool {
    guard isInside(block) else { return false }
    let free = Int(pageblockFree[block])
    let movable = Int(pageblockMovable[block])
    let alike =
      if type == .movable {
        movable
      } else if pageblockTypes[block] == .movable {
        Int(Self.pageblockFrames) - free - movable
      } else {
        0
      }
    return free + alike >= Int(Self.pageblockFrames) / 2
  }

  /// A pageblock that reaches over the zone's edge never changes hands.
  private func isInside(_ block: Int) -> Bool {
    let first =
      (UInt64(block) + span.lowerBound.value >> UInt64(Self.pageblockOrder)) * Self.pageblockFrames
    return first >= span.lowerBound.value && first + Self.pageblockFrames <= span.upperBound.value
  }

  private mutating func moveFreeBlocks(ofPageblockWith frame: UInt32, to type: MigrateType) {
    let size = UInt32(Self.pageblockFrames)
    var frame = frame & ~(size - 1)
    let end = frame + size
    while frame < end {
      guard let block = store.block(at: frame) else {
        frame += 1
        continue
      }
      store.move(frame, to: type)
      frame += 1 << UInt32(block.order)
    }
  }
}
