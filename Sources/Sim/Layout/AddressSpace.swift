/// Where the bytes behind a mapping lie in physical memory.
public enum PhysicalBacking: Hashable, Sendable {
  /// One run starting at this physical address.
  case contiguous(UInt64)
  /// One physical address for every page of the mapping, in virtual order.
  case scattered([UInt64])
  /// Frames no two of which adjoin: page n stands 2n pages behind this physical address.
  case spaced(UInt64)

  /// Physical address of page `index` of a mapping with pages of `size`.
  func address(ofPage index: Int, size: PageSize) -> UInt64 {
    switch self {
    case .contiguous(let base): base &+ UInt64(index) &* size.bytes
    case .scattered(let pages): pages[index]
    case .spaced(let base): base &+ 2 &* UInt64(index) &* size.bytes
    }
  }
}

/// A run of virtual addresses mapped by pages of one size with one set of attributes.
public struct Mapping: Hashable, Sendable {
  public var range: AddressRange
  public var pageSize: PageSize
  public var backing: PhysicalBacking
  public var isGlobal: Bool
  public var isLocked: Bool
  public var hasContiguousHint: Bool

  /// - Precondition: the range is aligned to the page size; a scattered backing names every page.
  public init(
    _ range: AddressRange, pageSize: PageSize, backing: PhysicalBacking, isGlobal: Bool = true,
    isLocked: Bool = false, hasContiguousHint: Bool = false
  ) {
    precondition(
      pageSize.floor(range.lower) == range.lower && pageSize.floor(range.upper) == range.upper,
      "mapping \(hex(range.lower)) is not aligned to \(pageSize)")
    self.range = range
    self.pageSize = pageSize
    self.backing = backing
    self.isGlobal = isGlobal
    self.isLocked = isLocked
    self.hasContiguousHint = hasContiguousHint
  }

  public var pageCount: UInt64 { range.size >> UInt64(pageSize.shift) }

  /// The leaf translation of its page `index`, counted from 0.
  public func translation(ofPage index: Int) -> Translation {
    Translation(
      virtualBase: range.lower + UInt64(index) << UInt64(pageSize.shift),
      physicalBase: backing.address(ofPage: index, size: pageSize), size: pageSize,
      isGlobal: isGlobal, isLocked: isLocked, hasContiguousHint: hasContiguousHint)
  }

  /// The mapping of some of its pages alone.
  public func pages(_ pages: Range<Int>) -> Mapping {
    var part = self
    let shift = UInt64(pageSize.shift)
    part.range = AddressRange(
      range.lower + UInt64(pages.lowerBound) << shift,
      range.lower + UInt64(pages.upperBound) << shift)
    switch backing {
    case .contiguous:
      part.backing = .contiguous(backing.address(ofPage: pages.lowerBound, size: pageSize))
    case .scattered(let frames): part.backing = .scattered(Array(frames[pages]))
    case .spaced:
      part.backing = .spaced(backing.address(ofPage: pages.lowerBound, size: pageSize))
    }
    return part
  }
}

/// The kernel's mappings, sorted and disjoint.
public struct AddressSpace: Sendable {
  public private(set) var mappings: [Mapping] = []
  /// The first mapping that was left out because another lay there: a system's windows and the
  /// image it was given do not fit together.
  public private(set) var conflict: AddressRange?

  public init() {}

  /// Adds a mapping; one that overlaps another is left out and noted as `conflict`.
  public mutating func map(_ mapping: Mapping) {
    guard !mapping.range.isEmpty else { return }
    let at = firstIndex(endingAfter: mapping.range.lower)
    guard at == mappings.count || !mappings[at].range.overlaps(mapping.range) else {
      conflict = conflict ?? mapping.range
      return
    }
    mappings.insert(mapping, at: at)
  }

  /// Gives every mapping of scattered frames one run of frames instead.
  public mutating func gatherFrames() {
    for index in mappings.indices {
      if case .scattered = mappings[index].backing {
        mappings[index].backing = .contiguous(mappings[index].range.lower & 0xffff_ffff)
      }
    }
  }

  /// Leaves the global bit only to pages that begin in `kept`.
  public mutating func limitGlobals(to kept: AddressRange) {
    var limited: [Mapping] = []
    for mapping in mappings {
      let shift = UInt64(mapping.pageSize.shift)
      /// Pages of the mapping that begin below `end`.
      func count(below end: UInt64) -> Int {
        guard end > mapping.range.lower else { return 0 }
        let pages = (end - mapping.range.lower - 1) >> shift + 1
        return Int(min(pages, mapping.pageCount))
      }
      let (first, end, all) = (
        count(below: kept.lower), count(below: kept.upper), Int(mapping.pageCount)
      )
      guard mapping.isGlobal, first > 0 || end < all else {
        limited.append(mapping)
        continue
      }
      for (pages, isGlobal) in [(0..<first, false), (first..<end, true), (end..<all, false)]
      where !pages.isEmpty {
        var part = mapping.pages(pages)
        part.isGlobal = isGlobal
        limited.append(part)
      }
    }
    mappings = limited
  }

  /// Removes every mapping that lies inside `range`, whole ones only.
  public mutating func unmap(_ range: AddressRange) {
    mappings.removeAll { range.lower <= $0.range.lower && $0.range.upper <= range.upper }
  }

  /// The mapping that holds `address`.
  public func mapping(at address: UInt64) -> Mapping? {
    let at = firstIndex(endingAfter: address)
    guard at < mappings.count, mappings[at].range.contains(address) else { return nil }
    return mappings[at]
  }

  /// Whether anything of `range` is mapped.
  public func isMapped(in range: AddressRange) -> Bool {
    let at = firstIndex(endingAfter: range.lower)
    return at < mappings.count && mappings[at].range.overlaps(range)
  }

  /// The leaf translation of `address`; nil when nothing is mapped there.
  public func translation(at address: UInt64) -> Translation? {
    guard let mapping = mapping(at: address) else { return nil }
    let page = mapping.pageSize.number(address) - mapping.pageSize.number(mapping.range.lower)
    return mapping.translation(ofPage: Int(page))
  }

  /// Leaf entries by page size needed to map what lies in `range`, smallest size first.
  /// - Parameter competing: only entries that compete for the TLB: no locked ones.
  public func entries(
    in range: AddressRange, competing: Bool = false
  ) -> [(size: PageSize, count: UInt64)] {
    var counts: [UInt8: UInt64] = [:]
    var at = firstIndex(endingAfter: range.lower)
    while at < mappings.count, mappings[at].range.lower < range.upper {
      let mapping = mappings[at]
      let size = mapping.pageSize
      at += 1
      if competing, mapping.isLocked { continue }
      let lower = max(size.floor(range.lower), mapping.range.lower)
      let upper = min(size.ceil(range.upper), mapping.range.upper)
      counts[size.shift, default: 0] += (upper - lower) >> UInt64(size.shift)
    }
    return counts.sorted { $0.key < $1.key }.map { (PageSize(shift: $0.key), $0.value) }
  }

  private func firstIndex(endingAfter address: UInt64) -> Int {
    var low = 0
    var high = mappings.count
    while low < high {
      let middle = (low + high) / 2
      if mappings[middle].range.upper > address { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
