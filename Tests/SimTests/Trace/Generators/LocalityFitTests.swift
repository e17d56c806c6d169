import Foundation
import TestSupport
import Testing

@testable import Sim

@Suite("The fitted workload is as local as the recording")
struct LocalityFitTests {
  static let recording = Debian12.path("Scenarios/recorded/debian-6.1-access.kft")

  /// A fit of the recording's shortest step, and how close it comes.
  private static let short = Result {
    var run = LocalityFitRun()
    run.steps = StepSelection("15")
    run.references = 4_000_000
    run.scales = [0.5]
    return try run.run(recording)
  }

  @Test("depth buckets follow each other without a gap or an overlap")
  func buckets() {
    var next = 0
    for bucket in 0..<40 {
      let range = LocalityFit.Depths.range(bucket)
      #expect(range.lowerBound == next)
      #expect(LocalityFit.Depths.bucket(range.lowerBound) == bucket)
      #expect(LocalityFit.Depths.bucket(range.upperBound - 1) == bucket)
      next = range.upperBound
    }
  }

  @Test("a stack of recent use gives the depths of a list that is searched and moved to front")
  func stack() {
    var random = Seed(5).generator()
    var stack = RecencyStack()
    var list: [Int32] = []
    for _ in 0..<5000 {
      let item = Int32(random.below(300))
      let expected = list.firstIndex(of: item)
      let depth = stack.depth(item)
      #expect(depth == expected)
      if let depth { stack.use(depth: depth) } else { stack.insert(item) }
      list.removeAll { $0 == item }
      list.insert(item, at: 0)
    }
    #expect(stack.items == list)
  }

  @Test("a fit of a step's 2.5 million records comes near its curves")
  func closeness() throws {
    let fit = try Self.short.get()
    #expect(fit.curves.count == 4)
    for curve in fit.curves {
      // Where the step misses at all; its large pages fit in few entries.
      #expect(curve.pages == "2MiB" || !curve.relativeErrors.isEmpty, "\(curve.side)")
      #expect(curve.meanError < 1.6, "\(curve.side) \(curve.pages): \(curve.relativeErrors)")
    }
  }

  @Test("the fit that ships states curves within two fifths of the recording's, mean")
  func stated() throws {
    let fit = try LocalityFits.fit(LocalityFits.standard)
    #expect(fit.curves.count == 4)
    for curve in fit.curves {
      #expect(curve.relativeErrors.count >= 2, "\(curve.side) \(curve.pages)")
      #expect(curve.meanError < 0.4, "\(curve.side) \(curve.pages): \(curve.relativeErrors)")
    }
  }

  @Test("counts of a fit are those of the records")
  func counts() throws {
    let fit = try Self.short.get()
    let code = fit[.baseText].runs + fit[.moduleText].runs
    let data = LocalityFit.MemoryClass.side(false).reduce(0) { $0 + fit[$1].runs }
    // The recording's own totals of step 15, counted by another program: 642,637 code runs and
    // 1,866,475 data runs. Runs of more than 4,095 references are several records there.
    #expect(abs(Double(code) / 642_637 - 1) < 0.01)
    #expect(abs(Double(data) / 1_866_475 - 1) < 0.01)
    for memory in LocalityFit.MemoryClass.allCases {
      let own = fit[memory]
      let seen = own.stay.counts.reduce(0, +) + own.stay.first
      let changed = own.change.counts.reduce(0, +) + own.change.first
      #expect(seen + changed == own.runs, "\(memory)")
    }
  }

  @Test("a fit written and read is the same fit")
  func roundTrip() throws {
    let fit = try Self.short.get()
    #expect(try LocalityFits.read(fit.yaml, file: "fit.yaml") == fit)
    let shipped = try LocalityFits.fit(LocalityFits.standard)
    #expect(try LocalityFits.read(shipped.yaml, file: "fit.yaml") == shipped)
  }

