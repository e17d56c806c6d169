import Sim
import TestSupport
import Testing

@Suite struct StripFilterTests {
  /// A capture with runs of locality, so that a filter has something to drop.
  static func source(seed: UInt64) throws -> CaptureSource {
    var random = Xoshiro(seed: seed)
    let capture = MadeUpCapture(seed: seed)
    var recent = capture.words.filter { $0 >> 30 != 3 }.prefix(12).map { $0 }
    let words = capture.words.map { word -> UInt32 in
      guard word >> 30 != 3 else { return word }
      let slot = random.below(recent.count)
      if random.below(6) == 0 { recent[slot] = word }
      return recent[slot]
    }
    return try capture.source(
      words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } })
  }

  struct Counted: Equatable {
    var references: [UInt64] = [0, 0, 0]
    var misses: [UInt64] = []
  }

  /// References by kind at the end of each step, and misses in the end.
  static func count(
    _ records: [ReferenceRecord], _ binding: Binding, _ hierarchy: NaiveHierarchy
  ) -> (steps: [[UInt64]], misses: [UInt64]) {
    var model = hierarchy
    var steps: [[UInt64]] = []
    var references: [UInt64] = [0, 0, 0]
    for record in records {
      if record.isMarker {
        if record.marker == .step { steps.append(references) }
        continue
      }
      references[record.kindBits] += UInt64(record.count)
      let page = binding.translations[Int(binding.translationOfSite[Int(record.site)])]
      model.reference(
        isCode: record.kindBits == 0, address: page.virtualBase, shift: UInt64(page.size.shift))
    }
    return (
      steps + [references],
      [model.code.misses, model.data.misses, model.second.lookups, model.second.misses]
    )
  }

  @Test(arguments: [UInt64(1), 2, 3], [1, 4, 16])
  func missesAndDenominatorsStayForEveryMultipleOfItsSets(seed: UInt64, sets: Int) throws {
    for layout in [StripFilter.Layout.recorded, .cut(.base4K)] {
      let whole = try Self.source(seed: seed)
      let recorded = try #require(whole.description.recorded)
      let binding = layout == .recorded ? recorded : recorded.cut(to: .base4K)
      let filter = StripFilter(sets: sets, layout: layout)
      let all = try allRecords(whole)
      let kept = try allRecords(StrippedSource(try Self.source(seed: seed), filter), block: 900)
      #expect(kept.count < all.count)
      for (factor, ways) in [(1, 1), (1, 4), (2, 2), (3, 3), (4, 1)] {
        let entries = sets * factor * ways
        let model = NaiveHierarchy(
          code: .init(entries, ways), data: .init(entries, ways), second: .init(48, 12))
        let expected = Self.count(all, binding, model)
        let actual = Self.count(kept, binding, model)
        #expect(actual.misses == expected.misses, "\(entries)x\(ways)")
        #expect(actual.steps == expected.steps)
      }
    }
  }

  @Test func whatItIsNotExactForIsRefused() throws {
    let filter = StripFilter(sets: 16, layout: .recorded)
    func machine(_ geometry: String, _ side: ArraySide) throws -> Machine {
      Machine(
        id: "m", name: "m",
        arrays: [
          TLBArray(
            name: "L1", level: 1, side: side, pageSizes: [.base4K],
            geometry: try TLBGeometry(geometry), evidence: .assumed)
        ])
    }
    try filter.check(machine("64x4", .data), layout: .recorded, file: "t")
    try filter.check(machine("96x2", .instruction), layout: .recorded, file: "t")
    for (geometry, side) in [
      ("64x4", ArraySide.unified), ("64xfull", .data), ("64x4:fifo", .data), ("40x2", .data),
    ] {
      #expect(throws: InputError.self) {
        try filter.check(machine(geometry, side), layout: .recorded, file: "t")
      }
    }
    #expect(throws: InputError.self) {
      try filter.check(machine("64x4", .data), layout: .cut(.base4K), file: "t")
    }
    #expect(throws: InputError.self) {
      try StrippedSource(StrippedSource(Self.source(seed: 1), filter), filter)
    }
  }
}
