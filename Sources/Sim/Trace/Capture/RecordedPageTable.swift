/// The leaf mappings of a recorded kernel, as `pagetable.csv` lists them: runs of pages of one size
/// with consecutive frames.
public struct RecordedPageTable: Sendable {
  // Safe: a line and its fields are used before the next line is read.
  struct Run {
    var virtual: AddressRange
    var physical: UInt64
    var size: PageSize
    var isGlobal: Bool
  }
  private(set) var runs: [Run] = []

  public init() {}

  /// Reads `vstart,vend,pstart,page_size,flags`; addresses hexadecimal, sorted, disjoint.
  /// - Throws: the first row that does not fit.
  public init(_ file: InputFile) throws(InputError) {
    let lines = LineReader(file)
    guard let header = try unsafe lines.next() else {
      throw InputError(file: file.name, line: 1, "the page table is empty")
    }
    guard unsafe String(decoding: header, as: UTF8.self) == "vstart,vend,pstart,page_size,flags"
    else {
      throw lines.error("the header of a page table is vstart,vend,pstart,page_size,flags")
    }
    while let line = try unsafe lines.next() {
      if line.isEmpty { continue }
      var scanner = unsafe ByteScanner(line)
      guard let start = unsafe parse(scanner.field(), { $0.hex() }),
        let end = unsafe parse(scanner.field(), { $0.hex() }),
        let physical = unsafe parse(scanner.field(), { $0.hex() }),
        let bytes = unsafe parse(scanner.field(), { $0.decimal() })
      else { throw lines.error("want vstart,vend,pstart,page_size,flags") }
      guard let size = PageSize(bytes: bytes) else {
        throw lines.error("\(bytes) is no page size")
      }
      guard start < end, size.floor(start) == start, size.floor(end) == end else {
        throw lines.error("\(hex(start))…\(hex(end)) is no run of \(size) pages")
      }
      guard start >= runs.last?.virtual.upper ?? 0 else {
        throw lines.error("\(hex(start)) lies before the row above ends; rows are sorted")
      }
      unsafe runs.append(
        Run(
          virtual: AddressRange(start, end), physical: physical, size: size,
          isGlobal: scanner.field().contains(71)))
    }
  }

  /// The leaf that maps `address`; nil when none does.
  public func translation(of address: UInt64) -> Translation? {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].virtual.upper > address { high = middle } else { low = middle + 1 }
    }
    guard low < runs.count, runs[low].virtual.contains(address) else { return nil }
    let run = runs[low]
    let base = run.size.floor(address)
    return Translation(
      virtualBase: base, physicalBase: run.physical &+ (base &- run.virtual.lower), size: run.size,
      isGlobal: run.isGlobal)
  }
}