  /// Misses per 1000 instructions of a stream, by curve.
  private static func curves(_ stream: some ReferenceSource) throws -> [[Double]] {
    var stream = stream
    var curves = LocalityCurves(SitePlaces(StreamDescription(table: stream.table)))
    try LocalityFitRun.each(&stream) { curves.add($0) }
    return curves.points(LocalityFitRun.entries)
  }

  @Test("on a host's 105 modules the default workload keeps the recording's first levels")
  func shipped() throws {
    let scenario = try Debian12.scenario()
    let fit = try LocalityFits.fit(LocalityFits.standard)
    var plan = FittedWorkload(LocalityFits.standard, fit)
    plan.references = 10_000_000
    let universe = LocalityModel.Universe(
      image: scenario.image, modules: scenario.modules, memoryBytes: 4 << 30)
    let model = LocalityModel(fit: fit, universe: universe, seed: Seed(3))
    let ours = try Self.curves(LocalityWorkload(model: model, plan: plan, seed: Seed(3)))
    var parameters = WorkloadParameters()
    parameters.references = 4_000_000
    let hot = WorkloadModel(
      image: scenario.image, modules: scenario.modules, memoryBytes: 4 << 30,
      parameters: parameters, seed: Seed(3))
    let theirs = try Self.curves(
      KernelWorkload(model: hot, parameters: parameters, seed: Seed(3)))
    for (index, curve) in fit.curves.enumerated() where curve.pages == "4KiB" {
      for entries in [32, 64, 128] {
        let at = try #require(curve.entries.firstIndex(of: entries))
        let ratio = ours[index][at] / curve.recorded[at]
        #expect((0.2...2.5).contains(ratio), "\(curve.side), \(entries) entries: \(ratio)")
        // The other model stands for a kernel whose modules never rest.
        #expect(theirs[index][at] > 2 * ours[index][at], "\(curve.side), \(entries) entries")
      }
    }
  }

  @Test("a kernel without modules has no module references, and one seed gives one stream")
  func noModules() throws {
    let scenario = try Debian12.scenario()
    let fit = try LocalityFits.fit(LocalityFits.standard)
    var plan = FittedWorkload(LocalityFits.standard, fit)
    plan.references = 200_000
    plan.reloads = 3
    func stream(_ seed: UInt64) throws -> [ReferenceRecord] {
      let universe = LocalityModel.Universe(
        image: scenario.image, modules: [], memoryBytes: 64 << 20)
      let model = LocalityModel(fit: fit, universe: universe, seed: Seed(seed))
      var all: [ReferenceRecord] = []
      var stream = LocalityWorkload(model: model, plan: plan, seed: Seed(seed))
      try LocalityFitRun.each(&stream) { all += Array($0) }
      for record in all where !record.isMarker {
        let site = model.table.sites[Int(record.site)]
        let section = model.table.sections[site.section]
        #expect(section.kind == .region || section.object == "base")
        #expect(site.offset < section.size)
      }
      return all
    }
    let first = try stream(1)
    #expect(try stream(1) == first)
    #expect(try stream(2) != first)
    #expect(first.filter(\.isMarker).map(\.marker) == [.lifecycle, .lifecycle, .lifecycle])
  }

  @Test("a fit with a missing class, a short list or a stray key is refused with its place")
  func faults() throws {
    let text = try LocalityFits.fit(LocalityFits.standard).yaml
    for (old, new) in [
      ("  direct:\n", "  dirct:\n"), ("    next: [", "    next: [1, "),
      ("dataRunsPerFetchRun: ", "dataRunsPerFetchRun: x"), ("withinScale: 0", "withinScale: 3"),
      ("    within:\n      - {", "    within:\n      - {}\n      - {"),
    ] {
      let spoiled = text.replacingOccurrences(of: old, with: new)
      #expect(spoiled != text, "\(old)")
      #expect {
        _ = try LocalityFits.read(spoiled, file: "fit.yaml")
      } throws: { error in
        ((error as? InputError)?.diagnostics.first?.line ?? 0) > 0
      }
    }
  }
}
