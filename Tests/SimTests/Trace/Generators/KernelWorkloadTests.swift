import Foundation
import Sim
import TestSupport
import Testing

/// What a stream over the real set of 105 modules holds.
private struct Tally {
  var table: SiteTable
  var records: [ReferenceRecord]
  var operations = 0
  var moduleOperations = 0
  /// Operations by the module they entered first.
  var entries: [String: Int] = [:]
  var baseVisits = 0
  var fetchRuns: [Int] = []
  var dataRuns: [Int] = []
  var stores = 0
  /// Data runs by region; `object` for sections of the kernel and modules.
  var byClass: [String: Int] = [:]

  init(_ parameters: WorkloadParameters, seed: UInt64 = 1) throws {
    let scenario = try Debian12.scenario()
    let model = WorkloadModel(
      image: scenario.image, modules: scenario.modules, memoryBytes: 1 << 30,
      parameters: parameters, seed: Seed(seed))
    table = model.table
    records = draw(KernelWorkload(model: model, parameters: parameters, seed: Seed(seed)))
    var inUser = false
    var isEntered = true
    for record in records where !record.isMarker {
      let section = table.sections[table.sites[Int(record.site)].section]
      if record.kindBits == 0 && section.object == "user" {
        if !inUser { operations += 1 }
        (inUser, isEntered) = (true, false)
      } else if record.kindBits == 0 {
        inUser = false
        fetchRuns.append(Int(record.count))
        if section.object == "base" {
          baseVisits += 1
        } else if !isEntered {
          isEntered = true
          moduleOperations += 1
          entries[section.object, default: 0] += 1
        }
      } else if !inUser {
        dataRuns.append(Int(record.count))
        if record.kindBits == 2 { stores += 1 }
        byClass[section.kind == .region ? section.object : "object", default: 0] += 1
      }
    }
  }
}

private func draw(_ stream: KernelWorkload, block size: Int = 4096) -> [ReferenceRecord] {
  var stream = stream
  var all: [ReferenceRecord] = []
  let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: size)
  defer { block.deallocate() }
  while true {
    let count = stream.read(into: block)
    if count == 0 { return all }
    all.append(contentsOf: block[..<count])
  }
}

@Suite("The synthetic workload does what its parameters say")
struct KernelWorkloadTests {
  static let parameters = {
    var parameters = WorkloadParameters()
    parameters.references = 600_000
    return parameters
  }()

  private static let tally = Result { try Tally(parameters) }

  private static func mean(_ values: [Int]) -> Double {
    Double(values.reduce(0, +)) / Double(values.count)
  }

  /// Five deviations of the mean of `n` geometric counts from 1 with this mean.
  private static func slack(_ mean: Double, _ n: Int) -> Double {
    5 * (mean * (mean - 1) / Double(n)).squareRoot() + 0.001 * mean
  }

  @Test("as many references as asked for, and less than one operation more")
  func total() throws {
    let tally = try Self.tally.get()
    let total = tally.records.reduce(0) { $0 + ($1.isMarker ? 0 : UInt64($1.count)) }
    #expect(total >= Self.parameters.references)
    #expect(total < Self.parameters.references + 20_000)
    #expect(tally.operations > 100)
  }

  @Test("runs have the means stated, within five deviations")
  func means() throws {
    let p = Self.parameters
    let tally = try Self.tally.get()
    let visits = tally.fetchRuns.count
    let fetches = Self.mean(tally.fetchRuns)
    #expect(abs(fetches - p.visitInstructions) < Self.slack(p.visitInstructions, visits))
    let data = Self.mean(tally.dataRuns)
    #expect(abs(data - p.dataRunLength) < Self.slack(p.dataRunLength, tally.dataRuns.count))
    let runs = Double(tally.dataRuns.count) / Double(visits)
    #expect(abs(runs - p.dataRuns) < Self.slack(p.dataRuns, visits))
  }

