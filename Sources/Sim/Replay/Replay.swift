internal import Dispatch

// Safe: blocks are freed where they were made; only the records filled are lent on.
/// Draws `source` once, block by block, and feeds every arm: arms share the pass.
///
/// - Parameters:
///   - limit: records to replay at most.
///   - blockRecords: records drawn at a time.
///   - threads: arms replayed at once, while the next block is drawn. Arms share nothing, so the
///     counts are the same.
///   - onMarker: called at step and lifecycle markers, when every arm has seen all before them.
/// - Returns: records drawn, markers included.
@discardableResult
public func replay(
  _ source: inout some ReferenceSource, arms: [ReplayEngine], limit: Int = .max,
  blockRecords: Int = 16_384, threads: Int = 1,
  onMarker: ((StreamMarker, UInt32) throws -> Void)? = nil
) throws -> Int {
  let size = max(1, blockRecords)
  let room = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(
    capacity: threads > 1 ? 2 * size : size)
  unsafe room.initialize(repeating: ReferenceRecord(rawValue: 0))
  defer { unsafe room.deallocate() }
  var drawn = 0
  func draw(_ start: Int) throws -> UnsafeBufferPointer<ReferenceRecord> {
    guard drawn < limit else { return unsafe UnsafeBufferPointer(rebasing: room[..<0]) }
    let end = start + min(size, limit - drawn)
    let count = try unsafe source.read(
      into: UnsafeMutableBufferPointer(rebasing: room[start..<end]))
    drawn += count
    return unsafe UnsafeBufferPointer(rebasing: room[start..<start + count])
  }
  var block = try unsafe draw(0)
  var start = 0
  while !block.isEmpty {
    guard threads > 1 else {
      try unsafe feed(block, to: arms, threads, onMarker)
      unsafe block = try unsafe draw(0)
      continue
    }
    start = size - start
    unsafe block = try unsafe together(
      { try unsafe draw(start) }, { try unsafe feed(block, to: arms, threads, onMarker) })
  }
  return drawn
}

// Safe: each task is run by one thread, and the call waits for both.
/// Runs two tasks at once and returns what the first gives.
private func together<T>(_ first: () throws -> T, _ second: () throws -> Void) throws -> T {
  try withoutActuallyEscaping(first) { first in
    try withoutActuallyEscaping(second) { second in
      nonisolated(unsafe) let (first, second) = (first, second)
      nonisolated(unsafe) var value: Result<T, any Error>?
      nonisolated(unsafe) var done: Result<Void, any Error>?
      DispatchQueue.concurrentPerform(iterations: 2) { task in
        if task == 0 {
          unsafe value = Result { try unsafe first() }
        } else {
          unsafe done = Result { try unsafe second() }
        }
      }
      try unsafe done?.get()
      guard let value = unsafe value else { throw CancellationError() }
      return try value.get()
    }
  }
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
  threads: Int = 1, onMarker: @escaping (Int, StreamMarker, UInt32) throws -> Void
) throws {
  var running = Array(sources.indices)
  while !running.isEmpty {
    for cpu in running {
      let drawn = try replay(
        &sources[cpu], arms: cpus[cpu], limit: blockRecords, blockRecords: blockRecords,
        threads: threads
      ) { marker, value in
        try onMarker(cpu, marker, value)
      }
      if drawn == 0 { running.removeAll { $0 == cpu } }
    }
  }
}

/// Feeds one block to every arm, cut at the markers a caller wants to hear of.
private func feed(
  _ records: UnsafeBufferPointer<ReferenceRecord>, to arms: [ReplayEngine], _ threads: Int,
  _ onMarker: ((StreamMarker, UInt32) throws -> Void)?
) throws {
  // Safe: parts lie between indices of the records.
  guard let onMarker, unsafe holdsMarker(records) else {
    return unsafe process(records, arms, threads)
  }
  var start = 0
  for i in records.indices where unsafe records[i].isMarker {
    guard let marker = unsafe records[i].marker, marker == .step || marker == .lifecycle else {
      continue
    }
    unsafe process(UnsafeBufferPointer(rebasing: records[start..<i]), arms, threads)
    try unsafe onMarker(marker, records[i].count)
    start = i + 1
  }
  unsafe process(UnsafeBufferPointer(rebasing: records[start...]), arms, threads)
}

// Safe: the loop stays within the records.
/// Markers have both top bits set, so they are the greatest of records.
private func holdsMarker(_ records: UnsafeBufferPointer<ReferenceRecord>) -> Bool {
  var greatest: UInt64 = 0
  for i in records.indices { greatest = unsafe max(greatest, records[i].rawValue) }
  return ReferenceRecord(rawValue: greatest).isMarker
}

/// Replays records on every arm, some arms at once where there is enough to do.
private func process(
  _ records: UnsafeBufferPointer<ReferenceRecord>, _ arms: [ReplayEngine], _ threads: Int
) {
  let count = arms.count
  let workers = records.count < 8192 ? 1 : min(threads, count)
  guard workers > 1 else {
    for arm in arms { unsafe arm.process(records) }
    return
  }
  // Safe: each arm is one worker's, the records are read only, and the call waits for all workers.
  nonisolated(unsafe) let (records, arms) = unsafe (records, arms)
  DispatchQueue.concurrentPerform(iterations: workers) { worker in
    for index in stride(from: worker, to: count, by: workers) {
      unsafe arms[index].process(records)
    }
  }
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
