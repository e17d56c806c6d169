/// The base kernel's linked image: the regions a linker script lays out one after another.
public struct BaseImage: Hashable, Sendable {
  /// A region of one permission class.
  public struct Region: Hashable, Sendable {
    public var kind: SectionKind
    /// Bytes the base kernel itself needs.
    public var size: UInt64
    /// Where the region starts relative to the end of the one before: rounded up to this.
    public var alignment: UInt64
    /// Bytes between the aligned place and the region, kept when regions before it grow.
    public var skip: UInt64

    public init(kind: SectionKind, size: UInt64, alignment: UInt64, skip: UInt64 = 0) {
      self.kind = kind
      self.size = size
      self.alignment = alignment
      self.skip = skip
    }
  }

  public var name: String
  /// Virtual address of the first byte, large-page aligned.
  public var start: UInt64
  /// Physical address of the first byte, large-page aligned.
  public var physicalStart: UInt64
  /// In link order: text, rodata, data, init (as `initData`), bss.
  public var regions: [Region]

  public init(name: String, start: UInt64, physicalStart: UInt64, regions: [Region]) {
    self.name = name
    self.start = start
    self.physicalStart = physicalStart
    self.regions = regions
  }

  /// Size of the region of `kind`, bytes; 0 when the image has none.
  public func size(of kind: SectionKind) -> UInt64 {
    regions.first { $0.kind == kind }?.size ?? 0
  }
}

/// An image with modules linked in: where every region and every linked section lies.
public struct LinkedImage: Sendable {
  /// Address range by region, in link order.
  public let regions: [(kind: SectionKind, range: AddressRange)]
  /// Start address by linked module section, in the order they were given.
  public let sectionStarts: [UInt64]

  /// Links `sections` (kind and size, in link order) behind the base kernel's own bytes of the
  /// same region, each aligned to `alignment` bytes.
  public init(
    _ image: BaseImage, linking sections: [(kind: SectionKind, size: UInt64)] = [],
    alignment: UInt64 = 32
  ) {
    var starts = Array(repeating: UInt64(0), count: sections.count)
    var placed: [(kind: SectionKind, range: AddressRange)] = []
    var cursor = min(image.start, AddressRange.highest)
    // What would reach beyond the address space ends at its top; readers refuse such images.
    func advance(_ address: UInt64, by size: UInt64) -> UInt64 {
      size < AddressRange.highest - address ? address + size : AddressRange.highest
    }
    func align(_ address: UInt64, to unit: UInt64) -> UInt64 {
      let aligned = (address &+ (unit - 1)) & ~(unit - 1)
      return aligned >= address ? min(aligned, AddressRange.highest) : AddressRange.highest
    }
    for region in image.regions {
      let start = advance(align(cursor, to: region.alignment), by: region.skip)
      cursor = advance(start, by: region.size)
      for (index, section) in sections.enumerated()
      where LinkedImage.region(of: section.kind) == region.kind {
        cursor = align(cursor, to: alignment)
        starts[index] = cursor
        cursor = advance(cursor, by: section.size)
      }
      placed.append((region.kind, AddressRange(start, cursor)))
    }
    regions = placed
    sectionStarts = starts
  }

  public func range(of kind: SectionKind) -> AddressRange? {
    regions.first { $0.kind == kind }?.range
  }

  /// First and last address of the image.
  public var range: AddressRange {
    AddressRange(regions[0].range.lower, regions[regions.count - 1].range.upper)
  }

  /// The image region a module's section is linked into.
  public static func region(of kind: SectionKind) -> SectionKind {
    switch kind {
    case .text: .text
    case .rodata, .roAfterInit, .symbols: .rodata
    case .data, .image, .region: .data
    case .bss: .bss
    case .initText, .initRodata, .initData: .initData
    }
  }

  /// Maps the image as Linux on x86-64 does (arch/x86/mm/init_64.c `mark_rodata_ro`,
  /// `free_init_pages`): large pages, except that a large page which holds a permission boundary
  /// (end of text, end of rodata) or freed init memory is split into base pages.
  ///
  /// `tail` names bytes of bss whose large pages are split too: the decrypted part that
  /// `mem_encrypt_free_decrypted_mem` frees. It ends at the last large-page boundary in bss; what
  /// lies behind is `.brk`. `ranges` (sorted or not) are split as well.
  public func map(
    into space: inout AddressSpace, base: PageSize, large: PageSize?, physicalStart: UInt64,
    splitTail tail: UInt64 = 0, splitting ranges: [AddressRange] = [], isGlobal: Bool = true,
    isLocked: Bool = false
  ) {
    let unit = large ?? base
    // Pages that would reach over the top of the address space are left out.
    let top = unit.ceil(range.upper)
    let whole = AddressRange(
      unit.floor(range.lower), top >= range.upper ? top : unit.floor(range.upper))
    let physical = physicalStart &- range.lower
    guard let large else {
      space.map(
        Mapping(
          whole, pageSize: base, backing: .contiguous(whole.lower &+ physical),
          isGlobal: isGlobal, isLocked: isLocked))
      return
    }
    var run = whole.lower
    var runIsSplit: Bool?
    func flush(_ end: UInt64, _ space: inout AddressSpace) {
      guard let split = runIsSplit, run < end else { return }
      space.map(
        Mapping(
          AddressRange(run, end), pageSize: split ? base : large,
          backing: .contiguous(run &+ physical), isGlobal: isGlobal, isLocked: isLocked))
    }
    var address = whole.lower
    while address < whole.upper {
      let page = AddressRange(start: address, size: large.bytes)
      let split =
        isSplit(page, base, large, tail: tail) || ranges.contains { $0.overlaps(page) }
      if split != runIsSplit {
        flush(address, &space)
        run = address
        runIsSplit = split
      }
      address += large.bytes
    }
    flush(whole.upper, &space)
  }

  /// Large pages of the image's mapping that `map` splits.
  func splitLargePages(base: PageSize, large: PageSize, splitTail tail: UInt64) -> Int {
    stride(from: large.floor(range.lower), to: range.upper, by: Int(large.bytes)).count {
      isSplit(AddressRange(start: $0, size: large.bytes), base, large, tail: tail)
    }
  }

  private func isSplit(
    _ page: AddressRange, _ base: PageSize, _ large: PageSize, tail: UInt64
  ) -> Bool {
    for region in regions {
      let end = base.ceil(region.range.upper)
      switch region.kind {
      case .text, .rodata:
        if page.lower < end && end < page.upper { return true }
      case .initData:
        if region.range.overlaps(page) { return true }
      case .bss where tail > 0:
        let last = large.floor(region.range.upper)
        if AddressRange(last - min(tail, last), last).overlaps(page) { return true }
      default: break
      }
    }
    return false
  }
}