  @Test("module operations, stores and data classes have their shares, within five deviations")
  func shares() throws {
    let p = Self.parameters
    let tally = try Self.tally.get()
    func near(_ count: Int, _ share: Double, of n: Int, _ what: String) {
      let deviation = (share * (1 - share) * Double(n)).squareRoot()
      #expect(abs(Double(count) - share * Double(n)) < 5 * deviation, "\(what): \(count) of \(n)")
    }
    near(tally.moduleOperations, p.moduleShare, of: tally.operations, "module operations")
    near(tally.stores, p.storeShare, of: tally.dataRuns.count, "stores")
    // Module visits divert some of their data to the module's own; regions share the rest.
    let w = p.dataWeights
    let regions = w.direct + w.stack + w.user + w.perCPU + w.vmemmap
    let outside = tally.byClass.reduce(0) { $0 + ($1.key == "object" ? 0 : $1.value) }
    near(tally.byClass["direct"] ?? 0, w.direct / regions, of: outside, "direct map")
    near(tally.byClass["vmalloc"] ?? 0, w.stack / regions, of: outside, "stacks")
    near(tally.byClass["user"] ?? 0, w.user / regions, of: outside, "user pages")
    near(tally.byClass["percpu"] ?? 0, w.perCPU / regions, of: outside, "per-CPU")
    near(tally.byClass["vmemmap"] ?? 0, w.vmemmap / regions, of: outside, "vmemmap")
  }

  @Test("an operation visits the base kernel twelve times on average")
  func baseVisits() throws {
    let tally = try Self.tally.get()
    let mean = Double(tally.baseVisits) / Double(tally.operations)
    // Counts of mean 6, 3 and 3: variances 30, 6 and 6.
    let slack = 5 * (42 / Double(tally.operations)).squareRoot() + 0.02
    #expect(abs(mean - Self.parameters.baseVisits) < slack, "\(mean)")
  }

  @Test("the most popular module takes the first share of Zipf's law", arguments: [0.8, 1.2])
  func popularity(skew: Double) throws {
    var parameters = Self.parameters
    parameters.references = 300_000
    parameters.moduleShare = 1
    parameters.moduleSkew = skew
    // Short operations make many draws.
    parameters.userInstructions = 1
    parameters.baseVisits = 4
    let tally = try Tally(parameters, seed: 3)
    let share = 1 / (1...105).reduce(0) { $0 + pow(Double($1), -skew) }
    let n = Double(tally.moduleOperations)
    let top = Double(tally.entries.values.max() ?? 0) / n
    #expect(tally.moduleOperations == tally.operations)
    #expect(abs(top - share) < 5 * (share * (1 - share) / n).squareRoot(), "\(top), \(share)")
  }

  private static func small(
    _ parameters: WorkloadParameters, seed: UInt64
  ) throws -> KernelWorkload {
    let scenario = try SmallScenario.read()
    let model = WorkloadModel(
      image: scenario.image, modules: scenario.modules, memoryBytes: 64 << 20,
      parameters: parameters, seed: Seed(seed))
    return KernelWorkload(model: model, parameters: parameters, seed: Seed(seed))
  }

  @Test("a seed gives one stream, whatever the block size; another seed gives another")
  func repeatable() throws {
    var parameters = WorkloadParameters()
    parameters.references = 20_000
    let first = draw(try Self.small(parameters, seed: 1))
    for block in [1, 777, 4096] {
      #expect(draw(try Self.small(parameters, seed: 1), block: block) == first)
    }
    #expect(draw(try Self.small(parameters, seed: 2)) != first)
  }

  @Test("reloads are spread evenly over what is counted")
  func reloads() throws {
    var parameters = WorkloadParameters()
    parameters.references = 100_000
    parameters.warmup = 0.2
    parameters.reloads = 3
    let records = draw(try Self.small(parameters, seed: 1))
    var seen: UInt64 = 0
    var places: [UInt64] = []
    for record in records {
      if record.isMarker { places.append(seen) } else { seen += UInt64(record.count) }
    }
    #expect(records.filter(\.isMarker).map(\.marker) == [.lifecycle, .lifecycle, .lifecycle])
    for (place, due) in zip(places, [40_000, 60_000, 80_000] as [UInt64]) {
      #expect(place >= due && place < due + 10_000, "\(place)")
    }
  }

  @Test("every site lies in its section")
  func sites() throws {
    let table = try Self.tally.get().table
    for site in table.sites {
      #expect(site.offset < max(1, table.sections[site.section].size))
    }
  }
}
