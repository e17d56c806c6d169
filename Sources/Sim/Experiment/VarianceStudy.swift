/// How much of a difference's spread each thing that varies causes: a crossed run, every level of
/// every factor with every level of the others, taken apart by analysis of variance.
public struct VarianceStudy: Sendable {
  public struct Row: Sendable {
    public let metric: Metric
    public let treatment: String
    /// Mean difference over all cells.
    public let mean: Double
    public let parts: VarianceComponents
  }

  public let scenario: Scenario
  public let design: CrossedDesign
  public let rows: [Row]

  /// The scenario whose replicates are the cells of the design.
  ///
  /// - Parameters:
  ///   - factors: what varies; empty: all the scenario varies.
  /// - Throws: `InputError` when that is no design.
  public static func plan(
    _ scenario: Scenario, factors: [VaryingFactor], levels: Int
  ) throws(InputError) -> Scenario {
    var wanted = factors.isEmpty ? scenario.varying : factors
    if case .recorded = scenario.workload { wanted.removeAll { $0 == .workload } }
    let ordered = VaryingFactor.allCases.filter(wanted.contains)
    guard let design = CrossedDesign(factors: ordered, levels: levels) else {
      throw InputError(
        file: scenario.file,
        ordered.count < 2
          ? "shares of a variance want at least two things that vary, see 'vary:'"
          : "\(levels) levels of \(ordered.count) factors are too few or more than "
            + "\(CrossedDesign.cellLimit) cells")
    }
    var plan = scenario
    plan.design = design
    plan.varying = ordered
    plan.replicates = design.cells
    return plan
  }

  /// Takes a run of `plan`'s scenario apart.
  /// - Parameter metrics: names; empty: all that vary at all.
  /// - Throws: `InputError` when GSL cannot.
  public init(_ result: ExperimentResult, metrics: [String] = []) throws(InputError) {
    let scenario = result.scenario
    self.scenario = scenario
    guard let design = scenario.design else {
      throw InputError(file: scenario.file, "was not run as a crossed design")
    }
    self.design = design
    var rows: [Row] = []
    for metric in MetricCatalog.all where metrics.isEmpty || metrics.contains(metric.name) {
      for index in scenario.arms.indices.dropFirst() {
        func values(_ arm: Int) -> [Double] {
          let machine = scenario.arms[arm].machine ?? scenario.machine
          return result.replicates.compactMap {
            let own = $0.arms[arm]
            return metric.value(
              MetricInputs(counters: own.counters, machine: machine, layout: own.facts))
          }
        }
        let (base, own) = (values(0), values(index))
        guard base.count == design.cells, own.count == design.cells else { continue }
        let differences = zip(own, base).map { $0 - $1 }
        if metrics.isEmpty, Descriptive.standardDeviation(differences) == 0 { continue }
        do {
          let parts = try VarianceComponents(
            factors: design.factors.map(\.rawValue), levels: design.levels, values: differences)
          rows.append(
            Row(
              metric: metric, treatment: scenario.arms[index].name,
              mean: Descriptive.mean(differences), parts: parts))
        } catch {
          throw InputError(file: scenario.file, "\(metric.name): \(error.description)")
        }
      }
    }
    self.rows = rows
  }
}
