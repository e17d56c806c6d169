/// How a reference counts whose bytes lie on two pages.
///
/// It is one reference either way, so rates per reference have the same denominator under both
/// rules; `lookups`, the denominator of an array's miss ratio, counts what the array was asked.
public enum CrossingRule: String, CaseIterable, Sendable {
  /// One reference, two lookups: one a page, in order of address, each hit or missed by itself.
  case two
  /// One lookup, a miss when either page misses, and the next level sees both: cachegrind's rule.
  case one
}

/// Replays a trace of virtual addresses, all bound to pages of one size, on one machine.
///
/// Pages become sites in order of first use; runs on one page are collapsed as they pass, each
/// side on its own unless one first-level array serves both.
@safe public struct AddressReplay: ~Copyable {
  // Safe: `records` lives from `init` to `deinit` and is drained four short of its capacity;
  // `siteOfPage` has a site for every page numbered.
  // Safe: `records` lives from `init` to `deinit` and is drained four short of its capacity;
  // `siteOfPage` has a site for every page numbered.
  public let engine: ReplayEngine
  let pageSize: PageSize
  let crossing: CrossingRule
  private var pages: PageMap
  /// Site of each page index: pair sites lie between them.
  private var siteOfPage: [UInt32] = []
  private var boundPages = 0
  private var pairSites: [UInt64: UInt32] = [:]
  private let records: UnsafeMutablePointer<ReferenceRecord>
  private var recordCount = 0
  private static let capacity = 16 * BlockScratch.blockSize
  /// By side: the page touched last, and by kind the record its run is counted in.
  private var lastPage: (Int, Int) = (-1, -1)
  private var open: (Int, Int, Int) = (-1, -1, -1)
  private let sidesMeet: Bool
  /// References by kind that made two lookups; the engine counts them twice.
  private var crossings: (fetches: UInt64, loads: UInt64, stores: UInt64) = (0, 0, 0)

  /// What was counted so far, a reference over two pages as one.
  public var counters: ReplayCounters {
    var counters = engine.counters
    counters.fetches &-= crossings.fetches
    counters.loads &-= crossings.loads
    counters.stores &-= crossings.stores
    return counters
  }

  /// - Throws: `InputError` when the machine cannot be simulated.
  public init(
    machine: Machine, pageSize: PageSize, crossing: CrossingRule = .two,
    options: ReplayOptions = ReplayOptions()
  ) throws {
    // A machine that cannot hold such pages is refused before the first reference.
    let probe = Translation(virtualBase: 0, physicalBase: 0, size: pageSize)
    let bound = try ReplayEngine(
      machine: machine,
      binding: Binding(translations: [probe], translationOfSite: [0], addressOfSite: [0]),
      options: options)
    try bound.rebind(Binding())
    engine = bound
    self.pageSize = pageSize
    self.crossing = crossing
    sidesMeet = machine.arrays.contains { array in
      array.side == .unified && array.level == machine.arrays.map(\.level).min()
    }
    unsafe records = .allocate(capacity: AddressReplay.capacity)
    pages = PageMap()
  }

  deinit { unsafe records.deallocate() }

  /// Replays accesses in order.
  public mutating func process(_ accesses: UnsafeBufferPointer<RawAccess>) throws {
    let shift = UInt64(pageSize.shift)
    for index in accesses.indices {
      let access = unsafe accesses[index]
      let first = access.address &>> shift
      let last = access.last &>> shift
      if first == last {
        append(access.kind, pages.index(first))
      } else {
        try cross(access.kind, first, last)
      }
      if recordCount >= AddressReplay.capacity - 4 { try drain() }
    }
  }

  /// Replays raw addresses of one kind, a byte each, in order.
  public mutating func process(_ addresses: UnsafeBufferPointer<UInt64>, _ kind: AccessKind) throws
  {
    let shift = UInt64(pageSize.shift)
    for index in addresses.indices {
      let address = unsafe addresses[index]
      append(kind, pages.index(address &>> shift))
      if recordCount >= AddressReplay.capacity - 4 { try drain() }
    }
  }

  /// Hands what is still held to the engine. Call after the last access.
  public mutating func finish() throws { try drain() }

  @inline(__always)
  private mutating func append(_ kind: AccessKind, _ page: Int) {
    let instruction = kind == .fetch || sidesMeet
    if page == (instruction ? lastPage.0 : lastPage.1) {
      let run = kind == .fetch ? open.0 : kind == .load ? open.1 : open.2
      if run >= 0, unsafe records[run].count < 0x3fff_ffff {
        unsafe records[run] = ReferenceRecord(rawValue: records[run].rawValue &+ (1 &<< 32))
        return
      }
    } else if sidesMeet {
      lastPage.0 = page
      open = (-1, -1, -1)
    } else if instruction {
      lastPage.0 = page
      open.0 = -1
    } else {
      lastPage.1 = page
      open.1 = -1
      open.2 = -1
    }
    push(kind, page)
  }

  @inline(__always)
  private mutating func push(_ kind: AccessKind, _ page: Int) {
    // Pages not bound yet get their site when the block is drained: store the page index.
    unsafe records[recordCount] = ReferenceRecord(kind, site: UInt32(truncatingIfNeeded: page))
    switch kind {
    case .fetch: open.0 = recordCount
    case .load: open.1 = recordCount
    case .store: open.2 = recordCount
    }
    recordCount &+= 1
  }

  private mutating func cross(_ kind: AccessKind, _ first: UInt64, _ last: UInt64) throws {
    switch crossing {
    case .two:
      switch kind {
      case .fetch: crossings.fetches &+= 1
      case .load: crossings.loads &+= 1
      case .store: crossings.stores &+= 1
      }
      append(kind, pages.index(first))
      append(kind, pages.index(last))
    case .one:
      let pair = UInt64(pages.index(first)) << 32 | UInt64(pages.index(last))
      try drain()
      if pairSites[pair] == nil {
        let site = UInt32(engine.siteCount)
        try engine.appendPair(siteOfPage[Int(pair >> 32)], siteOfPage[Int(pair & 0xffff_ffff)])
        pairSites[pair] = site
      }
      guard let site = pairSites[pair] else { return }
      var record = ReferenceRecord(kind, site: site)
      unsafe withUnsafePointer(to: &record) {
        unsafe engine.process(UnsafeBufferPointer(start: $0, count: 1))
      }
    }
  }

  /// Binds the pages seen for the first time and replays the records held.
  private mutating func drain() throws {
    if pages.count > boundPages {
      var binding = Binding()
      for page in boundPages..<pages.count {
        let base = pages[page] << UInt64(pageSize.shift)
        binding.translations.append(
          Translation(virtualBase: base, physicalBase: base, size: pageSize))
        binding.translationOfSite.append(UInt32(page - boundPages))
        binding.addressOfSite.append(base)
        siteOfPage.append(UInt32(engine.siteCount + page - boundPages))
      }
      try engine.extend(binding)
      boundPages = pages.count
    }
    if !pairSites.isEmpty {
      for i in 0..<recordCount {
        let raw = unsafe records[i].rawValue
        let site = unsafe siteOfPage[Int(records[i].site)]
        unsafe records[i] = ReferenceRecord(rawValue: raw & ~0xffff_ffff | UInt64(site))
      }
    }
    unsafe engine.process(UnsafeBufferPointer(start: records, count: recordCount))
    recordCount = 0
    lastPage = (-1, -1)
    open = (-1, -1, -1)
  }
}
