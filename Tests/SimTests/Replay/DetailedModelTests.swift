import Sim
import Testing

/// A stream of single pages, each a site of its own.
struct PageBench {
  var translations: [Translation] = []
  var binding: Binding {
    Binding(
      translations: translations, translationOfSite: translations.indices.map { UInt32($0) },
      addressOfSite: translations.map(\.virtualBase))
  }

  mutating func add(
    _ address: UInt64, _ size: PageSize, frame: UInt64? = nil, isGlobal: Bool = true,
    isLocked: Bool = false, hint: Bool = false
  ) {
    translations.append(
      Translation(
        virtualBase: size.floor(address), physicalBase: frame ?? (address &* 7919) & ~0xfff,
        size: size, isGlobal: isGlobal, isLocked: isLocked, hasContiguousHint: hint))
  }

  /// Counters of `records` on `machine`, under `options`.
  func run(
    _ machine: Machine, _ records: [ReferenceRecord], _ options: ReplayOptions = ReplayOptions()
  ) throws -> ReplayCounters {
    let engine = try ReplayEngine(machine: machine, binding: binding, options: options)
    records.withUnsafeBufferPointer { engine.process($0) }
    return engine.counters
  }
}

@Suite struct DetailedModelTests {
  static func randomStream(_ pages: Int, seed: UInt64, spaces: UInt32) -> [ReferenceRecord] {
    var random = Seed(seed).generator()
    var records: [ReferenceRecord] = []
    for _ in 0..<4_000 {
      if random.below(400) == 0 {
        records.append(
          ReferenceRecord(marker: .switchSpace, value: UInt32(random.below(Int(spaces)))))
      } else if random.below(1500) == 0 {
        let marker: StreamMarker = random.below(2) == 0 ? .flushAll : .flushNonGlobal
        records.append(ReferenceRecord(marker: marker, value: 0))
      }
      let kind: AccessKind = [.fetch, .load, .store][random.below(3)]
      let skew = random.below(3) == 0 ? pages : max(1, pages / 8)
      records.append(
        ReferenceRecord(
          kind, site: UInt32(random.below(skew)), count: UInt32(1 + random.below(3))))
    }
    return records
  }

  static func differences(_ a: ReplayCounters, _ b: ReplayCounters) -> String {
    var out: [String] = []
    for i in a.arrays.indices where a.arrays[i] != b.arrays[i] {
      out.append("array \(i): \(a.arrays[i]) \(b.arrays[i])")
    }
    func compare<T: Equatable>(_ name: String, _ path: KeyPath<ReplayCounters, T>) {
      if a[keyPath: path] != b[keyPath: path] {
        out.append("\(name): \(a[keyPath: path]) \(b[keyPath: path])")
      }
    }
    compare("firstI", \.firstLevelInstructionMisses)
    compare("firstD", \.firstLevelDataMisses)
    compare("walksI", \.instructionWalks)
    compare("walksD", \.dataWalks)
    compare("firstWalks", \.firstWalks)
    compare("reads", \.walkReads)
    compare("walkCycles", \.walkCycles)
    compare("translationCycles", \.translationCycles)
    compare("flushes", \.flushes)
    return out.joined(separator: "; ")
  }

  /// Pages of every size the machine knows, in clusters, each cluster local or global.
  static func bench(_ machine: Machine) -> PageBench {
    var bench = PageBench()
    for (i, size) in machine.pageSizes.enumerated() {
      for isGlobal in [false, true] {
        var number: UInt64 = 0
        for page in 0..<(i == 0 ? 300 : 30) {
          number += UInt64([1, 1, 2, 8][page % 4])
          let base = UInt64(i + 1) << 44 + (isGlobal ? 1 << 40 : 0)
          bench.add(base + number * size.bytes, size, isGlobal: isGlobal)
        }
      }
    }
    return bench
  }

  @Test(arguments: MachineCatalog.names)
  func entryByEntryModelCountsWhatTheBlockEngineCounts(name: String) throws {
    var machine = try MachineCatalog.machine(name)
    guard machine.walkCaches.allSatisfy({ $0.level != 0 }) else { return }
    // What only the detailed model has is switched off; the rest has to agree.
    machine.fill = FillRules()
    machine.prefetch = Stated(.none, .assumed)
    machine.lockedEntries = nil
    if machine.table.radixLevels == nil { machine.table = .radix4 }
    machine.walk = machine.walk == .hybrid ? .hardware : machine.walk
    for a in machine.arrays.indices {
      machine.arrays[a].holdsWalkEntries = false
      machine.arrays[a].accepts = .any
    }
    let bench = DetailedModelTests.bench(machine)
    guard !machine.lookupOrder(.fetch).isEmpty else { return }
    let stream = DetailedModelTests.randomStream(bench.translations.count, seed: 11, spaces: 7)
    var options = ReplayOptions(seed: 5)
    let fast = try bench.run(machine, stream, options)
    options.forcesDetail = true
    let slow = try bench.run(machine, stream, options)
    guard !machine.arrays.contains(where: { $0.name == "STLB-B" || $0.name == "DT512" }) else {
      return
    }
    #expect(fast == slow, "\(name): \(DetailedModelTests.differences(fast, slow))")
  }
}
