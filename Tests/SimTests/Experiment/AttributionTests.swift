import TestSupport
import Testing

@testable import Sim

@Suite("Misses are charged whole: to arrays, causes, objects, sections and symbols")
struct AttributionTests {
  private func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-9 * max(1, abs(a)) }

  @Test("causes over all places sum to each array's misses and to the walks, arm by arm")
  func sums() async throws {
    let plan = try ScenarioOverrides.read(
      dataPath("sweep/tiny.yaml"),
      [
        .init(path: "machine", text: "intel-skylake"),
        .init(path: "workload.synthetic.reloads", text: "2"),
      ])
    let result = try await Experiment.run(plan, jobs: 2, options: .attribution)
    var flushes: UInt64 = 0
    for replicate in result.replicates {
      #expect(replicate.rungs.isEmpty)
      for arm in replicate.arms {
        for (a, array) in arm.counters.arrays.enumerated() {
          let sum = arm.charges.reduce(MissCauses()) { $0 + $1.arrays[a] }
          #expect(sum.total == array.misses)
          flushes += sum[.flush]
        }
        #expect(arm.charges.reduce(0) { $0 + $1.walks } == arm.counters.walks)
        let walks = arm.charges.reduce(MissCauses()) { $0 + $1.walkCauses }
        #expect(walks.total == arm.counters.walks)
        for charge in arm.charges { #expect(charge.walkCauses.total == charge.walks) }
      }
    }
    #expect(flushes > 0, "two reloads flush the modular arm")
    let table = AttributionTable(result)
    for (arm, total) in table.totals.enumerated() {
      let objects = table.objects.reduce(0) { $0 + $1.costs[arm].walks }
      let sections = table.sections.reduce(0) { $0 + $1.costs[arm].walks }
      #expect(near(objects, total.walks) && near(sections, total.walks))
      #expect(near(total.walkCauses.sum(), total.walks))
    }
  }

  private func table(_ text: String) throws -> SymbolTable {
    let folder = try TemporaryFolder()
    return try SymbolTable(folder.write("kallsyms", text))
  }

  @Test("the symbols of the shipped recording's pages come out of a symbol file, moved by KASLR")
  func symbols() throws {
    let stream = try KftSource(
      dataPath("../../Scenarios/recorded/debian-6.1-access.kft")
    ).description.table
    let text = try #require(stream.sections.find("base", .text))
    let start = stream.sections[text].recordedAddress
    // A kernel whose text begins 32 MiB higher; a function begins 64 bytes before each page.
    let shift: UInt64 = 32 << 20
    var lines = "\(hex(start + shift)) T _stext\n"
    let pages = Int(stream.sections[text].size >> 12)
    for page in 1..<pages {
      lines += "\(hex(start + shift + UInt64(page) * 4096 - 64)) t f\(page)\n"
    }
    let names = try table(lines).names(of: stream)
    var named = 0
    for (site, name) in zip(stream.sites, names) {
      let page = Int(site.offset >> 12)
      guard site.section == text, page > 0, page < pages - 1 else {
        if site.section != text { #expect(name == nil, "no other section has symbols") }
        continue
      }
      #expect(name == "f\(page) … f\(page + 1) (2)", "page \(page)")
      named += 1
    }
    #expect(named > 100)
    // Each named place is charged apart, and the section keeps the rest.
    let charges = MissCharges(stream, try table(lines))
    let symbols = charges.places.compactMap(\.symbol)
    #expect(Set(symbols).count == symbols.count && symbols.count > 100)
    #expect(charges.places.count == stream.sections.count + symbols.count)
  }

  @Test("hidden addresses, no symbols and broken lines are refused")
  func badSymbols() throws {
    for (text, words) in [
      ("0000000000000000 T _stext\n0000000000000000 t f\n", "hidden"),
      ("", "no symbol"), ("ffffffff81000000 Tx f\n", ":1"), ("what\n", "address type name"),
    ] {
      let error = try #require(throws: InputError.self) { try table(text) }
      #expect(error.description.contains(words), "\(error)")
    }
  }
}

@Suite("Designs: all orders of causes, crossed factors, time, advice to pack")
struct DesignTests {
  private func plan(_ settings: [(String, String)] = []) throws -> Scenario {
    try ScenarioOverrides.read(
      dataPath("sweep/tiny.yaml"),
      [.init(path: "machine", text: "intel-skylake")]
        + settings.map { .init(path: $0.0, text: $0.1) })
  }

  @Test("contributions averaged over all orders sum to the difference, metric by metric")
  func averaged() async throws {
    var options = ExperimentOptions()
    options.ladder = .allSubsets
    let result = try await Experiment.run(
      try plan([("workload.synthetic.reloads", "1")]), jobs: 2, options: options)
    for replicate in result.replicates {
      #expect(replicate.subsets.count == 128)
      #expect(replicate.subsets[0].counters == replicate.arms[0].counters)
      #expect(replicate.subsets[127].counters == replicate.arms[1].counters)
      // The rungs are the sets of the first causes.
      for (count, rung) in replicate.rungs.enumerated() {
        #expect(replicate.subsets[(1 << count) - 1].counters == rung.counters)
      }
    }
    let comparison = Comparison(result)
    #expect(!comparison.averagedLadder.isEmpty)
    for difference in comparison.differences {
      let own = comparison.averagedLadder.filter { $0.metric.name == difference.metric.name }
      guard !own.isEmpty else { continue }
      let sum = own.reduce(0) { $0 + $1.rung.contribution }
      let scale = own.reduce(1) { max($0, abs($1.rung.contribution)) }
      #expect(abs(sum - difference.pair.difference) < 1e-9 * scale, "\(difference.metric.name)")
    }
  }

  @Test("an interval, a test and a pairing asked for are those of the comparison")
  func inference() async throws {
    let result = try await Experiment.run(try plan([("replicates", "6")]), jobs: 2)
    func pair(_ change: (inout Inference) -> Void) throws -> PairedComparison {
      var inference = Inference()
      change(&inference)
      return try #require(try Comparison(result, inference).difference("walks.pki")).pair
    }
    let plain = try pair { _ in }
    let values = result.replicates.map { replicate in
      replicate.arms.map { arm in
        MetricCatalog.named("walks.pki")?.value(
          MetricInputs(counters: arm.counters, machine: result.scenario.machine)) ?? 0
      }
    }
    let (a, b) = (values.map { $0[0] }, values.map { $0[1] })
    #expect(plain == PairedComparison(baseline: a, treatment: b))
    #expect(
      try pair { $0.isPaired = false } == PairedComparison.welch(baseline: a, treatment: b))
    let permuted = try pair { $0.test = .permutation }
    let exact = try Permutation.paired(zip(b, a).map { $0 - $1 }, seed: Seed(0))
    #expect(exact.isExact && permuted.pValue == exact.pValue && permuted.low == plain.low)
    let bca = try pair { $0.interval = .bca }
    #expect(bca.low >= (zip(b, a).map { $0 - $1 }.min() ?? 0) && bca.low != plain.low)
    #expect(bca.pValue == plain.pValue && bca.difference == plain.difference)
    var both = Inference()
    both.isPaired = false
    both.interval = .bca
    #expect(throws: InputError.self) { try Comparison(result, both) }
  }

  @Test("in a crossed design two cells that share a factor's level share its draw")
  func crossed() async throws {
    let study = try VarianceStudy.plan(
      plan(), factors: [.workload, .memoryAge], levels: 3)
    #expect(study.replicates == 9 && study.varying == [.memoryAge, .workload])
    let design = try #require(study.design)
    for cell in 0..<9 {
      #expect(design.level(of: .memoryAge, cell: cell) == cell / 3)
      #expect(design.level(of: .workload, cell: cell) == cell % 3)
      #expect(design.level(of: .loadOrder, cell: cell) == nil)
    }
    #expect(
      study.seed(for: .workload, replicate: 1).value
        == study.seed(for: .workload, replicate: 7).value)
    #expect(
      study.seed(for: .workload, replicate: 1).value
        != study.seed(for: .workload, replicate: 2).value)
    var options = ExperimentOptions()
    options.ladder = .none
    let result = try await Experiment.run(study, jobs: 2, options: options)
    // Linked in, the layout hangs on nothing that varies but the workload.
    for cell in 3..<9 {
      #expect(
        result.replicates[cell].arms[0].counters == result.replicates[cell % 3].arms[0].counters)
    }
    let rows = try VarianceStudy(result, metrics: ["walks.pki"]).rows
    let parts = try #require(rows.first).parts
    #expect(parts.components.map(\.name) == ["memoryAge", "workload", "residual"])
    #expect(throws: InputError.self) {
      try VarianceStudy.plan(plan(), factors: [.workload], levels: 3)
    }
    #expect(throws: InputError.self) { try VarianceStudy.plan(plan(), factors: [], levels: 40) }
  }

  @Test("a timeline's windows hold all of the run, and its events stand where they happened")
  func timeline() async throws {
    let scenario = try plan([("workload.synthetic.reloads", "1")])
    let timeline = try Timeline(scenario, windows: 30)
    #expect(timeline.ends == timeline.ends.sorted() && timeline.ends.count > 20)
    #expect(timeline.events.map(\.what).sorted() == ["reload 1", "warm-up ends"])
    let last = try #require(timeline.ends.last)
    for event in timeline.events { #expect(event.instructions < last) }
  }

  @Test("walks summed over a timeline's windows are those of a run that counts its warm-up")
  func timelineSum() async throws {
    // A reload comes later in a run with a warm-up, so there is none.
    let scenario = try plan([("workload.synthetic.reloads", "0")])
    let timeline = try Timeline(scenario, windows: 30)
    let last = try #require(timeline.ends.last)
    var options = ExperimentOptions()
    options.ladder = .none
    var whole = scenario
    whole.replicates = 1
    if case .synthetic(var parameters) = whole.workload {
      parameters.warmup = 0
      whole.workload = .synthetic(parameters)
    }
    let run = try await Experiment.run(whole, jobs: 1, options: options)
    let modular = try #require(whole.arms.firstIndex { $0.name == "modular" })
    let counted = run.replicates[0].arms[modular].counters
    #expect(timeline.series.count == 2 * Timeline.metrics.count)
    let walks = try #require(
      timeline.series.first { $0.metric.name == "walks.pki" && $0.arm == "modular" })
    #expect(walks.values.count == timeline.ends.count)
    var start: UInt64 = 0
    var sum = 0.0
    for (end, value) in zip(timeline.ends, walks.values) {
      sum += value * Double(end - start) / 1000
      start = end
    }
    #expect(counted.walks > 0 && counted.fetches == last)
    #expect(abs(sum - Double(counted.walks)) < 1e-6, "\(sum) walks, not \(counted.walks)")
  }

  @Test("packed text lies in large pages, costs no more entries than it has pages, and is replayed")
  func packed() async throws {
    let scenario = try plan([("replicates", "3")])
    let table = AttributionTable(
      try await Experiment.run(scenario, jobs: 2, options: .attribution))
    let advice = Advice(table, budget: 2 << 20)
    #expect(advice.largePage == 2 << 20)
    #expect(advice.packedBytes == (advice.packs.isEmpty ? 0 : 2 << 20))
    #expect(Advice(table, budget: 2 << 20 - 1).packs.isEmpty, "no room for one large page")
    var trial = scenario
    let modular = try #require(scenario.arms.first { $0.kind == .modular })
    trial.arms = [
      modular,
      ArmPlan(
        name: "packed", kind: .modular, profile: modular.profile,
        packed: Set(scenario.modules.map(\.name))),
    ]
    var options = ExperimentOptions()
    options.ladder = .none
    for replicate in try await Experiment.run(trial, jobs: 2, options: options).replicates {
      let (own, packed) = (replicate.arms[0].facts, replicate.arms[1].facts)
      func count(_ facts: LayoutFacts, _ size: PageSize) -> UInt64 {
        facts.textEntries.first { $0.size == size }?.count ?? 0
      }
      #expect(count(packed, .large2M) == count(own, .large2M) + 1)
      #expect(count(packed, .base4K) < count(own, .base4K))
    }
  }
}

