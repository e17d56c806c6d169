/// Reads a plan strictly:
///
/// ```yaml
/// name: ages
/// scenario: debian12-host.yaml      # relative to the plan
/// axes:                             # every combination
///   machine: [intel-skylake, amd-zen3]
///   memory.age: [fresh, month]
/// zip:                              # these step together
///   - {workload.synthetic.references: [1M, 2M], replicates: [20, 10]}
/// include:                          # further points
///   - {machine: teach-tiny}
/// exclude:                          # points with all of these values go
///   - {machine: amd-zen3, memory.age: fresh}
/// ```
public struct SweepPlanReader {
  private typealias Setting = ScenarioOverrides.Setting
  /// An axis's place in the plan, for messages.
  private typealias Axis = (name: String, place: YAMLValue)

  private let document: StrictYAML
  private let file: String

  /// Reads the plan at `path`.
  /// - Throws: everything wrong with it: unknown keys, axes the scenario does not have, no points;
  ///   or with the scenario it names.
  public static func read(_ path: String) throws(InputError) -> SweepPlan {
    try read(text: InputFile.text(path, limit: 1 << 24), file: path)
  }

  public static func read(text: String, file: String) throws(InputError) -> SweepPlan {
    try SweepPlanReader(document: StrictYAML(text: text, file: file), file: file).plan()
  }

  private func plan() throws(InputError) -> SweepPlan {
    var name = ""
    var scenario = ""
    var axes: [Axis] = []
    var rows: [[Setting]] = []
    document.root.mapping { root in
      name = root.string("name", default: "sweep")
      scenario = path(root.string("scenario"))
      rows = product(root, &axes)
      let crossed = axes.map(\.name)
      rows.append(contentsOf: include(root, &axes))
      exclude(root, crossed, axes.map(\.name), &rows)
    }
    try document.finish()
    guard !rows.isEmpty else {
      document.root.report("the plan has no points: give 'axes', 'zip' or 'include' some values")
      try document.finish()
      throw InputError(file: file, "the plan has no points")
    }
    try checkAxes(axes, rows, scenario)
    let names = axes.map(\.name)
    var points: [SweepPoint] = []
    var seen: Set<[Setting]> = []
    for row in rows {
      let ordered = names.compactMap { axis in row.first { $0.path == axis } }
      guard seen.insert(ordered).inserted else { continue }
      points.append(SweepPoint(index: points.count + 1, settings: ordered))
    }
    return SweepPlan(name: name, file: file, scenario: scenario, axes: names, points: points)
  }

  private func path(_ name: String) -> String {
    let folder = AtomicFile.split(file).folder
    return name.hasPrefix("/") || name.isEmpty ? name : folder + name
  }

  /// The Cartesian product of the axes and the zipped groups.
  private func product(_ root: YAMLMapping, _ axes: inout [Axis]) -> [[Setting]] {
    var factors: [[[Setting]]] = []
    for (axis, place, value) in root.optional("axes")?.pairs() ?? [] {
      guard add(axis, place, &axes) else { continue }
      factors.append(values(value, axis).map { [$0] })
    }
    for group in root.optional("zip")?.list() ?? [] {
      var columns: [[Setting]] = []
      for (axis, place, value) in group.pairs() where add(axis, place, &axes) {
        columns.append(values(value, axis))
      }
      guard let first = columns.first else { continue }
      guard columns.allSatisfy({ $0.count == first.count }) else {
        let counts = columns.map { String($0.count) }.joined(separator: ", ")
        group.report("zipped axes need equally many values, here \(counts)")
        continue
      }
      factors.append(first.indices.map { i in columns.map { $0[i] } })
    }
    guard !factors.isEmpty else { return [] }
    let count = factors.reduce(1.0) { $0 * Double($1.count) }
    guard count <= Double(SweepPlan.pointLimit) else {
      root.whole.report("the plan has more than \(SweepPlan.pointLimit) points")
      return []
    }
    return factors.reduce([[]]) { rows, factor in
      rows.flatMap { row in factor.map { row + $0 } }
    }
  }

  private func add(_ name: String, _ place: YAMLValue, _ axes: inout [Axis]) -> Bool {
    guard !axes.contains(where: { $0.name == name }) else {
      place.report("axis '\(name)' is given twice")
      return false
    }
    axes.append((name, place))
    return true
  }

  private func values(_ value: YAMLValue, _ axis: String) -> [Setting] {
    let list = value.isSequence ? value.list() : [value]
    if list.isEmpty { value.report("axis '\(axis)' has no values") }
    return list.map { Setting(path: axis, text: SweepPlanReader.oneLine($0)) }
  }

  private func include(_ root: YAMLMapping, _ axes: inout [Axis]) -> [[Setting]] {
    (root.optional("include")?.list() ?? []).map { entry in
      entry.pairs().map { axis, place, value in
        if !axes.contains(where: { $0.name == axis }) { axes.append((axis, place)) }
        return Setting(path: axis, text: SweepPlanReader.oneLine(value))
      }
    }.filter { !$0.isEmpty }
  }

  private func exclude(
    _ root: YAMLMapping, _ crossed: [String], _ known: [String], _ rows: inout [[Setting]]
  ) {
    for entry in root.optional("exclude")?.list() ?? [] {
      var unwanted: [Setting] = []
      for (axis, place, value) in entry.pairs() {
        if !known.contains(axis) {
          place.report("unknown axis '\(axis)'" + suggestion(for: axis, in: known))
        }
        unwanted.append(Setting(path: axis, text: SweepPlanReader.oneLine(value)))
      }
      guard !unwanted.isEmpty else { continue }
      let before = rows.count
      rows.removeAll { row in unwanted.allSatisfy(row.contains) }
      if rows.count == before, unwanted.allSatisfy({ known.contains($0.path) }) {
        entry.report("excludes no point")
      }
    }
  }

  /// Lays one value of each axis over the scenario and reports axes it does not know. Values the
  /// scenario refuses are faults of their points and found when those run.
  private func checkAxes(
    _ axes: [Axis], _ rows: [[Setting]], _ scenario: String
  ) throws(InputError) {
    // A broken scenario is reported as itself.
    _ = try ScenarioReader.read(scenario)
    for (name, place) in axes {
      guard let setting = rows.lazy.flatMap({ $0 }).first(where: { $0.path == name }) else {
        continue
      }
      do {
        _ = try ScenarioOverrides.read(scenario, [setting])
      } catch {
        let fault = error.diagnostics.first { $0.message.hasPrefix("unknown key") }
        if let fault {
          let hint = fault.message.split(separator: ";", maxSplits: 1).dropFirst().first ?? ""
          place.report("unknown axis '\(name)'" + (hint.isEmpty ? "" : ";\(hint)"))
        }
      }
    }
    try document.finish()
  }

  /// A value as one line of YAML.
  private static func oneLine(_ value: YAMLValue) -> String { value.flowText() }
}
