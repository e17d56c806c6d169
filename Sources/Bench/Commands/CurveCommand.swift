import ArgumentParser
import Sim

/// `kfrag curve`: exact LRU misses of every geometry, from one pass.
struct CurveCommand: ParsableCommand {
  // Safe: a block is freed where it was made, after the loop; a reader fills `count` records of
  // it. A slice of the mapped file is used while the file is open.
  static let configuration = CommandConfiguration(
    commandName: "curve",
    abstract: "Counts the LRU misses of every geometry in one pass over one side of a trace.")

  @OptionGroup var trace: TraceArguments
  @OptionGroup var output: OutputOptions

  @Option(name: .long, help: "Sets: the powers of two in LOW..HIGH, up to 65536.")
  var sets = "1..128"

  @Option(name: .long, help: "Ways: LOW..HIGH; up to 4096, or 1048576 with --sets 1.")
  var ways = "1..16"

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Pages of a stream that carries sections: recorded, base4k.", valueName: "layout"),
    completion: .list(["recorded", "base4k"]))
  var layout: String?

  @Flag(name: .long, help: "Keep to the portable kernels whatever the CPU can do.")
  var portable = false

  func validate() throws {
    _ = try CurveCommand.range(sets, "--sets")
    _ = try CurveCommand.range(ways, "--ways")
    try checkLayout(layout)
  }

  /// `1..16`, or `4` for 4 alone.
  static func range(_ text: String, _ option: String) throws -> ClosedRange<Int> {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let ends =
      parts.count == 3 && parts[1].isEmpty ? [parts[0], parts[2]] : [text[...], text[...]]
    guard let low = parseUnsigned(ends[0]), let high = parseUnsigned(ends[1]), low >= 1,
      low <= high, high <= 1 << 20
    else {
      throw ValidationError("\(option) wants LOW..HIGH, e.g. 1..16, not '\(text)'")
    }
    return Int(low)...Int(high)
  }

  func run() throws {
    let record = RunRecord()
    let wanted = try CurveCommand.range(ways, "--ways")
    let wantedSets = try CurveCommand.range(sets, "--sets")
    let isAddressTrace = try trace.resolvedFormat().isAddressTrace
    if wantedSets == 1...1, wanted.upperBound > 16, layout == nil, isAddressTrace {
      try output.emit(
        CurveCommand.document(fullyAssociative(wanted)), of: Sources(files: trace.files), record)
      return
    }
    var curve = try empty(wantedSets, wanted.upperBound)
    let format = try trace.resolvedFormat()
    if layout != nil || !format.isAddressTrace {
      try feedReferences(&curve)
    } else if format == .u64, let file = try MappedFile(trace.trace) {
      try feedRaw(&curve, file)
    } else {
      try feedAddresses(&curve, format)
    }
    try output.emit(
      CurveCommand.document(curve.points().filter { wanted.contains($0.ways) }),
      of: Sources(files: trace.files), record)
  }

  private func empty(_ sets: ClosedRange<Int>, _ ways: Int) throws -> AllAssociativity {
    do throws(GeometryError) {
      return try AllAssociativity(sets: sets, ways: ways, portable: portable)
    } catch {
      throw ValidationError(error.description)
    }
  }

  private var tooWide: InputError {
    InputError(file: trace.trace, "touches too many stretches of memory far apart")
  }

  private func feedRaw(_ curve: inout AllAssociativity, _ file: MappedFile) throws {
    let size = try trace.resolvedPageSize()
    try unsafe RawReplay.slices(file) { slice in
      guard unsafe curve.access(slice, pageSize: size) else { throw tooWide }
    }
  }

  /// One set of any number of ways: stack distances, however deep.
  private func fullyAssociative(_ wanted: ClosedRange<Int>) throws -> [AllAssociativity.Point] {
    let size = try trace.resolvedPageSize()
    let format = try trace.resolvedFormat()
    var stack = StackDistance()
    if format == .u64, let file = try MappedFile(trace.trace) {
      try unsafe RawReplay.slices(file) { unsafe stack.process($0, shift: size.shift) }
    } else {
      var reader = try trace.addressReader(format, InputFile(trace.trace))
      let block = UnsafeMutableBufferPointer<RawAccess>.allocate(capacity: 1 << 14)
      defer { unsafe block.deallocate() }
      let fetches = trace.side == .I
      while true {
        let count = try unsafe reader.read(into: block)
        if count == 0 { break }
        for index in 0..<count {
          let access = unsafe block[index]
          guard (access.kind == .fetch) == fetches else { continue }

          let (first, last) = (size.number(access.address), size.number(access.last))
          stack.access(first)
          if first != last { stack.access(last) }
        }
      }
    }
    guard !stack.isFull else { throw tooWide }
    let lookups = stack.references
    return zip(1..., stack.curve(limit: wanted.upperBound)).filter { wanted.contains($0.0) }.map {
      AllAssociativity.Point(sets: 1, ways: $0.0, lookups: lookups, misses: $0.1)
    }
  }

  private func feedAddresses(_ curve: inout AllAssociativity, _ format: TraceFormat) throws {
    let size = try trace.resolvedPageSize()
    var reader = try trace.addressReader(format, InputFile(trace.trace))
    let block = UnsafeMutableBufferPointer<RawAccess>.allocate(capacity: 1 << 14)
    defer { unsafe block.deallocate() }
    let fetches = trace.side == .I
    let progress = Progress("curve", total: 0, unit: "accesses", isShown: output.showsProgress)
    defer { progress.finish() }
    while true {
      let count = try unsafe reader.read(into: block)
      if count == 0 { return }
      progress.advance(by: Double(count))
      for index in 0..<count {
        let access = unsafe block[index]
        guard (access.kind == .fetch) == fetches else { continue }

        let first = size.number(access.address)
        let last = size.number(access.last)
        guard curve.access(first, shift: size.shift),
          first == last || curve.access(last, shift: size.shift)
        else { throw tooWide }
      }
    }
  }

  private func feedReferences(_ curve: inout AllAssociativity) throws {
    let described = try trace.references()
    let binding = try StreamLayout(layout ?? "recorded").binding(described.description)
    var source = CountedSource(described, "curve", isShown: output.showsProgress)
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 1 << 14)
    unsafe block.initialize(repeating: ReferenceRecord(rawValue: 0))
    defer { unsafe block.deallocate() }
    let fetches = trace.side == .I
    while true {
      let count = try unsafe source.read(into: block)
      if count == 0 { return }
      for index in 0..<count {
        let record = unsafe block[index]
        guard !record.isMarker && (record.kindBits == 0) == fetches else { continue }

        let site = Int(record.site)
        guard site < binding.translationOfSite.count else { continue }
        let t = Int(binding.translationOfSite[site])
        guard t < binding.translations.count else { continue }
        let page = binding.translations[t]
        guard curve.access(page.number, shift: page.size.shift, count: UInt64(record.count)) else {
          throw tooWide
        }
      }
    }
  }

  static func document(_ points: [AllAssociativity.Point]) -> ReportDocument {
    let rows = points.map {
      [String($0.sets), String($0.ways), String($0.lookups), String($0.misses)]
    }
    let json = points.map { point in
      JSONValue.object([
        "sets": JSONValue(point.sets), "ways": JSONValue(point.ways),
        "lookups": JSONValue(point.lookups), "misses": JSONValue(point.misses),
      ])
    }
    return ReportDocument(
      kind: "curve", members: ["points": .array(json)],
      csv: CSVTable(header: ["sets", "ways", "lookups", "misses"], rows: rows),
      table: { width in
        TextTable(
          columns: [.number("SETS"), .number("WAYS"), .number("LOOKUPS"), .number("MISSES")],
          rows: rows
        ).text(width: width) + pictures(points)
      })
  }

  /// Miss ratios over the sets, one line for each number of ways; or over the ways of one set.
  private static func pictures(_ points: [AllAssociativity.Point]) -> String {
    func ratios(_ own: [AllAssociativity.Point]) -> String {
      Sparkline.text(own.map { Double($0.misses) / Double(max(1, $0.lookups)) }, width: 60)
    }
    let sets = Set(points.map(\.sets)).sorted()
    guard points.count > 2, let first = sets.first, let last = sets.last else { return "" }
    guard sets.count > 1 else { return "\nmiss ratio over ways  \(ratios(points))\n" }
    let ways = Set(points.map(\.ways)).sorted().prefix(16)
    let lines = ways.map { own in
      "\(own) ways".padding(to: 9) + ratios(points.filter { $0.ways == own }) + "\n"
    }
    return "\nmiss ratio, \(first) to \(last) sets\n" + lines.joined()
  }
}

extension String {
  /// Blanks behind it up to `width` characters.
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
