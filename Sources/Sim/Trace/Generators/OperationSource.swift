/// A synthetic stream that is drawn one operation at a time, with reloads of modules spread evenly
/// over what is counted.
protocol OperationSource {
  var pending: PendingReferences { get set }

  /// Draws one operation and appends its references to `pending`.
  mutating func operation()
}

/// The references of the operation at hand, and how much of the stream is drawn.
struct PendingReferences {
  /// References in all, those before which nothing is counted, and reloads among the rest.
  let references: UInt64
  let warmup: UInt64
  let reloads: Int
  fileprivate var records: [ReferenceRecord] = []
  fileprivate var next = 0
  private var produced: UInt64 = 0
  private var reloadsDone = 0

  /// - Parameter warmup: share of the references that warms the TLB and is not counted.
  init(references: UInt64, warmup: Double, reloads: Int) {
    self.references = references
    self.warmup = UInt64(Double(references) * warmup)
    self.reloads = reloads
    records.reserveCapacity(4096)
  }

  /// Whether all references asked for were drawn.
  var isComplete: Bool { produced >= references }

  /// A run of `count` references to one site.
  @inline(__always)
  mutating func append(_ kind: AccessKind, site: UInt32, count: Int) {
    produced += UInt64(count)
    records.append(ReferenceRecord(kind, site: site, count: UInt32(count)))
  }

  fileprivate mutating func clear() {
    records.removeAll(keepingCapacity: true)
    next = 0
  }

  fileprivate mutating func reloadWhenDue() {
    guard reloadsDone < reloads else { return }
    let due = warmup + (references - warmup) * UInt64(reloadsDone + 1) / UInt64(reloads + 1)
    guard produced >= due else { return }
    reloadsDone += 1
    records.append(ReferenceRecord(marker: .lifecycle, value: UInt32(reloadsDone)))
  }
}

extension OperationSource {
  // Safe: `count` is below the block's.
  /// Whole operations are drawn, so a stream may end a little after the references asked for. It
  /// ends before when so many operations in a row drew nothing: there is nothing to draw from.
  mutating func fill(_ block: UnsafeMutableBufferPointer<ReferenceRecord>) -> Int {
    var count = 0
    while count < block.count {
      var tries = 0
      while pending.next == pending.records.count, tries < 1000, !pending.isComplete {
        pending.clear()
        operation()
        pending.reloadWhenDue()
        tries += 1
      }
      if pending.next == pending.records.count { break }
      unsafe block[count] = pending.records[pending.next]
      count += 1
      pending.next += 1
    }
    return count
  }
}
