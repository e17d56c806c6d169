public import ArgumentParser
public import Sim

extension TraceFormat: ExpressibleByArgument {}

/// The instruction or the data side.
enum TraceSide: String, CaseIterable, ExpressibleByArgument {
  case I, D
}

/// What every command that reads a trace is told about it.
struct TraceArguments: ParsableArguments {
  @Argument(help: "The trace; '-' is standard input. Plain, .gz, .xz or .zst.")
  var trace: String

  @Option(name: .long, help: "Its format; guessed from content when it can be.")
  var format: TraceFormat?

  @Option(name: .long, help: "capture: what page ids mean (pages.csv).")
  var pages: String?

  @Option(name: .long, help: "Leaf mappings of the recorded kernel (pagetable.csv).")
  var pagetable: String?

  @Option(
    name: .long,
    help: "Folder or tar of a recording's kallsyms, steps.txt, sNN-name.modules and .sections.")
  var snapshots: String?

  @Option(name: .long, help: "/proc/kallsyms of the recorded kernel.")
  var kallsyms: String?

  @Option(name: .long, help: "/proc/modules of the recorded kernel; wants --sections.")
  var modules: String?

  @Option(name: .long, help: "Lines 'module section 0xaddress' from /sys/module/*/sections.")
  var sections: String?

  @Option(name: .long, help: "Keep these steps only: 3,5-9.")
  var steps: String?

  @Option(name: .customLong("page-size"), help: "Page size of what no page table maps.")
  var pageSize = "4KiB"

  @Option(name: .long, help: "Side the accesses of a format without kinds count on: I or D.")
  var side = TraceSide.D

  init() {}

  func validate() throws {
    if let steps, StepSelection(steps) == nil {
      throw ValidationError("'\(steps)' is no list of steps; write 3,5-9")
    }
    if (modules == nil) != (sections == nil) {
      throw ValidationError("--modules and --sections go together")
    }
    if snapshots != nil, kallsyms != nil || modules != nil {
      throw ValidationError("--snapshots holds what --kallsyms and --modules would")
    }
  }

  /// Everything that is read, in order.
  var files: [String?] { [trace, pages, pagetable, snapshots, kallsyms, modules, sections] }

  /// The format stated, or what the content says.
  func resolvedFormat() throws -> TraceFormat {
    if let format { return format }
    if pages != nil { return .capture }
    return try TraceFormat.sniffed(trace)
  }

  /// The stream of any format, references brought to sections.
  func references() throws -> any DescribedSource {
    switch try resolvedFormat() {
    case .kft:
      var source = try KftSource(trace)
      if let selection = steps.flatMap({ StepSelection($0) }) {
        source.skipChunks(outside: selection)
      }
      return selected(source)
    case .capture:
      guard let pages else {
        throw ValidationError("a capture wants --pages pages.csv, for what its page ids mean")
      }
      let pageTable = try pagetable.map { try RecordedPageTable(InputFile($0)) }
      return selected(
        CaptureSource(
          stream: try InputFile(trace), pages: try RecordedPages(InputFile(pages)),
          pageTable: pageTable, snapshots: try kernelSnapshots()))
    case let other: return try addressSource(other)
    }
  }

  /// An address trace, its pages brought to sections as far as the maps given tell.
  private func addressSource(_ format: TraceFormat) throws -> any DescribedSource {
    if steps != nil { throw ValidationError("\(format.rawValue) has no steps to keep") }
    var map = AddressMap()
    map.snapshots = try kernelSnapshots()
    map.pageTable = try pagetable.map { try RecordedPageTable(InputFile($0)) }
    map.pageSize = try resolvedPageSize()
    if trace == "-" {
      let bytes = try InputFile.contents(trace)
      return try AddressSource(map) {
        try addressReader(format, InputFile(bytes: bytes, name: "<stdin>"))
      }
    }
    return try AddressSource(map) { try addressReader(format, InputFile(trace)) }
  }

  /// The page size `--page-size` binds what no page table maps to.
  func resolvedPageSize() throws -> PageSize {
    guard let size = PageSize(pageSize) else {
      throw ValidationError("'\(pageSize)' is no page size; write 4KiB, 2MiB, …")
    }
    return size
  }

  /// The accesses of an address trace, one by one.
  func addressReader(
    _ format: TraceFormat, _ file: InputFile, modifyIsOneLoad: Bool = false
  ) throws -> any AddressReader {
    var options = AddressReaderOptions()
    options.modifyIsOneLoad = modifyIsOneLoad
    options.kind = side == .I ? .fetch : .load
    options.pageSize = try resolvedPageSize()
    guard let reader = format.addressReader(file, options) else {
      throw ValidationError("\(format.rawValue) holds no addresses; use --layout")
    }
    return reader
  }

  /// Everything known about the recorded kernel beside its trace.
  func kernelSnapshots() throws -> KernelSnapshots {
    if let snapshots { return try SnapshotArchive(snapshots).snapshots() }
    var result = KernelSnapshots()
    if let kallsyms { try result.readSymbols(InputFile(kallsyms)) }
    if let modules, let sections {
      try result.readModules(InputFile(modules), sections: InputFile(sections))
    }
    return result
  }

  private func selected(_ source: some DescribedSource) -> any DescribedSource {
    guard let selection = steps.flatMap({ StepSelection($0) }) else { return source }
    return StepFilter(source, keeping: selection)
  }
}

/// Refuses what is neither a layout's name nor the path of a layout file.
func checkLayout(_ layout: String?) throws {
  guard let layout, !layout.hasSuffix(".yaml"), !StreamLayout.names.contains(layout) else { return }
  throw ValidationError(
    "unknown layout '\(layout)'" + suggestion(for: layout, in: StreamLayout.names))
}
