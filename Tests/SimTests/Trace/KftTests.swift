import Sim
import TestSupport
import Testing

@Suite struct KftTests {
  static func records(seed: UInt64, sites: Int, count: Int = 30_000) -> [ReferenceRecord] {
    var random = Xoshiro(seed: seed)
    return (0..<count).map { index in
      if index % 4000 == 17 { return ReferenceRecord(marker: .step, value: UInt32(index / 4000)) }
      if index % 100 == 3 {
        let marker = StreamMarker.allCases[1 + random.below(StreamMarker.allCases.count - 1)]
        return ReferenceRecord(marker: marker, value: UInt32(random.next() % (1 << 30)))
      }
      let kind = AccessKind.allCases[random.below(3)]
      let count = 1 + UInt32(random.next() % (1 << 30 - 1)) >> UInt32(random.below(30))
      return ReferenceRecord(kind, site: UInt32(random.below(sites)), count: max(1, count))
    }
  }

  static func description(seed: UInt64, sites: Int) -> StreamDescription {
    var random = Xoshiro(seed: seed)
    var table = SiteTable(sections: SectionTable())
    for index in 0..<5 {
      _ = table.sections.append(
        Section(
          object: "object \(index)", kind: SectionKind.allCases[index], size: random.next() >> 20,
          recordedAddress: random.next() & ~0xfff))
    }
    table.sites = (0..<sites).map { _ in
      Site(SectionID(random.below(5)), offset: random.next() >> (random.next() % 60))
    }
    let translations = table.sites.map { _ in
      let size = PageSize(shift: [12, 21, 30][random.below(3)])
      return Translation(
        virtualBase: 0, physicalBase: random.next() & ~0xfff, size: size,
        isGlobal: random.below(2) == 0, isLocked: random.below(9) == 0)
    }
    var addresses: [UInt64] = []
    var based = translations
    for (site, place) in table.sites.enumerated() {
      addresses.append(table.sections[place.section].recordedAddress &+ place.offset)
      based[site].virtualBase = translations[site].size.floor(addresses[site])
    }
    var description = StreamDescription(
      table: table, recorded: Binding(addresses: addresses, translations: based))
    description.steps = [StreamStep(1, "coldplug"), StreamStep(3, "use-ext4 — ünïcode")]
    description.unattributed = [Unattributed(name: "other", pages: 3, references: 1 << 40)]
    description.filter = StripFilter(sets: 16, layout: .cut(.base4K))
    return description
  }

  static func write(
    _ path: String, _ records: [ReferenceRecord], _ description: StreamDescription,
    effort: KftWriter.Effort = .fast
  ) throws {
    var writer = try KftWriter(path, effort: effort)
    var at = 0
    while at < records.count {
      let end = min(records.count, at + 997)
      try Array(records[at..<end]).withUnsafeBufferPointer { try writer.append($0) }
      at = end
    }
    _ = try writer.finish(description)
  }

  @Test(arguments: [UInt64(1), 2, 3, 4], [1, 300, 70_000])
  func whatIsWrittenReadsBackTheSame(seed: UInt64, sites: Int) throws {
    let folder = try TemporaryFolder()
    let records = Self.records(seed: seed, sites: sites)
    let description = Self.description(seed: seed, sites: sites)
    let path = folder.path("t.kft")
    try Self.write(path, records, description)
    let source = try KftSource(path)
    #expect(try allRecords(source, block: 1 + Int(seed) * 613) == records)
    let read = source.description
    #expect(read.table.sections.sections == description.table.sections.sections)
    #expect(read.table.sites == description.table.sites)
    #expect(read.recorded?.addressOfSite == description.recorded?.addressOfSite)
    #expect(read.recorded?.translations == description.recorded?.translations)
    #expect(read.recorded?.translationOfSite == description.recorded?.translationOfSite)
    #expect(read.steps == description.steps)
    #expect(read.unattributed == description.unattributed)
    #expect(read.filter == description.filter)
    let references = records.filter { !$0.isMarker }.reduce(UInt64(0)) { $0 + UInt64($1.count) }
    #expect(source.referenceCount == references)
    #expect(source.recordCount == UInt64(records.count))
  }

