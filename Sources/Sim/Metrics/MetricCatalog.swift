/// Which way a metric is better.
public enum MetricPolarity: String, Sendable {
  case lowerIsBetter, higherIsBetter, neither
}

/// What a metric is divided by.
public enum MetricDenominator: String, Sendable {
  /// Kernel instructions, in thousands.
  case kiloInstructions
  /// References or lookups of the same side, collapsed repeats included.
  case references
  case lookups
  /// An absolute count.
  case none
}

/// Everything a metric is computed from: one run's counters, its machine and its layout.
public struct MetricInputs: Sendable {
  public var counters: ReplayCounters
  /// TLB level of each array the counters list, 1 first.
  public var arrayLevels: [Int]
  /// Page walks the machine can have under way at once; at least 1.
  public var walkers: Int
  /// Nil where no layout is known, as for a bare address trace.
  public var layout: LayoutFacts?

  public init(counters: ReplayCounters, machine: Machine, layout: LayoutFacts? = nil) {
    self.counters = counters
    arrayLevels = machine.arrays.map(\.level)
    walkers = max(1, machine.walkers)
    self.layout = layout
  }
}

/// One thing kfrag reports, defined once: the table, CSV, JSON and documentation follow from it.
public struct Metric: Sendable {
  /// `l1i.mpki`: part, then what is counted, unit last.
  public let name: String
  public let unit: String
  public let polarity: MetricPolarity
  public let denominator: MetricDenominator
  public let definition: String
  /// Needs a reference stream; layout metrics do not.
  public let needsReplay: Bool
  private let compute: @Sendable (MetricInputs) -> Double?

  /// The metric's value; nil when its denominator is 0 or there is no layout to measure.
  public func value(_ inputs: MetricInputs) -> Double? { compute(inputs) }

  fileprivate init(
    _ name: String, unit: String, better polarity: MetricPolarity = .lowerIsBetter,
    per denominator: MetricDenominator, needsReplay: Bool = true, _ definition: String,
    _ compute: @escaping @Sendable (MetricInputs) -> Double?
  ) {
    self.name = name
    self.unit = unit
    self.polarity = polarity
    self.denominator = denominator
    self.needsReplay = needsReplay
    self.definition = definition
    self.compute = compute
  }

  fileprivate static func perKilo(
    _ name: String, _ unit: String, _ definition: String,
    _ count: @escaping @Sendable (ReplayCounters) -> Double
  ) -> Metric {
    Metric(name, unit: unit, per: .kiloInstructions, definition) {
      ratio(1000 * count($0.counters), Double($0.counters.fetches))
    }
  }

  fileprivate static func layout(
    _ name: String, _ unit: String, better polarity: MetricPolarity = .lowerIsBetter,
    _ definition: String, _ count: @escaping @Sendable (LayoutFacts) -> UInt64
  ) -> Metric {
    Metric(name, unit: unit, better: polarity, per: .none, needsReplay: false, definition) {
      $0.layout.map { Double(count($0)) }
    }
  }
}

private func ratio(_ count: Double, _ base: Double) -> Double? {
  base > 0 ? count / base : nil
}

/// Every metric there is.
public enum MetricCatalog {
  public static let all: [Metric] = replay + layout

  /// The metric of that name.
  public static func named(_ name: String) -> Metric? { all.first { $0.name == name } }

