import Sim

/// Every reader of input from outside, by the name of its folder in `Tests/Fuzz/Corpus`.
///
/// The rule they are held to: whatever the bytes, a value or an `InputError` comes back, within a
/// second a MiB, and memory stays within a small multiple of the input.
public enum FuzzReader: String, CaseIterable, Sendable {
  case scenario, system, machine, plan, layout, assignment, submission
  case catalog, elf, lifecycle, ftrace, placement
  case loadedSet, modulesDep, vmallocinfo, buddyinfo, pagetypeinfo
  case kernelSections, kallsyms, check
  case u64, din, xdin, dinb, lackey, champsim, champsimCloudsuite, drmemtrace, perfScript, perfMem
  case oracleGeneral, sniff
  case capture, snapshots, kft
  case gzip, xz, zstd
  case result, settings, rates, regression
  case fit, symbols, memoryEvents, modprobe

  /// Feeds `bytes` to the reader and uses what comes out as a command would.
  /// - Throws: what is no `InputError`: a defect.
  public func read(_ bytes: [UInt8]) throws {
    do {
      try consume(bytes)
    } catch let error as InputError {
      // What a command prints of it.
      _ = error.description
    }
  }

  private func consume(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    switch self {
    case .scenario, .system, .machine, .plan, .layout, .assignment, .submission, .result, .settings,
      .rates, .regression, .fit:
      try DocumentReaders.read(self, bytes, text)
    case .catalog, .elf, .lifecycle, .ftrace, .placement, .loadedSet, .modulesDep, .vmallocinfo,
      .buddyinfo, .pagetypeinfo, .kernelSections, .check, .symbols, .memoryEvents, .modprobe:
      try KernelReaders.read(self, bytes, text)
    case .kallsyms, .snapshots, .capture, .kft, .sniff, .gzip, .xz, .zstd:
      try StreamReaders.read(self, bytes)
    case .u64: try StreamReaders.addresses(.u64, bytes)
    case .din: try StreamReaders.addresses(.din, bytes)
    case .xdin: try StreamReaders.addresses(.xdin, bytes)
    case .dinb: try StreamReaders.addresses(.dinb, bytes)
    case .lackey: try StreamReaders.addresses(.lackey, bytes)
    case .champsim: try StreamReaders.addresses(.champsim, bytes)
    case .champsimCloudsuite: try StreamReaders.addresses(.champsimCloudsuite, bytes)
    case .drmemtrace: try StreamReaders.addresses(.drmemtraceText, bytes)
    case .perfScript: try StreamReaders.addresses(.perfScript, bytes)
    case .perfMem: try StreamReaders.addresses(.perfMem, bytes)
    case .oracleGeneral: try StreamReaders.addresses(.oracleGeneral, bytes)
    }
  }
}
