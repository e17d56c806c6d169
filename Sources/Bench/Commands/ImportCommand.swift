public import ArgumentParser
public import Sim

extension KftWriter.Effort: ExpressibleByArgument {}

/// `kfrag import`: any trace into `.kft`.
struct ImportCommand: ParsableCommand {
  // Safe: the block is freed where it was made, after the loop; a reader fills `count` records of
  // it, and those alone are written.
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Brings a trace of any format into .kft: references that name sections.")

  @OptionGroup var trace: TraceArguments
  @OptionGroup var output: PlainOutputOptions

  @Option(name: .long, help: "fast, or best: smallest file, a hundred times slower.")
  var effort = KftWriter.Effort.fast

  @Option(
    name: .long,
    help: "Drop what hits the latest page of its set in a filter of so many sets; keep counts.")
  var strip: Int?

  @Option(name: .long, help: "Layout --strip filters by: recorded or base4k.")
  var layout = StripLayout.recorded

  func validate() throws {
    if let strip, !(1...1 << 16).contains(strip) {
      throw ValidationError("--strip wants 1 to 65536 sets")
    }
    if output.output ?? "-" == "-" {
      throw ValidationError("say where with -o OUT.kft; it is completed at its end, so no pipe")
    }
  }

  func run() throws {
    let record = RunRecord()
    var source = try trace.references()
    if let strip {
      source = try stripped(source, StripFilter(sets: strip, layout: layout.filtered))
    }
    let result = try importReferences(&source)
    var report = output
    report.common.output = nil
    try report.emit(result.document, of: Sources(files: trace.files), record)
    let split = result.description.crossings
    if split > 0 {
      output.narrate(
        "\(trace.trace): \(split) accesses lie over two pages: one reference a page in the .kft")
    }
  }

  private func stripped(
    _ source: some DescribedSource, _ filter: StripFilter
  ) throws -> any DescribedSource { try StrippedSource(source, filter) }

  private func importReferences(_ source: inout any DescribedSource) throws -> ImportResult {
    var writer = try KftWriter(output.output, effort: effort)
    let progress = Progress("import", total: 0, unit: "records", isShown: output.showsProgress)
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 1 << 16)
    defer { unsafe block.deallocate() }
    while true {
      let count = try unsafe source.read(into: block)
      if count == 0 { break }
      try unsafe writer.append(UnsafeBufferPointer(rebasing: block[..<count]))
      progress.advance(by: Double(count))
    }
    progress.finish()
    let totals = try writer.finish(source.description)
    return ImportResult(description: source.description, totals: totals)
  }
}

/// What an import made.
struct ImportResult {
  let description: StreamDescription
  let totals: (records: UInt64, references: UInt64, bytes: UInt64)

  var document: ReportDocument {
    let rows = description.unattributed.map { entry -> JSONValue in
      .object([
        "name": .string(entry.name), "pages": JSONValue(entry.pages),
        "references": JSONValue(entry.references),
      ])
    }
    let table = description.table
    let members: [String: JSONValue] = [
      "records": JSONValue(totals.records), "references": JSONValue(totals.references),
      "bytes": JSONValue(totals.bytes), "sections": JSONValue(table.sections.count),
      "sites": JSONValue(table.sites.count), "crossings": JSONValue(description.crossings),
      "unattributed": .array(rows),
    ]
    let text = self.text
    return ReportDocument(kind: "import", members: members) { _ in text }
  }

  private var text: String {
    let table = description.table
    let perReference = Double(totals.bytes) / Double(max(1, totals.references))
    var text =
      "\(totals.references) references in \(totals.records) records, \(totals.bytes) bytes "
      + "(\(significant(perReference, 3)) a reference); "
      + "\(table.sites.count) sites in \(table.sections.count) sections\n"
    for entry in description.unattributed {
      text +=
        "not attributed: \(entry.name), \(entry.pages) pages, \(entry.references) references\n"
    }
    return text
  }
}

/// Layouts a stream can be stripped for.
enum StripLayout: String, CaseIterable, ExpressibleByArgument {
  case recorded, base4k

  var filtered: StripFilter.Layout { self == .recorded ? .recorded : .cut(.base4K) }
}
