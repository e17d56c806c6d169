import Foundation
import Sim
import TestSupport
import Testing

/// `Scenarios/recorded/debian-6.1-access.kft` against a C program that reads the raw capture it was
/// made from (`pages.csv`, `pagetable.csv`, the words) and knows nothing of kfrag.
@Suite struct ShippedRecordingTests {
  static let path = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../Scenarios/recorded/debian-6.1-access.kft").standardized.path()

  @Test func itIsWholeAndSmall() throws {
    let source = try KftSource(Self.path)
    #expect(source.recordCount == 113_249_820)
    #expect(source.referenceCount == 1_254_391_844)
    let bytes = try #require(MappedFile(Self.path)?.bytes.count)
    #expect(bytes < 8_000_000)
    #expect(UInt64(bytes) * 10 < source.referenceCount * 8)
    let unattributed = source.description.unattributed.map(\.name)
    #expect(unattributed == ["base:other", "module:transient"])
  }

  /// Code misses, data misses, second-level lookups and misses; 16x4, 16x4, 48x12, step 15 alone.
  static let counted: [(recorded: Bool, misses: [UInt64])] = [
    (true, [285, 108_361, 108_646, 11_579]), (false, [179_823, 211_242, 391_065, 224_031]),
  ]

  @Test(arguments: counted)
  func stepFifteenMissesAsTheRawCaptureDoes(recorded: Bool, misses: [UInt64]) throws {
    var file = try KftSource(Self.path)
    let selection = StepSelection([15...15])
    file.skipChunks(outside: selection)
    var source = StepFilter(file, keeping: selection)
    let kept = try #require(source.description.recorded)
    let binding = recorded ? kept : kept.cut(to: .base4K)
    let pages = binding.translationOfSite.map { binding.translations[Int($0)] }
    var model = CaptureTests.hierarchy()
    var counts: [UInt64] = [0, 0, 0, 0]
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 1 << 14)
    defer { block.deallocate() }
    while true {
      let count = try source.read(into: block)
      if count == 0 { break }
      for record in block[..<count] where !record.isMarker {
        counts[record.kindBits] += UInt64(record.count)
        let page = pages[Int(record.site)]
        model.reference(
          isCode: record.kindBits == 0, address: page.virtualBase, shift: UInt64(page.size.shift))
      }
    }
    #expect(counts == [10_268_384, 7_331_392, 15_970_960, 0])
    #expect(
      [model.code.misses, model.data.misses, model.second.lookups, model.second.misses] == misses)
  }

  /// Init memory that was gone when snapshots were taken has no section; a layout that puts a
  /// module there must not make two things of one page.
  @Test(arguments: ["recorded", "monolithic", "modular"])
  func noAddressIsTranslatedTwoWays(layout: String) throws {
    let source = try KftSource(Self.path)
    let binding = try StreamLayout(layout).binding(source.description)
    let pages = Set(binding.translations).sorted { $0.virtualBase < $1.virtualBase }
    for (a, b) in zip(pages, pages.dropFirst()) {
      #expect(
        a.virtualBase &+ a.size.bytes <= b.virtualBase || b.virtualBase < a.virtualBase,
        "\(a) and \(b)")
    }
  }
}