  @Test func twoReadersOfOneFileDoNotDisturbEachOther() throws {
    let folder = try TemporaryFolder()
    let records = Self.records(seed: 9, sites: 50)
    try Self.write(folder.path("t"), records, Self.description(seed: 9, sites: 50))
    var first = try KftSource(folder.path("t"))
    let room = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 5000)
    defer { room.deallocate() }
    let count = try first.read(into: room)
    let head = Array(room[..<count])
    let second = first
    #expect(try allRecords(first) == Array(records[count...]))
    #expect(try allRecords(second) == Array(records[count...]))
    #expect(head == Array(records[..<count]))
    first.rewind()
    #expect(try allRecords(first) == records)
  }

  @Test func aWholeCaptureSurvivesTheTrip() throws {
    let folder = try TemporaryFolder()
    let capture = MadeUpCapture(seed: 11)
    let records = try allRecords(capture.source())
    let description = try capture.source().description
    for effort in KftWriter.Effort.allCases {
      try Self.write(folder.path("t"), records, description, effort: effort)
      let source = try KftSource(folder.path("t"))
      #expect(try allRecords(source) == records)
      #expect(source.description.recorded?.translations == description.recorded?.translations)
    }
    let packed = try folder.write("z", run("zstd", ["-q", "-c", folder.path("t")]))
    #expect(try allRecords(KftSource(packed)) == records)
  }

  @Test func aCutFileIsAnErrorWithAByteWhereverItIsCut() throws {
    let folder = try TemporaryFolder()
    try Self.write(
      folder.path("t"), Self.records(seed: 3, sites: 40), Self.description(seed: 3, sites: 40))
    let whole = try InputFile.contents(folder.path("t"))
    for cut in [0, 1, 7, 8, 79, 80, 81, 2000, whole.count / 2, whole.count - 1] {
      let path = try folder.write("cut", whole.prefix(cut))
      let error = #expect(throws: InputError.self) { try KftSource(path) }
      #expect(error?.kind == .badData)
      #expect(error?.description.contains("byte") == true)
    }
    let longer = try folder.write("long", whole + [0])
    #expect(throws: InputError.self) { try KftSource(longer) }
  }

  @Test func aChangedByteNeverGoesUnnoticed() throws {
    let folder = try TemporaryFolder()
    let records = Self.records(seed: 5, sites: 40, count: 9000)
    try Self.write(folder.path("t"), records, Self.description(seed: 5, sites: 40))
    let whole = try InputFile.contents(folder.path("t"))
    var random = Xoshiro(seed: 77)
    for trial in 0..<300 {
      let at = trial < 80 ? trial : random.below(whole.count)
      var damaged = whole
      damaged[at] ^= UInt8(1 << random.below(8))
      let path = try folder.write("damaged", damaged)
      let error = #expect(throws: InputError.self, "byte \(at)") {
        try allRecords(KftSource(path))
      }
      #expect(error?.description.contains("byte") == true)
    }
  }

  @Test func aFileIsNotLeftBehindWhenItIsNotFinished() throws {
    let folder = try TemporaryFolder()
    do {
      var writer = try KftWriter(folder.path("t"))
      try Self.records(seed: 1, sites: 9).withUnsafeBufferPointer { try writer.append($0) }
    }
    #expect(throws: InputError.self) { try KftSource(folder.path("t")) }
    #expect(throws: InputError.self) { try KftWriter("-") }
  }

  @Test func skippedChunksChangeNothingAStepFilterKeeps() throws {
    let folder = try TemporaryFolder()
    let records = Self.records(seed: 8, sites: 30)
    try Self.write(folder.path("t"), records, Self.description(seed: 8, sites: 30))
    for text in ["0", "1", "7", "2-4", "1,3,5-6", "0-7"] {
      let selection = try #require(StepSelection(text))
      let plain = StepFilter(try KftSource(folder.path("t")), keeping: selection)
      var source = try KftSource(folder.path("t"))
      source.skipChunks(outside: selection)
      let skipping = StepFilter(source, keeping: selection)
      #expect(try allRecords(skipping) == allRecords(plain))
    }
  }
}
