import Sim
import TestSupport
import Testing

@Suite struct AddressSourceTests {
  static func trace(seed: UInt64) -> [RawAccess] {
    var random = Xoshiro(seed: seed)
    let bases: [UInt64] = [
      0xffff_ffff_8100_0000, 0xffff_ffff_c020_0000, 0xffff_8880_0040_0000, 0x5555_5000, 0,
    ]
    var at = bases
    return (0..<20_000).map { _ in
      let kind = AccessKind.allCases[random.below(3)]
      let region = kind == .fetch ? random.below(2) : random.below(5)
      if random.below(8) == 0 { at[region] = bases[region] + UInt64(random.below(1 << 17)) }
      at[region] += UInt64(random.below(96))
      return RawAccess(kind, at[region], size: UInt32(1 + random.below(64)))
    }
  }

  static func source(
    _ accesses: [RawAccess], _ map: AddressMap = AddressMap()
  ) throws -> AddressSource {
    let folder = try TemporaryFolder()
    var writer = try AddressWriter(folder.path("t"), format: .xdin)
    for access in accesses { try writer.write(access) }
    try writer.finish()
    let bytes = try InputFile.contents(folder.path("t"))
    return try AddressSource(map) {
      try #require(TraceFormat.xdin.addressReader(InputFile(bytes: bytes, name: "t")))
    }
  }

  @Test(arguments: [UInt64(1), 2, 3], [UInt8(12), 21, 8])
  func collapsingChangesNoMissAndNoCount(seed: UInt64, shift: UInt8) throws {
    let accesses = Self.trace(seed: seed)
    let size = PageSize(shift: shift)
    var expected = CaptureTests.hierarchy()
    var counts: [UInt64] = [0, 0, 0]
    for access in accesses {
      for page in size.number(access.address)...size.number(access.last) {
        expected.reference(
          isCode: access.kind == .fetch, pages: [page], shift: UInt64(shift))
      }
      // A stream tells pages apart by 4 KiB at most: what crosses those is two references.
      let finest = min(size, .base4K)
      counts[Int(access.kind.rawValue)] +=
        finest.number(access.last) - finest.number(access.address) + 1
    }
    var map = AddressMap()
    map.pageSize = size
    let source = try Self.source(accesses, map)
    let binding = try #require(source.description.recorded)
    var model = CaptureTests.hierarchy()
    let records = try allRecords(source)
    for record in records {
      let translation = binding.translations[Int(binding.translationOfSite[Int(record.site)])]
      #expect(translation.size == size)
      model.reference(
        isCode: record.kindBits == 0, address: translation.virtualBase, shift: UInt64(shift))
      counts[record.kindBits] -= UInt64(record.count)
    }
    #expect(counts == [0, 0, 0])
    #expect(model.code.misses == expected.code.misses)
    #expect(model.data.misses == expected.data.misses)
    #expect(model.second.misses == expected.second.misses)
    #expect(records.count < accesses.count)
  }

  @Test func kernelAddressesBecomeSectionsOfTheirObjects() throws {
    func file(_ text: String) -> InputFile { InputFile(bytes: Array(text.utf8), name: "f") }
    var map = AddressMap()
    try map.snapshots.readSymbols(
      file("ffffffff81000000 T _stext\nffffffff81e01d32 T _etext\nffffffffc0200000 t x [ext4]\n"))
    try map.snapshots.readModules(
      file("ext4 983040 0 - Live 0xffffffffc0200000\n"),
      sections: file("ext4 .text 0xffffffffc0200000\next4 .rodata 0xffffffffc0210000\n"))
    map.pageTable = try RecordedPageTable(
      file("vstart,vend,pstart,page_size,flags\nffffffff81000000,ffffffff82000000,0,2097152,G\n"))
    let accesses: [RawAccess] = [
      RawAccess(.fetch, 0xffff_ffff_8123_4567, size: 4),
      RawAccess(.fetch, 0xffff_ffff_c020_3001, size: 4),
      RawAccess(.load, 0xffff_ffff_c021_1010, size: 8),
      RawAccess(.load, 0xffff_8880_1234_5678, size: 8), RawAccess(.load, 0x5555_5000, size: 1),
    ]
    let source = try Self.source(accesses, map)
    let places = source.table.sites.map { site in
      let section = source.table.sections[site.section]
      return "\(section.object) \(section.kind) \(hex(site.offset))"
    }
    #expect(
      places == [
        "base text 0x234000", "ext4 text 0x3000", "ext4 rodata 0x1000", "direct region 0x12345000",
        "user region 0x55555000",
      ])
    let binding = try #require(source.description.recorded)
    #expect(binding.translations[Int(binding.translationOfSite[0])].size == .large2M)
    #expect(binding.translations[Int(binding.translationOfSite[1])].size == .base4K)
    #expect(source.description.unattributed.isEmpty)
  }

  @Test func anEmptyTraceIsAnError() {
    #expect(throws: InputError.self) { try Self.source([]) }
  }

  /// Linux 6.4 and later: an area for every kind of memory, `/proc/modules` names the text's.
  @Test func sectionsInAreasOfTheirOwnAreFoundToo() throws {
    func file(_ text: String) -> InputFile { InputFile(bytes: Array(text.utf8), name: "f") }
    var map = AddressMap()
    try map.snapshots.readModules(
      file(
        "ext4 983040 0 - Live 0xffffffffc0200000\njbd2 163840 1 ext4, Live 0xffffffffc0600000\n"),
      sections: file(
        """
        ext4 .text 0xffffffffc0200000
        ext4 .exit.text 0xffffffffc0274988
        ext4 .data 0xffffffffc0801920
        ext4 .bss 0xffffffffc0805640
        ext4 .init.text 0xffffffffc0900000
        ext4 .rodata 0xffffffffc0a00080
        ext4 .data..ro_after_init 0xffffffffc0b00000
        jbd2 .text 0xffffffffc0600000

        """))
    let accesses: [RawAccess] = [
      RawAccess(.fetch, 0xffff_ffff_c027_4123, size: 4),
      RawAccess(.load, 0xffff_ffff_c080_5650, size: 4),
      RawAccess(.load, 0xffff_ffff_c0a0_0090, size: 4),
      RawAccess(.load, 0xffff_ffff_c0b0_0008, size: 4),
      RawAccess(.fetch, 0xffff_ffff_c060_1000, size: 4),
      RawAccess(.fetch, 0xffff_ffff_c090_0000, size: 4),
    ]
    let source = try Self.source(accesses, map)
    let places = source.table.sites.map { site in
      let section = source.table.sections[site.section]
      return "\(section.object) \(section.kind) \(hex(site.offset))"
    }
    #expect(
      places.prefix(5) == [
        "ext4 text 0x74000", "ext4 data 0x4000", "ext4 rodata 0x0", "ext4 roAfterInit 0x0",
        "jbd2 text 0x1000",
      ])
    #expect(source.description.unattributed.map(\.name) == ["module:unlisted"])
  }
}
