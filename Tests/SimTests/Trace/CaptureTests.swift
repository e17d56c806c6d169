import Sim
import TestSupport
import Testing

/// A small recorded kernel made up for the tests: page dictionary, page table and stream.
struct MadeUpCapture {
  let pages: String
  let pageTable: String
  let words: [UInt32]
  let addresses: [UInt64]

  static let header =
    "id,vaddr,class,owner,page_size_at_end,paddr_at_end,flags_at_end,insns,accesses_loadruns,"
    + "accesses_storeruns\n"

  init(seed: UInt64) {
    var random = Xoshiro(seed: seed)
    var rows: [(UInt64, String, String, UInt64)] = []
    for page in 0..<40 {
      rows.append((0xffff_ffff_8100_0000 + UInt64(page) << 12, "base:text", "", 2 << 20))
      rows.append((0xffff_8880_0020_0000 + UInt64(page) << 12, "direct", "", 2 << 20))
      rows.append((0xffff_8880_4000_0000 + UInt64(page) << 13, "direct", "", 4096))
      rows.append((0xffff_c900_0000_0000 + UInt64(page) << 12, "vmalloc", "fork", 4096))
      rows.append((0x55_5555_5000 + UInt64(page) << 12, "user", "", 0))
    }
    for page in 0..<6 {
      rows.append((0xffff_ffff_c020_0000 + UInt64(page) << 12, "module", "ext4:text", 4096))
      rows.append((0xffff_ffff_c020_6000 + UInt64(page) << 12, "module", "ext4:data", 4096))
    }
    random.shuffle(&rows)
    addresses = rows.map(\.0)
    var pages = MadeUpCapture.header
    for (id, row) in rows.enumerated() {
      pages += "\(id),\(String(row.0, radix: 16)),\(row.1),\(row.2),\(row.3),0,-G--,1,0,0\n"
    }
    self.pages = pages
    pageTable = """
      vstart,vend,pstart,page_size,flags
      ffff888000200000,ffff888000400000,200000,2097152,XG-P----W
      ffff888040000000,ffff888040400000,40000000,4096,XG------W
      ffffc90000000000,ffffc90000200000,7000000,4096,XG------W
      ffffffff81000000,ffffffff81200000,1000000,2097152,-GP------
      ffffffffc0200000,ffffffffc0300000,9000000,4096,-G-------

      """
    let codePages = rows.indices.filter { rows[$0].1 == "base:text" || rows[$0].2 == "ext4:text" }
    words = (0..<20_000).map { index in
      if index % 1000 == 0 { return 3 << 30 | UInt32(index / 1000 + 1) << 3 | 1 }
      if index % 333 == 5 { return 3 << 30 | UInt32(random.below(100)) << 3 | 2 }
      let kind = UInt32(random.below(3))
      let page = kind == 0 ? codePages[random.below(codePages.count)] : random.below(rows.count)
      return kind << 30 | UInt32(1 + random.below(4095)) << 18 | UInt32(page)
    }
  }

  var stream: [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
  }

  func source(_ bytes: [UInt8]? = nil) throws -> CaptureSource {
    CaptureSource(
      stream: InputFile(bytes: bytes ?? stream, name: "t.u32"),
      pages: try RecordedPages(InputFile(bytes: Array(pages.utf8), name: "pages.csv")),
      pageTable: try RecordedPageTable(InputFile(bytes: Array(pageTable.utf8), name: "pt.csv")))
  }

  /// 21 where the page table above says 2 MiB.
  func shift(_ address: UInt64) -> UInt64 {
    (0xffff_8880_0020_0000..<0xffff_8880_0040_0000).contains(address)
      || (0xffff_ffff_8100_0000..<0xffff_ffff_8120_0000).contains(address) ? 21 : 12
  }
}

/// Every record of a source, in order.
func allRecords(_ source: some ReferenceSource, block: Int = 777) throws -> [ReferenceRecord] {
  var source = source
  let room = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: block)
  defer { room.deallocate() }
  var all: [ReferenceRecord] = []
  while true {
    let count = try source.read(into: room)
    if count == 0 { return all }
    all.append(contentsOf: room[..<count])
  }
}

