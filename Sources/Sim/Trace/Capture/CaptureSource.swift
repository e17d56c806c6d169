/// A recorded kernel: the record stream and what its pages mean.
///
/// The stream is little-endian 32-bit records: kind in bits 31…30 (0 instruction run, 1 loads, 2 a
/// run with a store, 3 special), count in 29…18, page id in 17…0; a special record has its value in
/// 29…3 and its kind in 2…0 (1 a step begins, 2 user-mode instructions ran).
public struct CaptureSource: DescribedSource {
  // Safe: `count` words were read, no more than the block has records; both buffers outlive the
  // call.
  public let description: StreamDescription
  private let file: InputFile
  private let words: WordBuffer
  private var siteOfPage: [UInt32]
  private let shared: [(page: Int, sites: [UInt32])]
  private let snapshots: KernelSnapshots
  private var ended = false

  /// - Parameters:
  ///   - pageTable: leaf mappings at the end of the recording; without it the sizes `pages.csv`
  ///     states are taken.
  public init(
    stream: InputFile, pages: RecordedPages, pageTable: RecordedPageTable? = nil,
    snapshots: KernelSnapshots = KernelSnapshots()
  ) {
    let attribution = Attribution(pages: pages, snapshots: snapshots)
    var description = StreamDescription(table: attribution.table)
    description.recorded = Binding(
      addresses: attribution.addressOfSite,
      translations: attribution.pageOfSite.map { index in
        CaptureSource.translation(of: pages.pages[index], pageTable)
      })
    description.steps = snapshots.steps
    description.unattributed = attribution.unattributed
    self.description = description
    siteOfPage = attribution.siteOfPage
    shared = attribution.shared
    self.snapshots = snapshots
    file = stream
    words = WordBuffer()
  }

  /// Pages nothing mapped when the recording ended (user pages, freed areas) count as 4 KiB.
  private static func translation(
    of page: RecordedPage, _ pageTable: RecordedPageTable?
  ) -> Translation {
    if let found = pageTable?.translation(of: page.address) { return found }
    if pageTable == nil, let size = PageSize(bytes: page.mappedSize), size > .base4K {
      let base = size.floor(page.address)
      return Translation(
        virtualBase: base, physicalBase: page.physicalAddress &- (page.address &- base),
        size: size, isGlobal: page.isGlobal)
    }
    return Translation(
      virtualBase: page.address, physicalBase: page.physicalAddress, size: .base4K,
      isGlobal: page.isGlobal)
  }

  /// - Throws: a record that is no record, with its byte offset; a stream that ends within one.
  public mutating func read(
    into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) throws -> Int {
    if ended { return 0 }
    let start = file.position
    let space = unsafe words.space(for: block.count)
    let bytes = try unsafe file.readTrace(into: UnsafeMutableRawBufferPointer(space))
    guard bytes & 3 == 0 else {
      throw InputError(
        file: file.name, byte: file.position & ~3,
        "the stream ends within a record: \(bytes & 3) bytes of 4")
    }
    let count = bytes / 4
    if count == 0 {
      ended = true
      return 0
    }
    var done = 0
    while done < count {
      done = unsafe siteOfPage.withUnsafeBufferPointer {
        unsafe CaptureSource.convert(space, from: done, to: count, sites: $0, into: block)
      }
      guard done < count else { break }
      try unsafe special(UInt32(littleEndian: space[done]), byte: start + UInt64(done) * 4) {
        unsafe block[done] = $0
      }
      done += 1
    }
    return count
  }

  /// Converts ordinary records; stops at the first that is special or wrong.
  @inline(__always)
  private static func convert(
    _ words: UnsafeMutableBufferPointer<UInt32>, from: Int, to: Int,
    sites: UnsafeBufferPointer<UInt32>, into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) -> Int {
    var at = from
    let pages = UInt32(sites.count)
    while at < to {
      let word = unsafe UInt32(littleEndian: words[at])
      let page = word & 0x3_ffff
      let count = (word >> 18) & 0xfff
      guard word < 0xc000_0000, page < pages, count != 0 else { return at }
      unsafe block[at] = ReferenceRecord(
        rawValue: UInt64(word >> 30) << 62 | UInt64(count) << 32 | UInt64(sites[Int(page)]))
      at += 1
    }
    return at
  }

  /// Handles the record `convert` stopped at.
  private mutating func special(
    _ word: UInt32, byte: UInt64, _ put: (ReferenceRecord) -> Void
  ) throws(InputError) {
    guard word >> 30 == 3 else {
      let page = word & 0x3_ffff
      throw InputError(
        file: file.name, byte: byte,
        Int(page) < siteOfPage.count
          ? "a record of no reference (count 0)"
          : "page id \(page), but the page dictionary ends at \(siteOfPage.count - 1)")
    }
    let value = (word >> 3) & 0x7ff_ffff
    switch word & 7 {
    case 1:
      let epoch = snapshots.epoch(of: value)
      for entry in shared { siteOfPage[entry.page] = entry.sites[epoch] }
      put(ReferenceRecord(marker: .step, value: value))
    case 2: put(ReferenceRecord(marker: .userGap, value: value))
    default:
      throw InputError(
        file: file.name, byte: byte, "special record of unknown kind \(word & 7)")
    }
  }
}

/// Room for the words of one block, grown as blocks ask.
@safe private final class WordBuffer {
  // Safe: the buffer is ours from `init` to `deinit`, and grown before more is asked of it.
  private var buffer = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 1 << 16)

  func space(for count: Int) -> UnsafeMutableBufferPointer<UInt32> {
    if unsafe count > buffer.count {
      unsafe buffer.deallocate()
      unsafe buffer = .allocate(capacity: count)
    }
    return unsafe UnsafeMutableBufferPointer(rebasing: buffer[..<count])
  }

  deinit { unsafe buffer.deallocate() }
}