  private static let replay: [Metric] = [
    .perKilo(
      "l1i.mpki", "misses/1000 instructions",
      "Fetches that missed every first-level instruction array."
    ) { Double($0.firstLevelInstructionMisses) },
    .perKilo(
      "l1d.mpki", "misses/1000 instructions",
      "Loads and stores that missed every first-level data array."
    ) { Double($0.firstLevelDataMisses) },
    .perKilo(
      "l2i.mpki", "misses/1000 instructions", "Fetches no TLB level held."
    ) { Double($0.instructionWalks) },
    .perKilo(
      "l2d.mpki", "misses/1000 instructions", "Loads and stores no TLB level held."
    ) { Double($0.dataWalks) },
    .perKilo(
      "walks.pki", "walks/1000 instructions",
      "Page walks or software refills begun, both sides."
    ) { Double($0.walks) },
    .perKilo(
      "firstWalks.pki", "walks/1000 instructions",
      "Walks for a page no walk was made for before: each page of a layout pays one, so the rate "
        + "falls as a run grows longer."
    ) { Double($0.firstWalks) },
    .perKilo(
      "repeatedWalks.pki", "walks/1000 instructions",
      "Walks for pages walked for before: what capacity, conflicts and flushes cost."
    ) { Double($0.repeatedWalks) },
    .perKilo(
      "walkReads.pki", "reads/1000 instructions", "Page-table entries read by walks."
    ) { Double($0.walkReads) },
    .perKilo(
      "walkCycles.pki", "cycles/1000 instructions",
      "Cycles in page walks or refill handlers."
    ) { $0.walkCycles },
    Metric(
      "walkerCycles.pki", unit: "cycles/1000 instructions", per: .kiloInstructions,
      "The least time the walks can take with all the machine's walkers busy (Little's law): "
        + "walk cycles over walkers."
    ) {
      ratio(1000 * $0.counters.walkCycles / Double($0.walkers), Double($0.counters.fetches))
    },
    .perKilo(
      "translationCycles.pki", "cycles/1000 instructions",
      "Cycles over first-level hits: second-level hits and walks."
    ) { $0.translationCycles },
    .perKilo(
      "flushes.pki", "flushes/1000 instructions",
      "Invalidations of whole arrays that loading and unloading caused."
    ) { Double($0.flushes) },
    Metric(
      "l1i.missRatio", unit: "misses/reference", per: .references,
      "Fetches that missed the first level over all fetches."
    ) { ratio(Double($0.counters.firstLevelInstructionMisses), Double($0.counters.fetches)) },
    Metric(
      "l1d.missRatio", unit: "misses/reference", per: .references,
      "Loads and stores that missed the first level over all loads and stores."
    ) {
      let c = $0.counters
      return ratio(Double(c.firstLevelDataMisses), Double(c.loads) + Double(c.stores))
    },
    Metric(
      "l2.missRatio", unit: "misses/reference", per: .references,
      "First-level misses no lower level held either over all first-level misses."
    ) {
      let c = $0.counters
      let first = Double(c.firstLevelInstructionMisses) + Double(c.firstLevelDataMisses)
      return ratio(Double(c.walks), first)
    },
    Metric(
      "l2.lookupMissRatio", unit: "misses/lookup", per: .lookups,
      "Misses over lookups of all arrays below the first level."
    ) { inputs in
      var (misses, lookups) = (0.0, 0.0)
      for (array, level) in zip(inputs.counters.arrays, inputs.arrayLevels) where level > 1 {
        misses += Double(array.misses)
        lookups += Double(array.lookups)
      }
      return ratio(misses, lookups)
    },
  ]

  private static let layout: [Metric] = [
    .layout(
      "entries.text", "entries",
      "Leaf entries it takes to map all kernel and module text at once; locked ones do not count."
    ) { LayoutFacts.total($0.textEntries) },
    .layout(
      "entries.data", "entries",
      "Leaf entries it takes to map all other kernel and module sections at once, locked ones not."
    ) { LayoutFacts.total($0.dataEntries) },
    .layout(
      "reach.bytes", "bytes", better: .neither, "Bytes the entries of text and data cover."
    ) { facts in
      (facts.textEntries + facts.dataEntries).reduce(0) { $0 + $1.count * $1.size.bytes }
    },
    .layout(
      "pages.table", "pages", "Page-table pages of the lowest level behind base-page mappings."
    ) { $0.tablePages },
    .layout(
      "pages.modules", "pages", better: .neither,
      "Base pages that hold nothing but modules."
    ) { $0.modulePages },
    .layout(
      "memory.modules", "bytes", better: .neither,
      "Bytes of memory modules keep, linked in or loaded, rounding included."
    ) { $0.moduleBytes },
  ]
}
