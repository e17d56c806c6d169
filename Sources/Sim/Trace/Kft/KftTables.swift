/// Where one chunk of records lies.
struct KftChunk: Equatable {
  var offset: UInt64
  var packedSize: UInt64
  var words: Int
  var records: UInt64
  var references: UInt64
  /// Step in force when the chunk begins; 0 before the first.
  var step: UInt32
  /// Bits of a word that hold the site.
  var siteBits: Int
}

/// What stands at the end of a `.kft` file: the stream's description and the index of its chunks.
struct KftTables {
  var description: StreamDescription
  var chunks: [KftChunk]
  /// Words in the largest chunk allowed.
  static let chunkWordLimit = 1 << 26

  func encoded() -> [UInt8] {
    var out = ByteEncoder()
    encodeSites(&out)
    encodeBinding(&out)
    out.unsigned(UInt64(description.steps.count))
    for step in description.steps {
      out.unsigned(UInt64(step.number))
      out.text(step.name)
    }
    out.unsigned(UInt64(description.unattributed.count))
    for entry in description.unattributed {
      out.text(entry.name)
      out.unsigned(UInt64(entry.pages))
      out.unsigned(entry.references)
    }
    out.unsigned(UInt64(description.filter?.sets ?? 0))
    if case .cut(let size) = description.filter?.layout {
      out.unsigned(UInt64(size.shift))
    } else {
      out.unsigned(0)
    }
    encodeChunks(&out)
    return out.bytes
  }

  private func encodeSites(_ out: inout ByteEncoder) {
    let table = description.table
    out.unsigned(UInt64(table.sections.count))
    for section in table.sections.sections {
      out.text(section.object)
      out.text(section.kind.rawValue)
      out.unsigned(section.size)
      out.unsigned(section.recordedAddress)
    }
    out.unsigned(UInt64(table.sites.count))
    var last = Site(SectionID(0), offset: 0)
    for site in table.sites {
      out.step(from: UInt64(last.section.index), to: UInt64(site.section.index))
      last = site
    }
    var offsets = Array(repeating: UInt64(0), count: table.sections.count)
    for site in table.sites {
      out.step(from: offsets[Int(site.section.index)], to: site.offset)
      offsets[Int(site.section.index)] = site.offset
    }
  }

  /// Addresses follow from section and offset nearly always, frames from the address often.
  private func encodeBinding(_ out: inout ByteEncoder) {
    guard let binding = description.recorded else { return out.unsigned(0) }
    out.unsigned(1)
    for (site, address) in zip(description.table.sites, binding.addressOfSite) {
      let section = description.table.sections[site.section]
      out.step(from: section.recordedAddress &+ site.offset, to: address)
    }
    for site in binding.addressOfSite.indices {
      let translation = binding.translations[Int(binding.translationOfSite[site])]
      out.unsigned(UInt64(translation.size.shift) << 3 | flags(translation))
    }
    var last: UInt64 = 0
    for site in binding.addressOfSite.indices {
      let translation = binding.translations[Int(binding.translationOfSite[site])]
      let distance = translation.physicalBase &- translation.virtualBase
      out.step(from: last, to: distance)
      last = distance
    }
  }

  private func flags(_ translation: Translation) -> UInt64 {
    (translation.isGlobal ? 1 : 0) | (translation.isLocked ? 2 : 0)
      | (translation.hasContiguousHint ? 4 : 0)
  }

  private func encodeChunks(_ out: inout ByteEncoder) {
    out.unsigned(UInt64(chunks.count))
    for chunk in chunks {
      for value in [
        chunk.packedSize, UInt64(chunk.words), chunk.records, chunk.references, UInt64(chunk.step),
        UInt64(chunk.siteBits),
      ] { out.unsigned(value) }
    }
  }
}

