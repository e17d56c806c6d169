import Sim
import TestSupport
import Testing

@Suite("Metric catalogue")
struct MetricCatalogTests {
  /// The names the command line promises.
  static let promised = [
    "l1i.mpki", "l1d.mpki", "l2i.mpki", "l2d.mpki", "walks.pki", "walkCycles.pki",
    "translationCycles.pki", "l1i.missRatio", "entries.text", "entries.data", "reach.bytes",
    "pages.table",
  ]

  static func inputs(_ counters: ReplayCounters) throws -> MetricInputs {
    func array(_ name: String, _ level: Int) throws -> TLBArray {
      TLBArray(
        name: name, level: level, side: level == 1 ? .data : .unified, pageSizes: [.base4K],
        geometry: try TLBGeometry("64x4" as String), evidence: .assumed)
    }
    let machine = Machine(id: "m", name: "m", arrays: [try array("L1D", 1), try array("L2", 2)])
    // Text over three 4 KiB pages and one 2 MiB page, data over two 4 KiB pages.
    var space = AddressSpace()
    let small = AddressRange(start: 0x1000_0000, size: 5 * 4096)
    let large = AddressRange(start: 0x2000_0000, size: 2 << 20)
    space.map(Mapping(small, pageSize: .base4K, backing: .contiguous(0)))
    space.map(Mapping(large, pageSize: .large2M, backing: .contiguous(2 << 20)))
    let facts = LayoutFacts(
      space: space, text: [AddressRange(start: small.lower, size: 3 * 4096), large],
      data: [AddressRange(start: small.lower + 3 * 4096, size: 2 * 4096)], modulePages: 5,
      moduleBytes: 5 * 4096)
    return MetricInputs(counters: counters, machine: machine, layout: facts)
  }

  @Test("every promised name exists, once, with unit and definition")
  func names() {
    let names = MetricCatalog.all.map(\.name)
    #expect(Set(names).count == names.count)
    for name in Self.promised { #expect(MetricCatalog.named(name) != nil, "\(name)") }
    #expect(MetricCatalog.all.allSatisfy { !$0.unit.isEmpty && $0.definition.hasSuffix(".") })
  }

  @Test("values follow their definition")
  func values() throws {
    var c = ReplayCounters(arrayCount: 2)
    c.fetches = 2_000
    c.loads = 600
    c.stores = 400
    c.firstLevelInstructionMisses = 30
    c.firstLevelDataMisses = 50
    c.instructionWalks = 4
    c.dataWalks = 16
    c.walkCycles = 500
    c.translationCycles = 900
    c.arrays[0].lookups = 1_000
    c.arrays[0].misses = 50
    c.arrays[1].lookups = 80
    c.arrays[1].misses = 20
    let expected: [(String, Double)] = [
      ("l1i.mpki", 15), ("l1d.mpki", 25), ("l2i.mpki", 2), ("l2d.mpki", 8), ("walks.pki", 10),
      ("walkCycles.pki", 250), ("translationCycles.pki", 450), ("l1i.missRatio", 0.015),
      ("l1d.missRatio", 0.05), ("l2.missRatio", 0.25), ("l2.lookupMissRatio", 0.25),
      ("entries.text", 4), ("entries.data", 2), ("reach.bytes", Double(5 * 4096 + (2 << 20))),
      ("pages.table", 1), ("pages.modules", 5),
    ]
    let inputs = try Self.inputs(c)
    for (name, value) in expected {
      #expect(MetricCatalog.named(name)?.value(inputs) == value, "\(name)")
    }
  }

  @Test("a denominator of zero gives no value rather than NaN")
  func noDenominator() throws {
    let empty = try Self.inputs(ReplayCounters(arrayCount: 2))
    for metric in MetricCatalog.all where metric.needsReplay {
      #expect(metric.value(empty) == nil, "\(metric.name)")
    }
  }
}

@Suite("Reference pages")
struct ReferencePageTests {
  @Test("the metrics page is what the catalogue makes; 'kfrag list metrics --markdown' renews it")
  func metrics() throws {
    let page = try InputFile.text(dataPath("../../Sources/Sim/Sim.docc/Metrics.md"))
    #expect(page == MetricCatalog.reference)
  }
}

@Suite("Sparklines")
struct SparklineTests {
  @Test("the scale runs from 0 to the greatest; long rows are averaged; nothing is nothing")
  func heights() {
    #expect(Sparkline.text([0, 4, 8], width: 10) == "▁▅█")
    #expect(Sparkline.text([2, 2], width: 10) == "██")
    #expect(Sparkline.text([0, 0], width: 10) == "▁▁")
    #expect(Sparkline.text([1, 1, 3, 3], width: 2) == "▃█")
    #expect(Sparkline.text([], width: 10).isEmpty && Sparkline.text([1], width: 0).isEmpty)
    #expect(Sparkline.text([.nan, .infinity, 1], width: 3) == "▁▁█")
  }
}
