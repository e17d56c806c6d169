import ArgumentParser
import Sim

/// `kfrag tlb`: exact TLB counters of one trace.
struct TlbCommand: ParsableCommand {
  // Safe: a block is freed where it was made, after the loop; a reader fills `count` records of
  // it. A slice of the mapped file is used while the file is open.
  static let configuration = CommandConfiguration(
    commandName: "tlb", abstract: "Counts the TLB misses of one access trace, exactly.")

  @OptionGroup var trace: TraceArguments
  @OptionGroup var hierarchy: HierarchyOptions
  @OptionGroup var walks: WalkOptions
  @OptionGroup var output: OutputOptions

  @Option(
    name: .long,
    help: """
      An access over two pages, one reference: two lookups, or one that misses when either page \
      does; a read and write in one (lackey's M) is then one load, as cachegrind counts it.
      """)
  var crossing = CrossingRule.two

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Layout of a stream that carries sections: recorded, base4k, monolithic, modular, or a file.",
      valueName: "layout"),
    completion: .layouts)
  var layout: String?

  @Option(
    help: "The system that lays out in 'monolithic' and 'modular'.", completion: .systems)
  var system = "linux-6.1"

  @Option(
    name: .customLong("built-in"),
    help: "Modules 'monolithic' links in, separated by commas; all when none is named.")
  var builtIn: String?

  @Option(name: .long, help: "Threads for one long trace; the counts are the same for any number.")
  var jobs = 1

  @Option(
    name: .customLong("sample-sets"),
    help: "Estimate the second level from this many of its sets, with an interval.")
  var sampleSets: Int?

  @Option(name: .long, help: "Seeds random replacement and the choice of sampled sets.")
  var seed: UInt64 = 1

  @Flag(name: .long, help: "Keep to the portable kernels whatever the CPU can do.")
  var portable = false

  func validate() throws {
    if !(1...1024).contains(jobs) { throw ValidationError("--jobs wants 1 to 1024") }
    try checkLayout(layout)
  }

  func run() throws {
    let record = RunRecord()
    let format = try trace.resolvedFormat()
    if let sampleSets {
      try output.emit(sampled(format, sampleSets), of: sources(), record)
      return
    }
    var result: TlbResult
    if layout != nil || !format.isAddressTrace {
      result = try replayReferences()
    } else if !walks.isGiven, let fast = try replayRaw(format) {
      result = fast
    } else {
      result = try replayAddresses(format)
    }
    result.pricesWalks = hierarchy.machine != nil
    try output.emit(result.document, of: sources(), record)
  }

  /// What the counts depend on beside the options.
  private func sources() throws -> Sources {
    let own = layout.flatMap { MachineCatalog.isPath($0) ? $0 : nil }
    return Sources(
      files: trace.files + [own], seed: seed,
      machine: try hierarchy.machine.map { try MachineCatalog.machine($0) },
      system: try layout == nil ? nil : ProfileCatalog.profile(system))
  }

  private var options: ReplayOptions {
    var options = ReplayOptions(seed: seed)
    options.walkMemory = walks.caches?.memory
    options.nestedPaging = walks.nested
    return options
  }

  /// 8-byte addresses through plain levels: no record, no binding, straight from the file.
  private func replayRaw(_ format: TraceFormat) throws -> TlbResult? {
    let kind: AccessKind = trace.side == .I ? .fetch : .load
    guard format == .u64, let levels = try hierarchy.levels(kind), AddressPipeline.fits(levels)
    else {
      return nil
    }
    let size = try trace.resolvedPageSize()
    let machine = try hierarchy.resolved(size: size)
    let first = machine.arrays.firstIndex { $0.level == 1 && $0.side.serves(kind) }
    let second = machine.arrays.firstIndex { $0.level == 2 }
    let raw = try RawReplay.run(
      trace.trace, levels: levels, pageSize: size, portable: portable, jobs: jobs, seed: seed,
      arrays: [first, second].compactMap { $0 })
    var counters = ReplayCounters(arrayCount: machine.arrays.count)
    if kind == .fetch { counters.fetches = raw.references } else { counters.loads = raw.references }
    if let first {
      counters.arrays[first].lookups = raw.references
      counters.arrays[first].misses = raw.misses[0]
    }
    if raw.misses.count > 1, let second {
      counters.arrays[second].lookups = raw.misses[0]
      counters.arrays[second].misses = raw.misses[1]
    }
    let walks = raw.misses.last ?? 0
    if kind == .fetch { counters.instructionWalks = walks } else { counters.dataWalks = walks }
    return TlbResult(machine: machine, counters: counters)
  }

  /// The second level estimated from some of its sets.
  private func sampled(_ format: TraceFormat, _ sets: Int) throws -> ReportDocument {
    let kind: AccessKind = trace.side == .I ? .fetch : .load
    guard format == .u64, let file = try MappedFile(trace.trace) else {
      throw ValidationError("--sample-sets wants a plain u64 trace")
    }
    var sample = try sampler(hierarchy.levels(kind) ?? [], sets)
    try unsafe RawReplay.slices(file) { slice in
      guard unsafe sample.process(slice) else {
        throw InputError(file: trace.trace, "touches more than 65,535 stretches of 65,536 pages")
      }
    }
    return unsafe TlbCommand.document(sample.estimate, references: UInt64(file.bytes.count / 8))
  }

  private func sampler(_ levels: [TLBGeometry], _ sets: Int) throws -> SampledLevel {
    let size = try trace.resolvedPageSize()
    do throws(GeometryError) {
      return try SampledLevel(levels, pageSize: size, sampling: sets, seed: Seed(seed))
    } catch {
      throw ValidationError(error.description)
    }
  }

  private static func document(
    _ estimate: SampledLevel.Estimate, references: UInt64
  ) -> ReportDocument {
    let n = estimate.setsSampled
    let half = SampleSummary.halfWidth(
      standardDeviation: estimate.standardError * Double(n).squareRoot(), n: n, confidence: 0.95)
    let (low, high) = (max(0, estimate.misses - half), estimate.misses + half)
    return ReportDocument(
      kind: "tlb",
      members: [
        "estimate": .object([
          "name": "L2", "lookups": JSONValue(estimate.lookups),
          "misses": JSONValue(estimate.misses), "low": JSONValue(low), "high": JSONValue(high),
          "confidence": 0.95, "setsSampled": JSONValue(n), "sets": JSONValue(estimate.sets),
        ]),
        "references": JSONValue(references),
      ],
      table: { _ in
        "L2 misses about \(Int(estimate.misses.rounded())), 95 % between \(Int(low.rounded())) and "
          + "\(Int(high.rounded())), from \(n) of \(estimate.sets) sets\n"
      })
  }

  private func replayAddresses(_ format: TraceFormat) throws -> TlbResult {
    let size = try trace.resolvedPageSize()
    let machine = try hierarchy.resolved(size: size)
    if machine.arrays.contains(where: { $0.geometry.policy == .opt }) {
      return try replayOptimally(format, machine, size)
    }
    var replay = try AddressReplay(
      machine: machine, pageSize: size, crossing: crossing, options: options)
    var reader = try trace.addressReader(
      format, InputFile(trace.trace), modifyIsOneLoad: crossing == .one)
    let progress = Progress("tlb", total: 0, unit: "references", isShown: output.showsProgress)
    let block = UnsafeMutableBufferPointer<RawAccess>.allocate(capacity: 1 << 14)
    defer { unsafe block.deallocate() }
    while true {
      let count = try unsafe reader.read(into: block)
      if count == 0 { break }
      try unsafe replay.process(UnsafeBufferPointer(rebasing: block[..<count]))
      progress.advance(by: Double(count))
    }
    try replay.finish()
    progress.finish()
    return TlbResult(machine: machine, counters: replay.counters)
  }

  /// Belady's bound wants the whole trace in memory.
  private func replayOptimally(
    _ format: TraceFormat, _ machine: Machine, _ size: PageSize
  ) throws -> TlbResult {
    guard crossing == .two else {
      throw ValidationError("opt counts an access over two pages as two lookups only")
    }
    var replay = try OptimalReplay(machine: machine, pageSize: size)
    var reader = try trace.addressReader(format, InputFile(trace.trace))
    let block = UnsafeMutableBufferPointer<RawAccess>.allocate(capacity: 1 << 14)
    defer { unsafe block.deallocate() }
    while true {
      let count = try unsafe reader.read(into: block)
      if count == 0 { return TlbResult(machine: machine, counters: try replay.finish(seed: seed)) }
      unsafe replay.process(UnsafeBufferPointer(rebasing: block[..<count]))
    }
  }

  private func replayReferences() throws -> TlbResult {
    if try trace.resolvedFormat().isAddressTrace {
      _ = try hierarchy.resolved(size: trace.resolvedPageSize())
    }
    let source = try trace.references()
    var choice = StreamLayout(layout ?? "recorded")
    choice.system = system
    choice.builtIn = builtIn?.split(separator: ",").map { String($0) } ?? []
    let binding = try choice.binding(source.description)
    let sizes = Array(Set(binding.translations.map(\.size))).sorted()
    let machine = try hierarchy.resolved(sizes: sizes)
    let filtered: StripFilter.Layout = layout == "base4k" ? .cut(.base4K) : .recorded
    try source.description.filter?.check(machine, layout: filtered, file: trace.trace)
    let engine = try ReplayEngine(
      machine: machine, binding: binding, options: options)
    var counted = CountedSource(source, "tlb", isShown: output.showsProgress)
    try replay(&counted, arms: [engine], threads: jobs)
    return TlbResult(machine: machine, counters: engine.counters)
  }
}
