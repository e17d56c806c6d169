/// What a layout needs of the MMU, whatever the references: leaf entries and table pages.
public struct LayoutFacts: Hashable, Sendable {
  /// Leaf entries that map executable sections and compete for the TLB, by page size, smallest
  /// first. Locked entries, block registers and memory that is not translated never miss and evict
  /// nothing, so they do not count.
  public var textEntries: [SizeCount]
  /// Leaf entries that map the other sections of the base image and modules.
  public var dataEntries: [SizeCount]
  /// Base pages that hold nothing but modules; 0 where modules share large pages.
  public var modulePages: UInt64
  /// Bytes of memory the modules keep, rounding included.
  public var moduleBytes: UInt64
  /// Page-table pages of the lowest level behind base-page mappings, 512 entries each.
  public var tablePages: UInt64

  /// Entries of one page size.
  public struct SizeCount: Hashable, Sendable {
    public var size: PageSize
    public var count: UInt64
  }

  /// Bytes the text and data entries cover.
  public var reachBytes: UInt64 {
    (textEntries + dataEntries).reduce(0) { $0 + $1.count * $1.size.bytes }
  }

  /// Entries needed in all, whatever their size.
  public static func total(_ entries: [SizeCount]) -> UInt64 {
    entries.reduce(0) { $0 + $1.count }
  }

  /// Counts the entries behind `text` and `data` ranges of a layout. Ranges that share a page
  /// count it once.
  public init(
    space: AddressSpace, text: [AddressRange], data: [AddressRange], modulePages: UInt64,
    moduleBytes: UInt64
  ) {
    textEntries = LayoutFacts.entries(space, text)
    dataEntries = LayoutFacts.entries(space, data)
    self.modulePages = modulePages
    self.moduleBytes = moduleBytes
    let base = space.mappings.map(\.pageSize).min() ?? .base4K
    let span = UInt64(base.shift) + 9
    var pages: UInt64 = 0
    var last: UInt64?
    for mapping in space.mappings where mapping.pageSize == base && !mapping.range.isEmpty {
      var first = mapping.range.lower >> span
      let end = (mapping.range.upper - 1) >> span
      if first == last { first += 1 }
      if first <= end {
        pages += end - first + 1
        last = end
      }
    }
    tablePages = pages
  }

  private static func entries(_ space: AddressSpace, _ ranges: [AddressRange]) -> [SizeCount] {
    var counts: [PageSize: UInt64] = [:]
    // Adjacent ranges may share a page: remember the last page counted.
    var counted: UInt64 = 0
    for range in ranges.filter({ !$0.isEmpty }).sorted() {
      var address = max(range.lower, counted)
      while address < range.upper {
        guard let mapping = space.mapping(at: address) else { break }
        let size = mapping.pageSize
        let upper = min(size.ceil(range.upper), mapping.range.upper)
        defer { address = upper }
        if mapping.isLocked { continue }
        counts[size, default: 0] += (upper - size.floor(address)) >> UInt64(size.shift)
      }
      counted = max(counted, address)
    }
    return counts.sorted { $0.key < $1.key }.map { SizeCount(size: $0.key, count: $0.value) }
  }
}
