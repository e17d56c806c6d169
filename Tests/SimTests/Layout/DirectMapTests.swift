import Sim
import Testing

@Suite struct DirectMapTests {
  static let gigabyte: UInt64 = 1 << 30

  @Test func `memory is mapped by the largest leaves that fit`() {
    let map = DirectMap(
      [AddressRange(0, 0x9f000), AddressRange(0x10_0000, 3 * Self.gigabyte + 0x5000)],
      largest: .huge1G)
    #expect(map.leaf(of: 0x1000) == .base4K)
    #expect(map.leaf(of: 0x40_0000) == .large2M)
    #expect(map.leaf(of: Self.gigabyte) == .huge1G)
    #expect(map.leaf(of: 3 * Self.gigabyte) == .base4K)
    #expect(map.leaf(of: 0x9f000) == nil)
    let mapped = (0x9f000 + 3 * Self.gigabyte + 0x5000 - 0x10_0000) >> 10
    #expect(map.kilobytes4K + map.kilobytes2M + map.kilobytes1G == mapped)
    #expect(map.kilobytes1G == 2 << 20)
  }

  @Test func `one page splits a gigabyte leaf and one large leaf of it, and for good`() {
    var map = DirectMap([AddressRange(0, 4 * Self.gigabyte)], largest: .huge1G)
    let page = AddressRange(start: 2 * Self.gigabyte + 0x1234000, size: 4096)
    #expect(map.protect(page) == 2)
    #expect(map.kilobytes1G == 3 << 20)
    #expect(map.kilobytes2M == (1 << 20) - 2048)
    #expect(map.kilobytes4K == 2048)
    #expect(map.protect(page) == 0)
    #expect((map.level2Splits, map.level3Splits) == (1, 1))
  }

  @Test func `a change of whole leaves splits nothing`() {
    var map = DirectMap([AddressRange(0, 4 * Self.gigabyte)], largest: .huge1G)
    #expect(map.protect(AddressRange(start: Self.gigabyte, size: Self.gigabyte)) == 0)
    map.protect(AddressRange(start: 0x40_0000, size: 0x40_0000))
    #expect((map.level2Splits, map.level3Splits) == (0, 1))
  }

  /// A. Lu, 7 November 2022: 8 GiB virtual machine, Linux 5.17, a program that maps three
  /// read-only executable pages, started 512 to 2,048 times.
  static let published: [(instances: Int, kilobytes4K: UInt64, kilobytes1G: UInt64)] = [
    (0, 87900, 5_242_880), (512, 462_684, 5_242_880), (1024, 884_572, 3_145_728),
    (2048, 1_654_620, 2_097_152),
  ]

  @Test(arguments: [512, 1024, 2048])
  func `the published table of splits is met within a tenth`(_ instances: Int) throws {
    let row = try #require(Self.published.first { $0.instances == instances })
    let real = Double(row.kilobytes4K - Self.published[0].kilobytes4K) / 2048
    let ours = Double(SplitExperiment.run(starts: instances, pages: 180).level2Splits)
    #expect(abs(ours / real - 1) < 0.1, "\(ours) splits, published \(real)")
  }
}