@Suite("Regression over a sweep")
struct RegressionReportTests {
  @Test("a penalty made of pages and entries is found again, whatever is constant is left out")
  func known() throws {
    let folder = try TemporaryFolder()
    var csv = "point,machine,metric,baseline,treatment,difference,low,high\n"
    for point in 1...8 {
      let pages = Double(point * point)
      let entries = Double((point * 5) % 7)
      let penalty = 3 + 0.25 * pages - 2 * entries
      for (metric, value) in [
        ("walks.pki", penalty), ("pages.modules", pages), ("entries.text", entries),
        ("entries.data", 4.0),
      ] { csv += "\(point),\"a, b\",\(metric),x,y,\(value),0,0\n" }
    }
    let path = try folder.write("comparisons.csv", csv)
    let report = try RegressionReport(path, metric: "walks.pki", on: [])
    let found = Dictionary(
      uniqueKeysWithValues: report.fit.coefficients.map { ($0.name, $0.value) })
    #expect(report.dropped.map(\.name) == ["entries.data", "reach.bytes"])
    #expect(report.fit.observations == 8)
    for (name, value) in [("intercept", 3.0), ("pages.modules", 0.25), ("entries.text", -2)] {
      #expect(abs((found[name] ?? .nan) - value) < 1e-9, "\(name)")
    }
    for (metric, on, words) in [
      ("walk.pki", [], "did you mean 'walks.pki'"), ("walks.pki", ["entries.data"], "varies"),
    ] as [(String, [String], String)] {
      let error = try #require(throws: InputError.self) {
        try RegressionReport(path, metric: metric, on: on)
      }
      #expect(error.description.contains(words), "\(error)")
    }
    let bad = try folder.write("bad.csv", "a,b\n1,2\n")
    #expect(throws: InputError.self) { try RegressionReport(bad, metric: "walks.pki", on: []) }
  }
}
