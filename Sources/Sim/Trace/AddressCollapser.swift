/// Turns accesses to addresses into records of sites: splits what crosses a page, names every page
/// once, and collapses runs of one page on one side.
///
/// A record stands where its run's first access stood. A run is ended by another page on the same
/// side; loads and stores of one run are counted apart. Exact for split first-level arrays.
struct AddressCollapser {
  // Safe: reads the caller's block during the call.
  /// Pages in the order of their first access; index = site.
  private(set) var pages: [UInt64] = []
  /// Records not yet taken.
  private(set) var records: [ReferenceRecord] = []

  /// The size pages are told apart by: no larger than any page of the binding.
  let pageSize: PageSize
  /// Accesses over more than one page so far.
  private(set) var crossings: UInt64 = 0
  private var siteOf: [UInt64: UInt32] = [:]
  private var codePage: UInt64 = .max
  private var dataPage: UInt64 = .max
  private var codeSite: UInt32 = 0
  private var dataSite: UInt32 = 0
  /// Index in `records` of the open run of each kind; -1 for none.
  private var open = (fetch: -1, load: -1, store: -1)

  init(pageSize: PageSize) { self.pageSize = min(pageSize, .base4K) }

  /// Takes up accesses. - Throws: when there are more distinct pages than a stream can name.
  mutating func append(_ accesses: UnsafeBufferPointer<RawAccess>) throws(InputError) {
    for index in accesses.indices {
      let access = unsafe accesses[index]
      let first = pageSize.number(access.address)
      let last = pageSize.number(access.last)
      if first != last { crossings += 1 }
      var page = first
      while true {
        put(access.kind, page)
        if page == last { break }
        page += 1
      }
    }
    guard pages.count < KftWriter.siteLimit else {
      throw InputError(file: "trace", "more than \(KftWriter.siteLimit) distinct pages")
    }
  }

  /// Forgets records already taken; runs end here.
  mutating func clear() {
    records.removeAll(keepingCapacity: true)
    open = (-1, -1, -1)
  }

  @inline(__always)
  private mutating func put(_ kind: AccessKind, _ page: UInt64) {
    if kind == .fetch {
      if page != codePage {
        codePage = page
        codeSite = site(page)
        open.fetch = -1
      }
      open.fetch = extend(open.fetch, .fetch, codeSite)
    } else {
      if page != dataPage {
        dataPage = page
        dataSite = site(page)
        open.load = -1
        open.store = -1
      }
      if kind == .load {
        open.load = extend(open.load, .load, dataSite)
      } else {
        open.store = extend(open.store, .store, dataSite)
      }
    }
  }

  @inline(__always)
  private mutating func extend(_ run: Int, _ kind: AccessKind, _ site: UInt32) -> Int {
    if run >= 0, records[run].count < 0x3fff_ffff {
      records[run] = ReferenceRecord(kind, site: site, count: records[run].count + 1)
      return run
    }
    records.append(ReferenceRecord(kind, site: site))
    return records.count - 1
  }

  private mutating func site(_ page: UInt64) -> UInt32 {
    if let known = siteOf[page] { return known }
    let next = UInt32(pages.count)
    siteOf[page] = next
    pages.append(page << UInt64(pageSize.shift))
    return next
  }
}

/// What is known about the addresses of a trace beside the trace.
public struct AddressMap: Sendable {
  /// Kernel symbols and module sections; the moment last in time counts.
  public var snapshots = KernelSnapshots()
  public var pageTable: RecordedPageTable?
  /// Page size of what the page table does not map.
  public var pageSize = PageSize.base4K

  public init() {}

  /// Brings pages to sections of objects: page i becomes site i.
  func description(ofPages addresses: [UInt64]) -> StreamDescription {
    let pages = addresses.map {
      RecordedPage(address: $0, pageClass: AddressMap.regionName($0), owner: "")
    }
    let attribution = Attribution(pages: RecordedPages(pages), snapshots: snapshots.latest)
    var description = StreamDescription(table: attribution.table)
    description.recorded = Binding(
      addresses: attribution.addressOfSite,
      translations: attribution.addressOfSite.map { address in
        if let found = pageTable?.translation(of: address) { return found }
        let base = pageSize.floor(address)
        return Translation(virtualBase: base, physicalBase: base, size: pageSize)
      })
    description.unattributed = attribution.unattributed
    return description
  }

  /// The region of the x86-64 Linux address space an address lies in
  /// (`Documentation/arch/x86/x86_64/mm.rst`).
  static func regionName(_ address: UInt64) -> String {
    switch address {
    case ..<0x8000_0000_0000_0000: "user"
    case 0xffff_8880_0000_0000..<0xffff_c880_0000_0000: "direct"
    case 0xffff_c900_0000_0000..<0xffff_e900_0000_0000: "vmalloc"
    case 0xffff_ea00_0000_0000..<0xffff_eb00_0000_0000: "vmemmap"
    case 0xffff_fe00_0000_0000..<0xffff_fe80_0000_0000: "cpu_entry_area"
    case 0xffff_ffff_8000_0000..<0xffff_ffff_c000_0000: "base:other"
    case 0xffff_ffff_c000_0000..<0xffff_ffff_ff00_0000: "module:unlisted"
    case 0xffff_ffff_ff00_0000...: "fixmap"
    default: "other"
    }
  }
}

/// An address trace as a stream of references to sites.
///
/// The trace is read twice, first for its pages; memory grows with distinct pages, not with length.
public struct AddressSource: DescribedSource {
  // Safe: only the `count` accesses a reader filled are lent on; records written are as many as the
  // block has room for.
  public let description: StreamDescription
  private var reader: any AddressReader
  private var collapser: AddressCollapser
  private var taken = 0
  private let room = AccessRoom()

  /// - Parameter open: opens the trace at its start; called twice.
  public init(_ map: AddressMap, open: () throws -> any AddressReader) throws {
    var first = try open()
    collapser = AddressCollapser(pageSize: map.pageSize)
    while true {
      let count = try unsafe first.read(into: room.block)
      if count == 0 { break }
      try unsafe collapser.append(UnsafeBufferPointer(rebasing: room.block[..<count]))
      collapser.clear()
    }
    guard !collapser.pages.isEmpty else {
      throw InputError(file: "trace", "the trace holds no reference")
    }
    var description = map.description(ofPages: collapser.pages)
    description.crossings = collapser.crossings
    self.description = description
    reader = try open()
  }

  public mutating func read(
    into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) throws -> Int {
    if taken == collapser.records.count {
      collapser.clear()
      taken = 0
      while collapser.records.isEmpty {
        let count = try unsafe reader.read(into: room.block)
        if count == 0 { return 0 }
        try unsafe collapser.append(UnsafeBufferPointer(rebasing: room.block[..<count]))
      }
    }
    let count = min(block.count, collapser.records.count - taken)
    for index in 0..<count { unsafe block[index] = collapser.records[taken + index] }
    taken += count
    return count
  }
}

/// A block of accesses.
@safe final class AccessRoom {
  // Safe: the block lives from `init` to `deinit`, and its users keep this object.
  let block = UnsafeMutableBufferPointer<RawAccess>.allocate(capacity: 1 << 12)
  deinit { unsafe block.deallocate() }
}
