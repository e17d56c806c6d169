/// One page of a recorded kernel, as `pages.csv` lists it.
public struct RecordedPage: Hashable, Sendable {
  /// Virtual address of its first byte.
  public var address: UInt64
  /// `base:text`, `module`, `direct`, …
  public var pageClass: String
  /// `name:kind` of a module page, several joined with `|`; a caller or nothing elsewhere.
  public var owner: String
  /// Size of the page that mapped it when the recording ended; 0 when nothing did.
  public var mappedSize: UInt64 = 0
  public var physicalAddress: UInt64 = 0
  public var isGlobal = false
  /// References to the page over the whole recording.
  public var references: UInt64 = 0
}

/// The page dictionary of a capture: what the ids of its records mean.
public struct RecordedPages: Sendable {
  // Safe: a line and its fields are used before the next line is read.
  public let pages: [RecordedPage]

  /// Records name a page with 18 bits.
  public static let idLimit = 1 << 18

  init(_ pages: [RecordedPage]) { self.pages = pages }

  /// Reads `pages.csv`: a header, then one page a row, ids counting from 0.
  /// - Throws: the first row that does not fit.
  public init(_ file: InputFile) throws(InputError) {
    let lines = LineReader(file)
    guard let first = try unsafe lines.next() else {
      throw InputError(file: file.name, line: 1, "the page dictionary is empty")
    }
    let columns = unsafe String(decoding: first, as: UTF8.self).split(
      separator: ",", omittingEmptySubsequences: false
    ).map(String.init)
    for name in ["id", "vaddr", "class", "owner"] where !columns.contains(name) {
      throw lines.error(
        "no column '\(name)'; the header of pages.csv is "
          + "id,vaddr,class,owner,page_size_at_end,paddr_at_end,flags_at_end,…")
    }
    var pages: [RecordedPage] = []
    while let line = try unsafe lines.next() {
      if line.isEmpty { continue }
      guard pages.count < RecordedPages.idLimit else {
        throw lines.error("more than \(RecordedPages.idLimit) pages; records cannot name them")
      }
      unsafe pages.append(try RecordedPages.row(line, columns, id: pages.count, lines))
    }
    guard !pages.isEmpty else {
      throw InputError(file: file.name, line: 1, "the page dictionary has no page")
    }
    self.pages = pages
    try checkAddresses(file.name)
  }

  private static func row(
    _ line: UnsafeBufferPointer<UInt8>, _ columns: [String], id: Int, _ lines: LineReader
  ) throws(InputError) -> RecordedPage {
    var scanner = unsafe ByteScanner(line)
    var page = RecordedPage(address: 0, pageClass: "", owner: "")
    for (index, column) in columns.enumerated() {
      guard index == 0 || scanner.follows(44) else {
        throw lines.error("\(index) columns where the header has \(columns.count)")
      }
      let start = scanner.column
      let field = unsafe scanner.field()
      switch column {
      case "id":
        guard unsafe parse(field, { $0.decimal() }) == UInt64(id) else {
          throw lines.error(
            unsafe "id '\(String(decoding: field, as: UTF8.self))' where \(id) is due",
            column: start)
        }
      case "vaddr":
        guard let address = unsafe parse(field, { $0.hex() }), address & 0xfff == 0 else {
          throw lines.error("no page address", column: start)
        }
        page.address = address
      case "class": page.pageClass = unsafe String(decoding: field, as: UTF8.self)
      case "owner": page.owner = unsafe String(decoding: field, as: UTF8.self)
      case "page_size_at_end":
        guard let size = unsafe parse(field, { $0.decimal() }),
          size == 0 || PageSize(bytes: size) != nil
        else { throw lines.error("no page size", column: start) }
        page.mappedSize = size
      case "paddr_at_end":
        guard let address = unsafe parse(field, { $0.hex() }) else {
          throw lines.error("no physical address", column: start)
        }
        page.physicalAddress = address
      case "flags_at_end": page.isGlobal = unsafe field.contains(71)
      case "insns", "accesses_loadruns", "accesses_storeruns":
        guard let count = unsafe parse(field, { $0.decimal() }) else {
          throw lines.error("no count", column: start)
        }
        page.references &+= count
      default: break
      }
    }
    guard scanner.isAtEnd else {
      throw lines.error("more columns than the header's \(columns.count)", column: scanner.column)
    }
    return page
  }

  private func checkAddresses(_ file: String) throws(InputError) {
    let order = pages.indices.sorted { pages[$0].address < pages[$1].address }
    for (a, b) in zip(order, order.dropFirst()) where pages[a].address == pages[b].address {
      throw InputError(
        file: file, line: max(a, b) + 2,
        "page \(hex(pages[a].address)) is listed twice, as id \(min(a, b)) too")
    }
  }
}

/// `read` applied to the whole of `field`; nil when it does not take all of it.
func parse<T>(
  _ field: UnsafeBufferPointer<UInt8>, _ read: (inout ByteScanner) -> T?
) -> T? {
  // Safe: the field is the caller's for the length of the call.
  var scanner = unsafe ByteScanner(field)
  guard let value = read(&scanner), scanner.isAtEnd else { return nil }
  return value
}
