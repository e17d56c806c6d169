/// The trace formats kfrag reads. Adding one is a file in `Trace/Formats` and a case here; the
/// exhaustive switches refuse to compile until it is wired.
public enum TraceFormat: String, CaseIterable, Sendable {
  case u64, din, xdin, dinb, lackey, champsim
  case champsimCloudsuite = "champsim-cloudsuite"
  case drmemtraceText = "drmemtrace-text"
  case perfScript = "perf-script"
  case perfMem = "perf-mem"
  case oracleGeneral, capture, kft

  /// One line for `kfrag list formats`.
  public var summary: String {
    switch self {
    case .u64: "raw little-endian 8-byte addresses"
    case .din: "Dinero traditional text: label and hexadecimal address a line"
    case .xdin: "Dinero IV extended text: letter, address and size a line"
    case .dinb: "Dinero IV binary: 8-byte records with 32-bit addresses"
    case .lackey: "Valgrind lackey --trace-mem=yes text"
    case .champsim: "ChampSim instruction records of 64 bytes"
    case .champsimCloudsuite: "ChampSim CloudSuite instruction records of 96 bytes"
    case .drmemtraceText: "DynamoRIO drmemtrace view tool text"
    case .perfScript: "perf script text with an address or instruction pointer field"
    case .perfMem: "perf mem report -D text"
    case .oracleGeneral: "libCacheSim oracleGeneral: 24-byte records of page numbers"
    case .capture: "a recorded kernel: .u32 stream, pages.csv, pagetable.csv"
    case .kft: "kfrag's own: collapsed, compressed, checked references"
    }
  }
}

extension TraceFormat {
  /// Whether the trace is one of addresses, rather than of references that name sections.
  public var isAddressTrace: Bool { self != .capture && self != .kft }

  /// A reader of the addresses in `file`; nil for `capture` and `kft`, which hold none.
  public func addressReader(
    _ file: InputFile, _ options: AddressReaderOptions = AddressReaderOptions()
  ) -> (any AddressReader)? {
    switch self {
    case .u64: AddressRecordReader(file, RawAddressParser(kind: options.kind))
    case .din: AddressTextReader(file, DinParser())
    case .xdin: AddressTextReader(file, ExtendedDinParser())
    case .dinb: AddressRecordReader(file, BinaryDinParser())
    case .lackey:
      AddressTextReader(file, LackeyParser(modifyIsOneLoad: options.modifyIsOneLoad))
    case .champsim: AddressRecordReader(file, ChampSimParser())
    case .champsimCloudsuite: AddressRecordReader(file, ChampSimCloudsuiteParser())
    case .drmemtraceText: AddressTextReader(file, DrmemtraceTextParser())
    case .perfScript: AddressTextReader(file, PerfScriptParser())
    case .perfMem: AddressTextReader(file, PerfMemParser())
    case .oracleGeneral:
      AddressRecordReader(
        file, OracleGeneralParser(kind: options.kind, pageSize: options.pageSize))
    case .capture, .kft: nil
    }
  }
}