@Suite struct CaptureTests {
  static func hierarchy() -> NaiveHierarchy {
    NaiveHierarchy(code: .init(16, 4), data: .init(16, 4), second: .init(48, 12))
  }

  @Test(arguments: [UInt64(1), 2, 3], [true, false])
  func aBoundCaptureMissesAsItsRawWordsDo(seed: UInt64, recorded: Bool) throws {
    let capture = MadeUpCapture(seed: seed)
    var expected = Self.hierarchy()
    for word in capture.words where word >> 30 != 3 {
      let address = capture.addresses[Int(word & 0x3_ffff)]
      let shift = recorded ? capture.shift(address) : 12
      expected.reference(isCode: word >> 30 == 0, address: address, shift: shift)
    }
    let source = try capture.source()
    let binding = try #require(source.description.recorded)
    let bound = recorded ? binding : binding.cut(to: .base4K)
    var model = Self.hierarchy()
    for record in try allRecords(source) where !record.isMarker {
      let translation = bound.translations[Int(bound.translationOfSite[Int(record.site)])]
      model.reference(
        isCode: record.kindBits == 0, address: translation.virtualBase,
        shift: UInt64(translation.size.shift))
    }
    #expect(model.code.misses == expected.code.misses)
    #expect(model.data.misses == expected.data.misses)
    #expect(model.second.misses == expected.second.misses)
    #expect(model.second.lookups == expected.second.lookups)
    #expect(expected.data.misses > 1000)
  }

  @Test func everyPageBecomesASectionAndAnOffset() throws {
    let capture = MadeUpCapture(seed: 4)
    let source = try capture.source()
    let table = source.table
    for (page, address) in capture.addresses.enumerated() {
      let site = table.sites[page]
      let section = table.sections[site.section]
      #expect(section.recordedAddress + site.offset == address)
      #expect(site.offset < section.size)
    }
    let text = try #require(table.sections.find("ext4", .text))
    #expect(table.sections[text].recordedAddress == 0xffff_ffff_c020_0000)
    #expect(table.sections[text].size == 6 * 4096)
    #expect(table.sections.find("base", .text) != nil)
    #expect(source.description.unattributed.isEmpty)
  }

  @Test func stepsAreKeptAndAStepThatIsNotThereIsAnError() throws {
    let capture = MadeUpCapture(seed: 5)
    let all = try allRecords(capture.source())
    let selection = try #require(StepSelection("3,5-9"))
    let kept = try allRecords(StepFilter(try capture.source(), keeping: selection))
    var step: UInt32 = 0
    let expected = all.filter { record in
      if record.marker == .step { step = record.count }
      return step == 3 || (5...9).contains(step)
    }
    #expect(kept == expected)
    #expect(kept.count == 6000)
    #expect(throws: InputError.self) {
      try allRecords(StepFilter(try capture.source(), keeping: StepSelection([3...3, 99...99])))
    }
    for text in ["", "3,", "9-5", "x", "1-2-3"] { #expect(StepSelection(text) == nil) }
  }

  @Test func aDamagedStreamIsAnErrorWithItsByte() throws {
    let capture = MadeUpCapture(seed: 6)
    func failure(_ bytes: [UInt8]) throws -> String {
      let error = #expect(throws: InputError.self) { try allRecords(capture.source(bytes)) }
      return error?.description ?? ""
    }
    #expect(try failure(Array(capture.stream.dropLast(2))).contains("byte 79996"))
    #expect(try failure([]).contains("empty"))
    var unknownPage = capture.stream
    unknownPage.replaceSubrange(4000..<4004, with: [0xff, 0xff, 0x07, 0x00])
    #expect(try failure(unknownPage).contains("byte 4000: page id 262143"))
    var nothing = capture.stream
    nothing.replaceSubrange(8000..<8004, with: [0, 0, 0, 0])
    #expect(try failure(nothing).contains("byte 8000"))
    var odd = capture.stream
    odd.replaceSubrange(12..<16, with: [7, 0, 0, 0xc0])
    #expect(try failure(odd).contains("byte 12: special record"))
  }

