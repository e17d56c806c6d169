/// Fits the synthetic workload to a recording and measures how close its miss curves come.
public struct LocalityFitRun: Sendable {
  // Safe: the block is freed where it was made, after the loop; a reader fills `count` records of
  // it and only those are lent on.
  /// Code references the fit's stream is drawn for to measure it, data references apart.
  public var references: UInt64 = 100_000_000
  public var seed = Seed(1)
  public var steps: StepSelection?
  /// Factors on depths within a large unit that are tried.
  public var scales: [Double] = [1, 0.7, 0.5, 0.35, 0.25]

  static let entries = (0...12).map { 1 << $0 }

  public init() {}

  /// Streams that are read: the recording, and one drawn for each factor tried.
  public var passes: Int { 1 + scales.count }

  /// Counts the fit on the `.kft` at `path` and measures it; `advance` is called after each pass.
  /// - Throws: what is wrong with the file.
  public func run(_ path: String, advance: () -> Void = {}) throws -> LocalityFit {
    var source = try KftSource(path)
    if let filter = source.description.filter {
      throw InputError(file: path, "stripped (\(filter)): what is left is not what was referenced")
    }
    if let steps { source.skipChunks(outside: steps) }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    var counter = LocalityCounter(source.description, source: name)
    var curves = LocalityCurves(SitePlaces(source.description))
    if let steps {
      var kept = StepFilter(source, keeping: steps)
      try unsafe LocalityFitRun.each(&kept) { block in
        unsafe counter.add(block)
        unsafe curves.add(block)
      }
    } else {
      try unsafe LocalityFitRun.each(&source) { block in
        unsafe counter.add(block)
        unsafe curves.add(block)
      }
    }
    advance()
    var fit = try counter.finish()
    let recorded = curves.points(LocalityFitRun.entries)
    let universe = LocalityModel.Universe(source.description)
    var best: (error: Double, fit: LocalityFit)?
    for scale in scales {
      fit.withinScale = scale
      fit.curves = try measure(fit, universe, against: recorded)
      let error = fit.curves.first { $0.side == "data" && $0.pages == "4KiB" }?.meanError ?? 0
      if best.map({ error < $0.error }) ?? true { best = (error, fit) }
      advance()
    }
    return best?.fit ?? fit
  }

  static func each(
    _ source: inout some ReferenceSource,
    _ body: (UnsafeBufferPointer<ReferenceRecord>) -> Void
  ) throws {
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 1 << 14)
    unsafe block.initialize(repeating: ReferenceRecord(rawValue: 0))
    defer { unsafe block.deallocate() }
    while true {
      let count = try unsafe source.read(into: block)
      if count == 0 { return }
      unsafe body(UnsafeBufferPointer(rebasing: block[..<count]))
    }
  }

  private func measure(
    _ fit: LocalityFit, _ universe: LocalityModel.Universe, against recorded: [[Double]]
  ) throws -> [LocalityCurve] {
    let model = LocalityModel(fit: fit, universe: universe, seed: seed)
    var plan = FittedWorkload("", fit)
    plan.references = references
    var stream = LocalityWorkload(model: model, plan: plan, seed: seed)
    var curves = LocalityCurves(SitePlaces(StreamDescription(table: model.table)))
    try unsafe LocalityFitRun.each(&stream) { unsafe curves.add($0) }
    guard !stream.isShort else {
      throw InputError(file: fit.source, "names too few pages to draw references from")
    }
    let fitted = curves.points(LocalityFitRun.entries)
    return zip(LocalityCurves.names, zip(recorded, fitted)).map { name, points in
      LocalityCurve(
        side: name.side, pages: name.pages, entries: LocalityFitRun.entries,
        recorded: points.0, fitted: points.1)
    }
  }
}

/// Fully associative LRU miss curves of both sides, in pages of 4 KiB and as a kernel maps them.
struct LocalityCurves: ~Copyable {
  // Safe: the block is the caller's for the length of the call; sites are checked against the
  // table.
  static let names = [
    (side: "code", pages: "4KiB"), (side: "code", pages: "2MiB"),
    (side: "data", pages: "4KiB"), (side: "data", pages: "2MiB"),
  ]

  private let largeOf: [UInt64]
  private var codeSmall = StackDistance()
  private var codeLarge = StackDistance()
  private var dataSmall = StackDistance()
  private var dataLarge = StackDistance()
  private var instructions: UInt64 = 0

  init(_ places: SitePlaces) {
    // Numbers of stretches stay apart from those of single pages.
    largeOf = places.largeOf.enumerated().map { index, stretch in
      stretch.map { $0 | 1 << 63 } ?? UInt64(index)
    }
  }

  mutating func add(_ block: UnsafeBufferPointer<ReferenceRecord>) {
    for index in block.indices {
      let record = unsafe block[index]
      guard !record.isMarker, Int(record.site) < largeOf.count else { continue }
      let large = largeOf[Int(record.site)]
      if record.kindBits == 0 {
        instructions += UInt64(record.count)
        codeSmall.access(UInt64(record.site))
        codeLarge.access(large)
      } else {
        dataSmall.access(UInt64(record.site))
        dataLarge.access(large)
      }
    }
  }

  /// Misses per 1000 instructions of arrays of so many entries, in the order of `names`. First
  /// touches are left out: how many there are in 1000 instructions depends on a stream's length.
  func points(_ entries: [Int]) -> [[Double]] {
    let per = 1000 / Double(max(1, instructions))
    func curve(_ distances: borrowing StackDistance) -> [Double] {
      let first = distances.misses(entries: .max)
      return entries.map { Double(distances.misses(entries: $0) - first) * per }
    }
    return [curve(codeSmall), curve(codeLarge), curve(dataSmall), curve(dataLarge)]
  }
}
