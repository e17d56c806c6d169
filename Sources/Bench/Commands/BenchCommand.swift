import ArgumentParser
import Sim

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `kfrag bench`: throughput of the engine on fixed work.
struct BenchCommand: ParsableCommand {
  // Safe: addresses and the clock's answer are lent for the length of the call.
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures the engine on generated traces: throughput, ratios, a hash of the results.")

  @OptionGroup var output: OutputOptions

  @Option(name: .long, help: "Addresses a trace.")
  var references = "5_000_000"

  @Option(name: .long, help: "Runs of each kernel; the fastest counts.")
  var repeats = 3

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only this kernel: \(BenchKernel.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "kernel"))
  var kernel: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only this trace: \(AddressPattern.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "trace"))
  var trace: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A recorded stream to decode, replay whole and stripped, and under several layouts at once.",
      valueName: "FILE.kft"))
  var stream: String?

  @Flag(
    name: .long, help: "Make the traces and measure nothing: the base line of an instruction count."
  )
  var baseline = false

  func validate() throws {
    _ = try count()
    if !(1...100).contains(repeats) { throw ValidationError("--repeats wants 1 to 100") }
    if let kernel, BenchKernel(rawValue: kernel) == nil {
      let all = BenchKernel.allCases.map(\.rawValue)
      throw ValidationError("unknown kernel '\(kernel)'" + suggestion(for: kernel, in: all))
    }
    if let trace, AddressPattern(rawValue: trace) == nil {
      let all = AddressPattern.allCases.map(\.rawValue)
      throw ValidationError("unknown trace '\(trace)'" + suggestion(for: trace, in: all))
    }
  }

  private func count() throws -> Int {
    guard let count = parseUnsigned(references), (1...1_000_000_000).contains(count) else {
      throw ValidationError("--references wants 1 to 1_000_000_000, not '\(references)'")
    }
    return Int(count)
  }

  func run() throws {
    let record = RunRecord()
    let count = try count()
    var lines: [BenchLine] = []
    for pattern in AddressPattern.allCases where trace == nil || trace == pattern.rawValue {
      var generator = AddressGenerator(pattern)
      let addresses = generator.block(count)
      if baseline { continue }
      var rates: [BenchKernel: Double] = [:]
      for work in BenchKernel.allCases
      where work.isAvailable && (kernel == nil || kernel == work.rawValue) {
        var best = Double.infinity
        var counts: [UInt64] = []
        for _ in 0..<repeats {
          let start = BenchCommand.seconds()
          counts = try unsafe addresses.withUnsafeBufferPointer { try unsafe work.run($0) }
          best = min(best, BenchCommand.seconds() - start)
        }
        let rate = Double(count) / max(best, 1e-9) / 1e6
        rates[work] = rate
        lines.append(
          BenchLine(
            trace: pattern.rawValue, kernel: work.rawValue, references: count, rate: rate,
            ratio: rates[.reference].map { rate / $0 },
            toLoop: work.loop.flatMap { rates[$0] }.map { rate / $0 },
            toBus: rates[.bus].map { rate / $0 }, counts: counts))
      }
    }
    if let stream, kernel == nil {
      lines += try BenchStream(path: stream, repeats: repeats).lines()
    }
    try output.emit(BenchCommand.document(lines), of: Sources(files: [stream]), record)
  }

  /// Processor seconds of this thread: other work on the machine is left out.
  static func seconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  static func document(_ lines: [BenchLine]) -> ReportDocument {
    let rows = lines.map { line in
      [
        line.trace, line.kernel, BenchLine.short(line.rate), line.ratio.map(BenchLine.short) ?? "-",
        line.toLoop.map(BenchLine.hundredths) ?? "-", line.toBus.map(BenchLine.hundredths) ?? "-",
        line.counts.prefix(2).map { String($0) }.joined(separator: " "),
      ]
    }
    let hash = BenchLine.hash(lines)
    return ReportDocument(
      kind: "bench",
      members: [
        "work": .array(lines.map(\.json)), "resultHash": .string(hash),
        "lanes": JSONValue(lanesAvailable),
      ],
      csv: CSVTable(
        header: [
          "trace", "kernel", "megaReferencesPerSecond", "ratio", "ratioToC", "ratioToBus", "misses",
          "references",
        ],
        rows: zip(rows, lines).map { $0 + [String($1.references)] }),
      table: { width in
        TextTable(
          title: "result hash \(hash)",
          columns: [
            .init("TRACE"), .init("KERNEL"), .number("M REFS/S"), .number("× TEXTBOOK"),
            .number("× C LOOP"), .number("OF THE BUS"), .number("MISSES"),
          ], rows: rows
        ).text(width: width)
      })
  }
}

/// One kernel on one trace.
struct BenchLine {
  let trace: String
  let kernel: String
  let references: Int
  /// Million references a second.
  let rate: Double
  /// Times the textbook loop's rate in the same run.
  let ratio: Double?
  /// Times the rate of the C loop that does the same, and of reading the addresses alone.
  var toLoop: Double?
  var toBus: Double?
  let counts: [UInt64]

  var json: JSONValue {
    .object([
      "trace": .string(trace), "kernel": .string(kernel), "references": JSONValue(references),
      "megaReferencesPerSecond": JSONValue(rate), "ratio": JSONValue(ratio) { JSONValue($0) },
      "ratioToC": JSONValue(toLoop) { JSONValue($0) },
      "ratioToBus": JSONValue(toBus) { JSONValue($0) },
      "misses": .array(counts.prefix(2).map { JSONValue($0) }),
    ])
  }

  func relative(to base: Double) -> BenchLine {
    BenchLine(
      trace: trace, kernel: kernel, references: references, rate: rate, ratio: rate / base,
      counts: counts)
  }

  static func hundredths(_ value: Double) -> String { String((value * 100).rounded() / 100) }
  static func short(_ value: Double) -> String { String((value * 10).rounded() / 10) }

  /// FNV-1a over what was counted: equal on every machine, build and CPU.
  static func hash(_ lines: [BenchLine]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for line in lines {
      let words = ["\(line.trace) \(line.kernel) \(line.references)"] + line.counts.map { "\($0)" }
      for byte in words.joined(separator: " ").utf8 {
        hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
      }
    }
    return hex(hash)
  }
}
