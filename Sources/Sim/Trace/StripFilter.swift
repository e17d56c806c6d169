/// How a stream was stripped: references to the page touched last in their set, of a filter with
/// `sets` sets, were dropped and only counted.
///
/// Such a reference hits the most recent entry of its set in every first level with a multiple of
/// as many sets, changes nothing there under LRU, and is seen by no later level: misses stay exact
/// for those. They do for one layout only, for another puts other pages in a set together.
public struct StripFilter: Hashable, Sendable {
  /// The layout whose page numbers were filtered.
  public enum Layout: Hashable, Sendable {
    /// Every page at the size it was recorded with.
    case recorded
    /// Every page cut to this size.
    case cut(PageSize)
  }

  public let sets: Int
  public let layout: Layout

  public init(sets: Int, layout: Layout) {
    self.sets = sets
    self.layout = layout
  }

  /// - Throws: why counts of `machine` under `layout` would not be exact.
  public func check(_ machine: Machine, layout: Layout, file: String) throws(InputError) {
    func refuse(_ reason: String) -> InputError {
      InputError(file: file, "the stream was stripped (\(self)): \(reason)")
    }
    guard layout == self.layout else {
      throw refuse("under another layout it is not exact; strip the whole stream again")
    }
    for array in machine.arrays where array.level == 1 {
      guard array.side == .instruction || array.side == .data else {
        throw refuse("\(array.name) does not serve one side, as the sides were filtered")
      }
      guard array.geometry.policy == .lru, array.geometry.index == .linear else {
        throw refuse("\(array.name) is not LRU with linear index")
      }
      guard array.geometry.sets % sets == 0 else {
        throw refuse("\(array.name) has \(array.geometry.sets) sets, no multiple of \(sets)")
      }
    }
  }
}

extension StripFilter: CustomStringConvertible {
  public var description: String {
    switch layout {
    case .recorded: "\(sets) sets, pages as recorded"
    case .cut(let size): "\(sets) sets, \(size) pages"
    }
  }
}

/// A stream without the references a `StripFilter` drops. What was dropped is put back as counts of
/// records that touch a page again that is the most recent of its set, before every marker and
/// from time to time, so that denominators stay whole, step by step.
public struct StrippedSource<Base: DescribedSource>: DescribedSource {
  // Safe: a piece of n records leaves at most 4n + 3 in the block, which is why n is a quarter of
  // it.
  public let description: StreamDescription
  private var base: Base
  private let filter: StripFilter
  private let pages: [Page]
  /// Page each set of the code and then of the data side touched last.
  private var latest: [UInt32]
  /// References dropped and not yet put back, by kind.
  private var dropped: [UInt32] = [0, 0, 0]
  /// Site each side touched last: its page is the most recent of its set.
  private var lastSite: [UInt32] = [0, 0]
  private let room = RecordRoom()
  private var ended = false

  private struct Page {
    var number: UInt32
    var set: UInt32
  }

  /// - Throws: when the stream does not say where it was recorded, or is stripped already.
  public init(_ base: Base, _ filter: StripFilter) throws(InputError) {
    guard var binding = base.description.recorded else {
      throw InputError(file: "--strip", "the stream does not say where it was recorded")
    }
    guard base.description.filter == nil else {
      throw InputError(file: "--strip", "the stream is stripped already")
    }
    if case .cut(let size) = filter.layout { binding = binding.cut(to: size) }
    pages = binding.translationOfSite.map { index in
      let number = binding.translations[Int(index)].number
      return Page(number: index, set: UInt32(number % UInt64(filter.sets)))
    }
    latest = Array(repeating: UInt32.max, count: 2 * filter.sets)
    self.base = base
    self.filter = filter
    var description = base.description
    description.filter = filter
    self.description = description
  }

  public mutating func read(
    into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) throws -> Int {
    precondition(block.count >= 64, "a block holds what one piece of the stream leaves")
    // A piece grows by three records at most before a marker, and three at its end.
    let piece = unsafe UnsafeMutableBufferPointer(
      rebasing: room.block[..<min(room.block.count, (block.count - 3) / 4)])
    while !ended {
      let count = try unsafe base.read(into: piece)
      ended = count == 0
      var kept = 0
      for index in 0..<count {
        let record = unsafe piece[index]
        if record.isMarker { unsafe putBack(block, &kept) }
        if record.isMarker || keeps(record) {
          unsafe block[kept] = record
          kept += 1
        }
      }
      unsafe putBack(block, &kept)
      if kept > 0 { return kept }
    }
    return 0
  }

  private mutating func keeps(_ record: ReferenceRecord) -> Bool {
    let kind = record.kindBits
    let side = kind == 0 ? 0 : 1
    let page = pages[Int(record.site)]
    let set = Int(page.set) + side * filter.sets
    lastSite[side] = record.site
    guard latest[set] == page.number, dropped[kind] + record.count < 1 << 30 else {
      latest[set] = page.number
      return true
    }
    dropped[kind] += record.count
    return false
  }

  private mutating func putBack(
    _ block: UnsafeMutableBufferPointer<ReferenceRecord>, _ kept: inout Int
  ) {
    for kind in AccessKind.allCases where dropped[Int(kind.rawValue)] > 0 {
      let site = lastSite[kind == .fetch ? 0 : 1]
      unsafe block[kept] = ReferenceRecord(kind, site: site, count: dropped[Int(kind.rawValue)])
      dropped[Int(kind.rawValue)] = 0
      kept += 1
    }
  }
}

@safe private final class RecordRoom {
  // Safe: the block lives from `init` to `deinit`, and its user keeps this object.
  let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 1 << 18)
  deinit { unsafe block.deallocate() }
}
