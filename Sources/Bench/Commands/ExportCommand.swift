import ArgumentParser
import Sim

/// A format `kfrag export` writes.
struct WrittenFormat: ExpressibleByArgument {
  let format: TraceFormat

  init?(argument: String) {
    guard let format = AddressWriter.formats.first(where: { $0.rawValue == argument }) else {
      return nil
    }
    self.format = format
  }

  static var allValueStrings: [String] { AddressWriter.formats.map(\.rawValue) }
}

/// `kfrag export`: any trace into a format of other people's simulators.
struct ExportCommand: ParsableCommand {
  // Safe: the block is freed where it was made, after the loop; a reader fills `count` records of
  // it.
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a trace as din, xdin, lackey, champsim, oracleGeneral or u64.",
    discussion: """
      The trace goes to -o, or to standard output; with -o, --json prints what was written. An \
      access over two pages stays one when the trace is one of addresses. A .kft or a capture \
      holds two, one a page, and no bytes: each is written as one byte at its site's start.
      """)

  @OptionGroup var trace: TraceArguments

  @Option(name: .long, help: "Format to write.")
  var to: WrittenFormat

  @Flag(name: .long, help: "One access for a collapsed run, instead of as many as it stands for.")
  var collapsed = false

  @OptionGroup var output: PlainOutputOptions

  func validate() throws {
    if output.json, output.output ?? "-" == "-" {
      throw ValidationError("--json wants -o: standard output holds the trace")
    }
  }

  func run() throws {
    let format = try trace.resolvedFormat()
    var writer = try AddressWriter(
      output.output, format: to.format, pageSize: trace.resolvedPageSize())
    if format.isAddressTrace {
      try copy(trace.addressReader(format, InputFile(trace.trace)), to: &writer)
    } else {
      var source = try trace.references()
      try copy(&source, to: &writer)
      output.narrate(
        "\(trace.trace) names pages, not bytes: every access is written as one byte, and one over "
          + "two pages, split on import, as two")
    }
    try writer.finish()
    guard output.json else { return }
    var report = output
    report.common.output = nil
    try report.emit(
      ReportDocument(
        kind: "export",
        members: [
          "accesses": JSONValue(writer.count), "format": .string(to.format.rawValue),
          "namesPages": .bool(!format.isAddressTrace),
        ],
        table: { _ in "" }))
  }

  private func copy(_ source: any AddressReader, to writer: inout AddressWriter) throws {
    var source = source
    let block = UnsafeMutableBufferPointer<RawAccess>.allocate(capacity: 1 << 14)
    defer { unsafe block.deallocate() }
    let progress = Progress("export", total: 0, unit: "accesses", isShown: output.showsProgress)
    defer { progress.finish() }
    while true {
      let count = try unsafe source.read(into: block)
      if count == 0 { return }
      progress.advance(by: Double(count))
      for index in 0..<count {
        let access = unsafe block[index]
        try writer.write(access)
      }
    }
  }

  /// Every reference touches the first byte of the page its site lay on.
  private func copy(_ source: inout any DescribedSource, to writer: inout AddressWriter) throws {
    guard let recorded = source.description.recorded else {
      throw InputError(file: trace.trace, "the stream does not say where it was recorded")
    }
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 1 << 14)
    defer { unsafe block.deallocate() }
    while true {
      let count = try unsafe source.read(into: block)
      if count == 0 { return }
      for index in 0..<count {
        let record = unsafe block[index]

        guard let kind = AccessKind(rawValue: UInt8(record.kindBits)) else { continue }
        let access = RawAccess(kind, recorded.addressOfSite[Int(record.site)], size: 1)
        for _ in 0..<(collapsed ? 1 : record.count) { try writer.write(access) }
      }
    }
  }
}
