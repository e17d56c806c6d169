// Safe: the block is freed where it was made; only the records filled are lent on.
/// Draws `source` once, block by block, and feeds every arm: arms share the pass.
///
/// - Parameters:
///   - limit: records to replay at most.
///   - blockRecords: records drawn at a time.
///   - onMarker: called at step and lifecycle markers, when every arm has seen all before them.
/// - Returns: records drawn, markers included.
@discardableResult
public func replay(
  _ source: inout some ReferenceSource, arms: [ReplayEngine], limit: Int = .max,
  blockRecords: Int = 65_536,
  onMarker: ((StreamMarker, UInt32) throws -> Void)? = nil
) throws -> Int {
  let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: max(1, blockRecords))
  unsafe block.initialize(repeating: ReferenceRecord(rawValue: 0))
  defer { unsafe block.deallocate() }
  var drawn = 0
  while drawn < limit {
    let room = unsafe UnsafeMutableBufferPointer(
      rebasing: block[..<min(block.count, limit - drawn)])
    let count = try unsafe source.read(into: room)
    if count == 0 { break }
    drawn += count
    try unsafe feed(UnsafeBufferPointer(rebasing: room[..<count]), to: arms, onMarker)
  }
  return drawn
}

/// Draws one block of each processor's stream in turn and feeds its arms: processors advance
/// together, block by block.
///
/// - Parameters:
///   - sources: one a processor.
///   - cpus: the arms of each processor.
///   - onMarker: called with the processor whose stream holds the step or lifecycle marker.
public func replay(
  _ sources: inout [some ReferenceSource], cpus: [[ReplayEngine]], blockRecords: Int,
  onMarker: @escaping (Int, StreamMarker, UInt32) throws -> Void
) throws {
  var running = Array(sources.indices)
  while !running.isEmpty {
    for cpu in running {
      let drawn = try replay(
        &sources[cpu], arms: cpus[cpu], limit: blockRecords, blockRecords: blockRecords
      ) { marker, value in
        try onMarker(cpu, marker, value)
      }
      if drawn == 0 { running.removeAll { $0 == cpu } }
    }
  }
}

/// Feeds one block to every arm, cut at the markers a caller wants to hear of.
private func feed(
  _ records: UnsafeBufferPointer<ReferenceRecord>, to arms: [ReplayEngine],
  _ onMarker: ((StreamMarker, UInt32) throws -> Void)?
) throws {
  // Safe: parts lie between indices of the records.
  guard let onMarker else {
    for arm in arms { unsafe arm.process(records) }
    return
  }
  var start = 0
  for i in records.indices where unsafe records[i].isMarker {
    guard let marker = unsafe records[i].marker, marker == .step || marker == .lifecycle else {
      continue
    }
    let part = unsafe UnsafeBufferPointer(rebasing: records[start..<i])
    for arm in arms { unsafe arm.process(part) }
    try unsafe onMarker(marker, records[i].count)
    start = i + 1
  }
  let rest = unsafe UnsafeBufferPointer(rebasing: records[start...])
  for arm in arms { unsafe arm.process(rest) }
}

/// A stream held in memory.
public struct RecordedSource: ReferenceSource {
  // Safe: `count` is the smaller of what is left and what the block holds.
  public let table: SiteTable
  let records: [ReferenceRecord]
  var next = 0

  public init(table: SiteTable, records: [ReferenceRecord]) {
    self.table = table
    self.records = records
  }

  public mutating func read(into block: UnsafeMutableBufferPointer<ReferenceRecord>) throws -> Int {
    let count = min(block.count, records.count - next)
    for i in 0..<count { unsafe block[i] = records[next + i] }
    next += count
    return count
  }
}
