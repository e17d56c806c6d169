/// Who the misses of an experiment belong to: the object and section a missing reference named.
public struct AttributionTable: Sendable {
  /// What one object cost in one arm, per replicate.
  public struct Cost: Hashable, Sendable {
    public var firstLevel: Double
    public var walks: Double
  }

  public struct Row: Sendable {
    public let object: String
    /// Nil for a whole object.
    public let section: SectionKind?
    /// Mean misses of a replicate, by arm.
    public let costs: [Cost]

    /// Walks of the last arm beyond the first: what loading this object costs.
    public var addedWalks: Double { costs[costs.count - 1].walks - costs[0].walks }
    public var addedFirstLevel: Double {
      costs[costs.count - 1].firstLevel - costs[0].firstLevel
    }
  }

  public let scenario: Scenario
  public let armNames: [String]
  /// Mean instructions of a replicate: the denominator of rates.
  public let instructions: Double
  /// By walks added, most first; ties by name.
  public let objects: [Row]
  public let sections: [Row]

  public init(_ result: ExperimentResult) {
    scenario = result.scenario
    armNames = scenario.arms.map(\.name)
    let count = Double(max(1, result.replicates.count))
    instructions =
      result.replicates.reduce(0) { $0 + Double($1.arms[0].counters.fetches) } / count
    struct Key: Hashable {
      let object: String
      let kind: SectionKind?
    }
    var sums: [Key: [Cost]] = [:]
    let none = [Cost](repeating: Cost(firstLevel: 0, walks: 0), count: armNames.count)
    for replicate in result.replicates {
      for (arm, own) in replicate.arms.enumerated() {
        for (section, misses) in zip(replicate.sections, own.sections) {
          for kind in [section.kind, nil] {
            let key = Key(object: section.object, kind: kind)
            sums[key, default: none][arm].firstLevel += Double(misses.firstLevel) / count
            sums[key, default: none][arm].walks += Double(misses.walks) / count
          }
        }
      }
    }
    let rows = sums.map { Row(object: $0.key.object, section: $0.key.kind, costs: $0.value) }
      .sorted {
        ($1.addedWalks, $0.object, $0.section?.rawValue ?? "")
          < ($0.addedWalks, $1.object, $1.section?.rawValue ?? "")
      }
    objects = rows.filter { $0.section == nil }
    sections = rows.filter { $0.section != nil }
  }
}