  static let badRows: [(row: String, line: Int)] = [
    ("", 1), ("1,ffff888000000000,direct,,4096,0,X,0,0,0", 2),
    ("0,ffff888000000001,direct,,4096,0,X,0,0,0", 2),
    ("0,ffff888000000000,direct,,4095,0,X,0,0,0", 2), ("0,ffff888000000000,direct", 2),
    ("0,1000,user,,0,0,X,0,0,0\n1,1000,user,,0,0,X,0,0,0", 3),
  ]

  @Test func aHeaderWithoutAColumnIsAnError() {
    for text in ["", "id,vaddr,class\n"] {
      #expect(throws: InputError.self) {
        try RecordedPages(InputFile(bytes: Array(text.utf8), name: "pages.csv"))
      }
    }
  }

  @Test(arguments: badRows)
  func aPageDictionaryThatDoesNotFitIsAnErrorWithItsLine(_ row: String, _ line: Int) {
    let text = MadeUpCapture.header + row + "\n"
    let error = #expect(throws: InputError.self) {
      try RecordedPages(InputFile(bytes: Array(text.utf8), name: "pages.csv"))
    }
    #expect(error?.diagnostics.first?.line == line)
  }

  @Test(arguments: [
    "x\n", "vstart,vend,pstart,page_size,flags\n1000,800,0,4096,X\n",
    "vstart,vend,pstart,page_size,flags\n1000,2000,0,4000,X\n",
    "vstart,vend,pstart,page_size,flags\n200000,400000,0,2097152,X\n300000,301000,0,4096,X\n",
  ])
  func aPageTableThatDoesNotFitIsAnError(_ text: String) {
    #expect(throws: InputError.self) {
      try RecordedPageTable(InputFile(bytes: Array(text.utf8), name: "pt.csv"))
    }
  }

  @Test func hiddenAddressesAreRefused() {
    var snapshots = KernelSnapshots()
    func file(_ text: String) -> InputFile { InputFile(bytes: Array(text.utf8), name: "f") }
    let error = #expect(throws: InputError.self) {
      try snapshots.readSymbols(file("0000000000000000 T _stext\n0000000000000000 T _etext\n"))
    }
    #expect(error?.description.contains("kptr_restrict") == true)
    #expect(throws: InputError.self) {
      try snapshots.readModules(
        file("ext4 4096 0 - Live 0x0000000000000000\n"), sections: file(""))
    }
  }

  @Test func aPageThatChangedHandsBelongsToItsOwnerAtEachStep() throws {
    func file(_ text: String) -> InputFile { InputFile(bytes: Array(text.utf8), name: "f") }
    var snapshots = KernelSnapshots()
    try snapshots.readModules(
      file("old 8192 0 - Live 0xffffffffc0200000\n"),
      sections: file("old .text 0xffffffffc0200000\nold .data 0xffffffffc0201000\n"), afterStep: 4)
    try snapshots.readModules(file(""), sections: file(""), afterStep: 6)
    try snapshots.readModules(
      file("new 12288 0 - Live 0xffffffffc0200000\n"),
      sections: file("new .text 0xffffffffc0200000\nnew .rodata 0xffffffffc0202000\n"),
      afterStep: 9)
    let pages = "id,vaddr,class,owner\n0,ffffffffc0201000,module,old:data|new:text\n"
    func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (8 * $0) & 0xff) } }
    let touch = word(1 << 18)
    let steps: [UInt32] = [1, 4, 6, 9, 12]
    let source = CaptureSource(
      stream: InputFile(
        bytes: steps.flatMap { word(3 << 30 | $0 << 3 | 1) + touch }, name: "t"),
      pages: try RecordedPages(file(pages)), snapshots: snapshots)
    let owners = try allRecords(source).filter { !$0.isMarker }.map { record in
      let site = source.table.sites[Int(record.site)]
      let section = source.table.sections[site.section]
      return "\(section.object) \(section.kind) \(site.offset)"
    }
    // While step 6 unloads, the page is still the old module's.
    #expect(owners == ["old data 0", "old data 0", "old data 0", "new text 4096", "new text 4096"])
  }
}
