import ArgumentParser
import Sim

/// `kfrag export`: any trace into a format of other people's simulators.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a trace as din, xdin, lackey, champsim, oracleGeneral or u64.")

  @OptionGroup var trace: TraceArguments

  @Option(name: .long, help: "Format to write.")
  var to: TraceFormat

  @Flag(name: .long, help: "One access for a collapsed run, instead of as many as it stands for.")
  var collapsed = false

  @Option(name: .shortAndLong, help: "Write there instead, whole or not at all.")
  var output: String?

  func run() throws {
    let format = try trace.resolvedFormat()
    var writer = try AddressWriter(output, format: to, pageSize: trace.resolvedPageSize())
    if format.isAddressTrace {
      try copy(trace.addressReader(format, InputFile(trace.trace)), to: &writer)
    } else {
      var source = try trace.references()
      try copy(&source, to: &writer)
    }
    try writer.finish()
  }

  private func copy(_ source: any AddressReader, to writer: inout AddressWriter) throws {
    var source = source
    let block = UnsafeMutableBufferPointer<RawAccess>.allocate(capacity: 1 << 14)
    defer { block.deallocate() }
    while true {
      let count = try source.read(into: block)
      if count == 0 { return }
      for access in block[..<count] { try writer.write(access) }
    }
  }

  /// Every reference touches the first byte of the page its site lay on.
  private func copy(_ source: inout any DescribedSource, to writer: inout AddressWriter) throws {
    guard let recorded = source.description.recorded else {
      throw InputError(file: trace.trace, "the stream does not say where it was recorded")
    }
    let block = UnsafeMutableBufferPointer<ReferenceRecord>.allocate(capacity: 1 << 14)
    defer { block.deallocate() }
    while true {
      let count = try source.read(into: block)
      if count == 0 { return }
      for record in block[..<count] {
        guard let kind = AccessKind(rawValue: UInt8(record.kindBits)) else { continue }
        let access = RawAccess(kind, recorded.addressOfSite[Int(record.site)], size: 1)
        for _ in 0..<(collapsed ? 1 : record.count) { try writer.write(access) }
      }
    }
  }
}
