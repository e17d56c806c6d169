import Sim
import TestSupport
import Testing

/// A random stream over 4 KiB and 2 MiB pages: some of them hot, runs of 1 to 6, now and then a
/// flush.
struct GeneratedStream {
  var records: [ReferenceRecord] = []
  var binding = Binding()

  init(seed: UInt64, length: Int, pages: Int, flushes: Bool) {
    var random = Xoshiro(seed: seed)
    for page in 0..<pages {
      let large = page % 3 == 2
      let size: PageSize = large ? .large2M : .base4K
      let base: UInt64 = large ? 0xffff_8880_0000_0000 : 0xffff_ffff_c000_0000
      let virtual = base + UInt64(random.below(4 * pages)) * size.bytes
      if binding.translations.contains(where: { $0.virtualBase == virtual }) { continue }
      binding.translations.append(
        Translation(
          virtualBase: virtual, physicalBase: 0x10_0000_0000 + UInt64(page) * size.bytes,
          size: size, isGlobal: page % 4 != 1, isLocked: page % 29 == 28))
    }
    for site in 0..<(3 * binding.translations.count) {
      let t = site % binding.translations.count
      binding.translationOfSite.append(UInt32(t))
      let page = binding.translations[t]
      binding.addressOfSite.append(page.virtualBase + random.next() % page.size.bytes)
    }
    let sites = binding.translationOfSite.count
    for _ in 0..<length {
      if flushes, random.below(400) == 0 {
        let marker: StreamMarker = random.below(3) == 0 ? .flushAll : .flushNonGlobal
        records.append(ReferenceRecord(marker: marker, value: 0))
      }
      let kind = AccessKind.allCases[random.below(3)]
      let site = random.below(2) == 0 ? random.below(min(sites, 24)) : random.below(sites)
      let run = random.below(2) == 0 ? 1 : 1 + random.below(6)
      records.append(ReferenceRecord(kind, site: UInt32(site), count: UInt32(run)))
    }
  }

  /// Replays reference by reference, repeats and all.
  func replay(on naive: inout NaiveMachine) {
    for record in records {
      if record.isMarker {
        naive.flush { record.marker == .flushAll || $0.hasPrefix("n") }
        continue
      }
      let site = Int(record.site)
      let page = binding.translations[Int(binding.translationOfSite[site])]
      for _ in 0..<record.count {
        naive.reference(AccessKind.allCases[record.kindBits], binding.addressOfSite[site], page)
      }
    }
  }
}

@Suite("The block engine counts what the obvious model counts")
struct EngineEqualityTests {
  static let shapes = ["16x4", "64x4", "24x4", "12xfull", "36x12", "64xfull", "8x1", "64x4::xor4"]

  /// Split first level, loads and stores apart when `split`, 2 MiB pages in an array of their own,
  /// unified second level.
  static func machine(_ first: TLBGeometry, _ second: TLBGeometry, split: Bool) throws -> Machine {
    let both: [PageSize] = [.base4K, .large2M]
    var arrays: [TLBArray] = []
    func add(_ name: String, _ level: Int, _ side: ArraySide, _ sizes: [PageSize], _ g: TLBGeometry)
    {
      arrays.append(
        TLBArray(
          name: name, level: level, side: side, pageSizes: sizes, geometry: g, evidence: .assumed))
    }
    add("L1I", 1, .instruction, both, first)
    if split {
      add("L1L", 1, .load, both, first)
      add("L1S", 1, .store, [.base4K], first)
      add("L1S2M", 1, .store, [.large2M], try TLBGeometry(entries: 4, ways: 4))
    } else {
      add("L1D", 1, .data, both, first)
    }
    add("L2", 2, .unified, split ? [.base4K] : both, second)
    return Machine(id: "test", name: "test", arrays: arrays)
  }

  static func geometry(_ shape: String, _ policy: ReplacementKind) throws -> TLBGeometry? {
    let parts = shape.split(separator: ":", omittingEmptySubsequences: false)
    let index = parts.count == 3 ? ":" + parts[2] : ""
    return try? TLBGeometry("\(parts[0]):\(policy.rawValue)\(index)")
  }

  @Test("for every policy and geometry, flushes included", arguments: ReplacementKind.allCases)
  func everyPolicy(policy: ReplacementKind) throws {
    guard policy != .opt else { return }
    for (i, shape) in Self.shapes.enumerated() {
      guard let first = try Self.geometry(shape, policy) else { continue }
      let second = try #require(
        try Self.geometry("144x12", policy == .tplru ? .lru : policy))
      let seed = UInt64(1000 * i) + UInt64(policy.rawValue.utf8.first ?? 0)
      let stream = GeneratedStream(seed: seed, length: 3000, pages: 150, flushes: i % 2 == 0)
      let machine = try Self.machine(first, second, split: i % 3 == 1)
      var naive = NaiveMachine(machine, seed: 5)
      stream.replay(on: &naive)
      let engine = try ReplayEngine(
        machine: machine, binding: stream.binding, options: ReplayOptions(seed: 5))
      stream.records.withUnsafeBufferPointer { engine.process($0) }
      let counters = engine.counters
      #expect(counters.arrays.map { Int($0.lookups) } == naive.lookups, "\(shape) seed \(seed)")
      #expect(counters.arrays.map { Int($0.misses) } == naive.misses, "\(shape) seed \(seed)")
      #expect(Int(counters.walks) == naive.walks, "\(shape) seed \(seed)")
      #expect(Int(counters.firstWalks) == naive.walked.count, "\(shape) seed \(seed)")
    }
  }
}
