/// Who the misses of an experiment belong to: the object, section and symbol a missing reference
/// named, and why each missed.
public struct AttributionTable: Sendable {
  /// What one place cost in one arm, per replicate.
  public struct Cost: Hashable, Sendable {
    public var firstLevel = 0.0
    public var walks = 0.0
    /// Walks by `MissCause.rawValue`, for the cause of the last level's miss.
    public var walkCauses = SIMD4<Double>.zero
    /// Misses by array of the arm's machine, by cause.
    public var arrays: [SIMD4<Double>] = []

    static func + (a: Cost, b: Cost) -> Cost {
      let arrays =
        a.arrays.isEmpty || b.arrays.isEmpty
        ? a.arrays + b.arrays : zip(a.arrays, b.arrays).map { $0 + $1 }
      return Cost(
        firstLevel: a.firstLevel + b.firstLevel, walks: a.walks + b.walks,
        walkCauses: a.walkCauses + b.walkCauses, arrays: arrays)
    }

    init() {}

    private init(
      firstLevel: Double, walks: Double, walkCauses: SIMD4<Double>, arrays: [SIMD4<Double>]
    ) {
      self.firstLevel = firstLevel
      self.walks = walks
      self.walkCauses = walkCauses
      self.arrays = arrays
    }

    init(_ misses: ChargedMisses, replicates: Double) {
      firstLevel = Double(misses.firstLevel) / replicates
      walks = Double(misses.walks) / replicates
      walkCauses = Cost.mean(misses.walkCauses, replicates)
      arrays = misses.arrays.map { Cost.mean($0, replicates) }
    }

    private static func mean(_ causes: MissCauses, _ replicates: Double) -> SIMD4<Double> {
      var mean = SIMD4<Double>.zero
      for cause in MissCause.allCases {
        mean[cause.rawValue] = Double(causes[cause]) / replicates
      }
      return mean
    }
  }

  public struct Row: Sendable {
    public let object: String
    /// Nil for a whole object.
    public let section: SectionKind?
    /// Nil but in `symbols`.
    public let symbol: String?
    /// Mean misses of a replicate, by arm.
    public let costs: [Cost]

    /// Walks of the last arm beyond the first: what loading this object costs.
    public var addedWalks: Double { costs[costs.count - 1].walks - costs[0].walks }
    public var addedFirstLevel: Double {
      costs[costs.count - 1].firstLevel - costs[0].firstLevel
    }
    public var addedCauses: SIMD4<Double> {
      costs[costs.count - 1].walkCauses - costs[0].walkCauses
    }
  }

  public let scenario: Scenario
  public let armNames: [String]
  /// Names of each arm's arrays.
  public let arrayNames: [[String]]
  /// Mean instructions of a replicate: the denominator of rates.
  public let instructions: Double
  /// Everything, by arm.
  public let totals: [Cost]
  /// By walks added, most first; ties by name.
  public let objects: [Row]
  public let sections: [Row]
  /// Empty without a symbol table.
  public let symbols: [Row]

  public init(_ result: ExperimentResult) {
    scenario = result.scenario
    armNames = scenario.arms.map(\.name)
    let machine = scenario.machine
    arrayNames = scenario.arms.map { ($0.machine ?? machine).arrays.map(\.name) }
    let count = Double(max(1, result.replicates.count))
    instructions =
      result.replicates.reduce(0) { $0 + Double($1.arms[0].counters.fetches) } / count
    let none = [Cost](repeating: Cost(), count: armNames.count)
    var totals = none
    var sums: [MissPlace: [Cost]] = [:]
    for replicate in result.replicates {
      for (arm, own) in replicate.arms.enumerated() {
        for (place, misses) in zip(replicate.places, own.charges) {
          let cost = Cost(misses, replicates: count)
          sums[place, default: none][arm] = sums[place, default: none][arm] + cost
          totals[arm] = totals[arm] + cost
        }
      }
    }
    self.totals = totals
    let places = sums.sorted { AttributionTable.order($0.key) < AttributionTable.order($1.key) }
    func rows(_ key: (MissPlace) -> MissPlace?, whole: Bool) -> [Row] {
      var merged: [MissPlace: [Cost]] = [:]
      for (place, costs) in places {
        guard let name = key(place) else { continue }
        merged[name] = zip(merged[name] ?? none, costs).map { $0 + $1 }
      }
      return merged.map {
        Row(
          object: $0.key.object, section: whole ? nil : $0.key.section, symbol: $0.key.symbol,
          costs: $0.value)
      }.sorted(by: AttributionTable.isCostlier)
    }
    objects = rows(
      { MissPlace(object: $0.object, section: .text, symbol: nil) }, whole: true)
    sections = rows(
      { MissPlace(object: $0.object, section: $0.section, symbol: nil) }, whole: false)
    symbols = rows({ $0.symbol == nil ? nil : $0 }, whole: false)
  }

  private static func order(_ place: MissPlace) -> (String, String, String) {
    (place.object, place.section.rawValue, place.symbol ?? "")
  }

  private static func isCostlier(_ a: Row, _ b: Row) -> Bool {
    if a.addedWalks != b.addedWalks { return a.addedWalks > b.addedWalks }
    return (a.object, a.section?.rawValue ?? "", a.symbol ?? "")
      < (b.object, b.section?.rawValue ?? "", b.symbol ?? "")
  }
}
