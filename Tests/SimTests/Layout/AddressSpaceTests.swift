import Sim
import Testing

/// What is mapped where, one base page at a time.
private struct NaiveSpace {
  struct Page: Hashable {
    var size: PageSize
    var first: UInt64
    var physical: UInt64
  }

  var pages: [UInt64: Page] = [:]

  mutating func map(_ mapping: Mapping) {
    let step = mapping.pageSize.bytes
    for (index, first) in stride(from: mapping.range.lower, to: mapping.range.upper, by: Int(step))
      .enumerated()
    {
      let physical =
        switch mapping.backing {
        case .contiguous(let base): base + UInt64(index) * step
        case .scattered(let list): list[index]
        case .spaced(let base): base + 2 * UInt64(index) * step
        }
      for number in (first >> 12)..<((first + step) >> 12) {
        pages[number] = Page(size: mapping.pageSize, first: first, physical: physical)
      }
    }
  }

  mutating func unmap(_ range: AddressRange) {
    for number in (range.lower >> 12)..<(range.upper >> 12) { pages[number] = nil }
  }

  func entries(_ ranges: [AddressRange]) -> [PageSize: Set<UInt64>] {
    var found: [PageSize: Set<UInt64>] = [:]
    for range in ranges where !range.isEmpty {
      for number in (range.lower >> 12)...((range.upper - 1) >> 12) {
        if let page = pages[number] { found[page.size, default: []].insert(page.first) }
      }
    }
    return found
  }
}

@Suite("An address space answers as a list of pages does")
struct AddressSpaceTests {
  static let window: UInt64 = 0xffff_ffff_c000_0000

  /// Maps and unmaps runs of 4 KiB and 2 MiB pages in a 64 MiB window.
  private static func events(
    _ seed: UInt64, _ count: Int, _ body: (AddressSpace, NaiveSpace, inout Xoshiro) -> Void
  ) {
    var random = Xoshiro(seed: seed)
    var space = AddressSpace()
    var naive = NaiveSpace()
    for _ in 0..<count {
      if random.below(3) == 0, !space.mappings.isEmpty {
        let range = space.mappings[random.below(space.mappings.count)].range
        space.unmap(range)
        naive.unmap(range)
      } else {
        let size: PageSize = random.below(4) == 0 ? .large2M : .base4K
        let pages = 1 + random.below(size == .base4K ? 40 : 3)
        let slots = Int((64 << 20) / size.bytes)
        let lower = window + UInt64(random.below(slots - pages)) * size.bytes
        let range = AddressRange(start: lower, size: UInt64(pages) * size.bytes)
        guard !space.mappings.contains(where: { $0.range.overlaps(range) }) else { continue }
        let base = UInt64(random.below(1 << 20)) * size.bytes
        let frames = (0..<pages).map { _ in UInt64(random.below(1 << 20)) * size.bytes }
        let mapping = Mapping(
          range, pageSize: size,
          backing: random.below(2) == 0 ? .contiguous(base) : .scattered(frames))
        space.map(mapping)
        naive.map(mapping)
      }
      body(space, naive, &random)
    }
  }

  @Test("translations of random addresses, after every event", arguments: [1, 2, 3] as [UInt64])
  func translations(seed: UInt64) {
    Self.events(seed, 150) { space, naive, random in
      for _ in 0..<20 {
        let address = Self.window + random.below(64 << 20 as UInt64)
        let page = naive.pages[address >> 12]
        let translation = space.translation(at: address)
        #expect(translation?.virtualBase == page?.first, "seed \(seed)")
        #expect(translation?.physicalBase == page?.physical, "seed \(seed)")
        #expect(translation?.size == page?.size, "seed \(seed)")
      }
    }
  }

  @Test("entry counts of random ranges", arguments: [4, 5] as [UInt64])
  func entries(seed: UInt64) {
    Self.events(seed, 120) { space, naive, random in
      let lower = Self.window + random.below(48 << 20 as UInt64)
      let range = AddressRange(start: lower, size: 1 + random.below(16 << 20 as UInt64))
      var counts: [PageSize: UInt64] = [:]
      for (size, count) in space.entries(in: range) { counts[size] = count }
      #expect(counts == naive.entries([range]).mapValues { UInt64($0.count) }, "seed \(seed)")
    }
  }

  @Test("layout facts count each page once, however many ranges share it")
  func facts() {
    var random = Xoshiro(seed: 6)
    for _ in 0..<40 {
      var space = AddressSpace()
      var naive = NaiveSpace()
      var cursor = Self.window
      var ranges: [AddressRange] = []
      for _ in 0..<12 {
        let size: PageSize = random.below(3) == 0 ? .large2M : .base4K
        let range = AddressRange(
          start: size.ceil(cursor), size: UInt64(1 + random.below(3)) * size.bytes)
        let mapping = Mapping(range, pageSize: size, backing: .contiguous(0))
        space.map(mapping)
        naive.map(mapping)
        // Sections inside, often several a page.
        var at = range.lower
        while at < range.upper {
          let end = min(range.upper, at + 1 + random.below(range.size))
          ranges.append(AddressRange(at, end))
          at = end + random.below(6000 as UInt64)
        }
        cursor = range.upper + random.below(1 << 20 as UInt64)
      }
      random.shuffle(&ranges)
      let facts = LayoutFacts(space: space, text: ranges, data: [], modulePages: 0, moduleBytes: 0)
      var counts: [PageSize: UInt64] = [:]
      for entry in facts.textEntries { counts[entry.size] = entry.count }
      let expected = naive.entries(ranges)
      #expect(counts == expected.mapValues { UInt64($0.count) })
      #expect(
        facts.reachBytes
          == expected.reduce(0) { $0 + UInt64($1.value.count) * $1.key.bytes })
      let base = naive.pages.filter { $0.value.size == .base4K }.keys
      #expect(facts.tablePages == UInt64(Set(base.map { $0 >> 9 }).count))
    }
  }

  @Test("a layout gives a byte of a section its address, and sections are found by name")
  func layout() throws {
    var table = SectionTable()
    let text = table.append(Section(object: "ext4", kind: .text, size: 100))
    let data = table.append(Section(object: "ext4", kind: .data, size: 50))
    var layout = Layout(sectionCount: table.count)
    #expect(layout.address(of: text, offset: 1) == nil)
    layout.place(text, at: 0x1000)
    #expect(layout.address(of: text, offset: 0x40) == 0x1040)
    layout.remove(text)
    #expect(layout.address(of: text, offset: 0) == nil)
    #expect(table.find("ext4", .data) == data)
    #expect(SectionIndex(table).find("ext4", .data) == data)
    #expect(SectionIndex(table).find("ext4", .bss) == nil)
  }
}
