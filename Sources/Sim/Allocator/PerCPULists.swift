/// Per-CPU lists in front of a zone: pages of low orders pass through them in batches.
///
/// Source: mm/page_alloc.c `rmqueue_pcplist`, `free_unref_page`, `zone_batchsize`.
public struct PerCPULists: Sendable {
  /// Pages moved at once between a list and the zone.
  public let batch: Int
  /// Pages above which a list is drained.
  public let high: Int
  /// Largest order kept: 0 up to 5.13, 3 later.
  public let maxOrder: Int
  /// `lists[order][type]`, hottest last.
  private var lists: [[[UInt32]]]
  private(set) public var pages = 0

  static let types = 3

  /// - Parameters:
  ///   - managed: frames of the zone.
  ///   - smallBatch: the rule of 6.15 and later (a quarter of the old sizes, not divided again).
  public init(managed: UInt64, keepsHighOrders: Bool, smallBatch: Bool = false) {
    batch = PerCPULists.batchSize(managed: managed, smallBatch: smallBatch)
    high = 4 * batch
    maxOrder = keepsHighOrders ? 3 : 0
    lists = Array(
      repeating: Array(repeating: [], count: PerCPULists.types), count: maxOrder + 1)
  }

  /// No lists: every request goes to the zone.
  public init() {
    (batch, high, maxOrder, lists) = (0, 0, -1, [])
  }

  /// `zone_batchsize`: a share of the zone, at most 1 MiB and a quarter of it (or 256 KiB), then
  /// rounded to one less than a power of two. 63 for zones of a gigabyte and more.
  public static func batchSize(managed: UInt64, smallBatch: Bool = false) -> Int {
    var batch = smallBatch ? min(managed >> 12, 64) : min(managed >> 10, 256) / 4
    batch = max(1, batch)
    let raised = batch + batch / 2
    return Int(1 << UInt64(63 - raised.leadingZeroBitCount)) - 1
  }

  /// A block from the list, refilled from the zone when empty.
  public mutating func allocate(
    order: Int, type: MigrateType, _ zone: inout BuddyAllocator
  ) -> FrameNumber? {
    guard order <= maxOrder, Int(type.rawValue) < PerCPULists.types else {
      return zone.allocate(order: order, migrateType: type)
    }
    let slot = Int(type.rawValue)
    if lists[order][slot].isEmpty {
      let count = order == 0 ? max(1, batch) : max(batch >> order, 2)
      var filled: [UInt32] = []
      while filled.count < count, let frame = zone.allocate(order: order, migrateType: type) {
        filled.append(UInt32(frame.value))
      }
      // Bulk refill keeps the zone's order: the first taken is the first handed out.
      lists[order][slot] = filled.reversed()
      pages += filled.count << order
    }
    guard let frame = lists[order][slot].popLast() else { return nil }
    pages -= 1 << order
    return FrameNumber(UInt64(frame))
  }

  /// Puts a block on the list; a list too long gives its coldest pages back.
  public mutating func free(
    _ frame: FrameNumber, order: Int, as type: MigrateType, _ zone: inout BuddyAllocator
  ) {
    guard order <= maxOrder, Int(type.rawValue) < PerCPULists.types else {
      zone.free(frame, order: order, as: type)
      return
    }
    lists[order][Int(type.rawValue)].append(UInt32(frame.value))
    pages += 1 << order
    if pages > high { drain(&zone, pages: batch) }
  }

  /// Gives about `pages` pages back, coldest first, the lists in turn.
  public mutating func drain(_ zone: inout BuddyAllocator, pages wanted: Int = .max) {
    var left = min(wanted, pages)
    while left > 0 {
      var moved = false
      for order in 0...maxOrder {
        for slot in 0..<PerCPULists.types where left > 0 && !lists[order][slot].isEmpty {
          let frame = lists[order][slot].removeFirst()
          let type = MigrateType(rawValue: UInt8(slot)) ?? .unmovable
          zone.free(FrameNumber(UInt64(frame)), order: order, as: type)
          pages -= 1 << order
          left -= 1 << order
          moved = true
        }
      }
      if !moved { return }
    }
  }
}