extension KftTables {
  // Safe: the decoder checks every read and goes before the bytes do.
  /// - Throws: the first thing that cannot be.
  init(_ bytes: UnsafeRawBufferPointer, header: KftHeader) throws(DecodingFailure) {
    var from = unsafe ByteDecoder(bytes)
    description = StreamDescription(table: try KftTables.sites(&from))
    description.recorded = try KftTables.binding(&from, description.table)
    for _ in 0..<(try from.count("steps")) {
      let number = try from.unsigned(upTo: UInt64(UInt32.max), "step")
      description.steps.append(StreamStep(UInt32(number), try from.text()))
    }
    for _ in 0..<(try from.count("names")) {
      let name = try from.text()
      let pages = Int(try from.unsigned(upTo: 1 << 40, "pages"))
      description.unattributed.append(
        Unattributed(name: name, pages: pages, references: try from.unsigned()))
    }
    let sets = Int(try from.unsigned(upTo: 1 << 20, "filter sets"))
    let shift = try from.unsigned(upTo: 34, "filter page shift")
    if sets > 0 {
      guard shift == 0 || shift >= 6 else { throw from.failure("filter page shift \(shift)") }
      description.filter = StripFilter(
        sets: sets, layout: shift == 0 ? .recorded : .cut(PageSize(shift: UInt8(shift))))
    }
    chunks = try KftTables.chunks(&from, header)
    guard from.isAtEnd else { throw from.failure("bytes follow the tables") }
  }

  private static func sites(_ from: inout ByteDecoder) throws(DecodingFailure) -> SiteTable {
    var table = SiteTable(sections: SectionTable())
    for _ in 0..<(try from.count("sections")) {
      let object = try from.text()
      let word = try from.text()
      guard let kind = SectionKind(rawValue: word) else {
        throw from.failure("unknown section kind '\(word)'")
      }
      let size = try from.unsigned()
      _ = table.sections.append(
        Section(object: object, kind: kind, size: size, recordedAddress: try from.unsigned()))
    }
    let count = try from.count("sites")
    var owners: [Int] = []
    owners.reserveCapacity(count)
    var last: UInt64 = 0
    for _ in 0..<count {
      last = try from.step(from: last)
      guard last < UInt64(table.sections.count) else {
        throw from.failure("section \(last) of \(table.sections.count)")
      }
      owners.append(Int(last))
    }
    var offsets = Array(repeating: UInt64(0), count: table.sections.count)
    for owner in owners {
      offsets[owner] = try from.step(from: offsets[owner])
      table.sites.append(Site(SectionID(owner), offset: offsets[owner]))
    }
    return table
  }

  private static func binding(
    _ from: inout ByteDecoder, _ table: SiteTable
  ) throws(DecodingFailure) -> Binding? {
    guard try from.unsigned(upTo: 1, "binding") == 1 else { return nil }
    var addresses: [UInt64] = []
    for site in table.sites {
      let section = table.sections[site.section]
      addresses.append(try from.step(from: section.recordedAddress &+ site.offset))
    }
    var translations: [Translation] = []
    for address in addresses {
      let word = try from.unsigned(upTo: 34 << 3 | 7, "page shift and flags")
      guard word >> 3 >= 6 else { throw from.failure("page shift \(word >> 3)") }
      let size = PageSize(shift: UInt8(word >> 3))
      translations.append(
        Translation(
          virtualBase: size.floor(address), physicalBase: 0, size: size, isGlobal: word & 1 != 0,
          isLocked: word & 2 != 0, hasContiguousHint: word & 4 != 0))
    }
    var last: UInt64 = 0
    for site in translations.indices {
      last = try from.step(from: last)
      translations[site].physicalBase = translations[site].virtualBase &+ last
    }
    return Binding(addresses: addresses, translations: translations)
  }

  private static func chunks(
    _ from: inout ByteDecoder, _ header: KftHeader
  ) throws(DecodingFailure) -> [KftChunk] {
    var chunks: [KftChunk] = []
    var offset = UInt64(KftHeader.size)
    var totals: (records: UInt64, references: UInt64) = (0, 0)
    for _ in 0..<(try from.count("chunks")) {
      let packed = try from.unsigned(upTo: header.tablesOffset - offset, "packed bytes")
      let words = Int(try from.unsigned(upTo: UInt64(chunkWordLimit), "words"))
      let records = try from.unsigned(upTo: UInt64(words), "records")
      let references = try from.unsigned()
      let step = UInt32(try from.unsigned(upTo: UInt64(UInt32.max), "step"))
      let bits = Int(try from.unsigned(upTo: 26, "site bits"))
      guard bits >= 4 else { throw from.failure("\(bits) site bits") }
      chunks.append(
        KftChunk(
          offset: offset, packedSize: packed, words: words, records: records,
          references: references, step: step, siteBits: bits))
      offset += packed
      totals = (totals.records &+ records, totals.references &+ references)
    }
    guard offset == header.tablesOffset, totals.records == header.records,
      totals.references == header.references
    else { throw from.failure("the chunks do not add up to the header's totals") }
    return chunks
  }
}
