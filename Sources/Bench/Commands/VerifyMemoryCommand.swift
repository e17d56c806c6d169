import ArgumentParser
import Sim

/// `kfrag verify-memory`: does the page allocator's model hand out the pages the real one did?
struct VerifyMemoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-memory",
    abstract: "Replays recorded page allocations through the buddy model and compares every page.",
    discussion: """
      EVENTS.csv has the columns t_us,op,pfn,order,mt,comm (kmem trace events). After each event the \
      model is set to what the real zone held, so one miss causes no others.
      """)

  @Argument(help: "The recorded events; plain, .gz, .xz or .zst.")
  var events: String

  @Option(name: .long, help: "The system whose fallback rule is checked.", completion: .systems)
  var system = "linux-6.1"

  @Option(name: .long, help: "A dump of /proc/kpageflags: which frames are free at the start.")
  var freeMap: String

  @Option(
    name: .long, help: "The mark (op M) in EVENTS the dump was taken at; its start by default.")
  var from: String?

  @Option(name: .long, help: "A second dump, to compare the model's free map with.")
  var endMap: String?

  @Option(name: .long, help: "The mark the second dump was taken at; the end by default.")
  var to: String?

  @OptionGroup var output: OutputOptions

  func run() throws {
    let record = RunRecord()
    let profile = try ProfileCatalog.profile(system)
    let rule = FallbackRule(rawValue: profile.setting("fallbackRule") ?? "") ?? .moveAlways
    var marks: [(name: String, at: Int)] = []
    let log = try MemoryEventReader.read(events) { marks.append(($0, $1)) }
    func place(_ name: String?, _ fallback: Int) throws -> Int {
      guard let name else { return fallback }
      guard let mark = marks.first(where: { $0.name == name }) else {
        throw InputError(
          file: events, "no mark '\(name)'" + suggestion(for: name, in: marks.map(\.name)))
      }
      return mark.at
    }
    let first = try place(from, 0)
    let last = try max(first, place(to, log.count))
    let free = try MemoryEventReader.freeFrames(freeMap)
    let end = try endMap.map { try MemoryEventReader.freeFrames($0) }
    let check = LinuxMemoryCheck(log[first..<last], free: free, rule: rule)
    try output.emit(
      MemoryCheckReport.document(check, system: profile.id, end: end.map(check.agreement)),
      of: Sources(files: [events, freeMap, endMap], system: profile), record)
  }
}

/// The answer of `verify-memory` in every form.
private enum MemoryCheckReport {
  static func document(
    _ check: LinuxMemoryCheck, system: String, end: (equal: Int, frames: Int)?
  ) -> ReportDocument {
    var rows: [(name: String, hits: Int, of: Int)] = [
      ("frames", check.exactFrames, check.requests),
      ("orders", check.exactOrders, check.requests),
      ("listPages", check.exactListPages, check.listRequests),
      ("fallbacks", check.predictedFallbacks, check.fallbacks),
      ("fallbackFrames", check.sameFallbackFrames, check.fallbacks),
      (
        "consistentEvents", check.requests + check.returns,
        check.requests + check.returns + check.contradictions
      ),
    ]
    if let end { rows.append(("finalFreeMap", end.equal, end.frames)) }
    var members: [String: JSONValue] = [
      "system": .string(system), "extraFallbacks": JSONValue(check.extraFallbacks),
      "framesByTenth": .array(check.tenths.map { share($0.exact, $0.requests) }),
      "misses": .object(
        Dictionary(
          uniqueKeysWithValues: LinuxMemoryCheck.Cause.allCases.map {
            ($0.rawValue, JSONValue(check.misses[$0] ?? 0))
          })),
    ]
    for row in rows {
      members[row.name] = [
        "equal": JSONValue(row.hits), "of": JSONValue(row.of), "share": share(row.hits, row.of),
      ]
    }
    let shown = rows
    return ReportDocument(
      kind: "memory", members: members,
      csv: CSVTable(
        header: ["what", "equal", "of"],
        rows: rows.map { [$0.name, String($0.hits), String($0.of)] }),
      table: { width in
        var table = TextTable(columns: [
          .init("WHAT"), .number("EQUAL"), .number("OF"), .number("SHARE"),
        ])
        for row in shown {
          let percent = Double(row.hits) * 100 / Double(max(1, row.of))
          table.append([
            row.name, "\(row.hits)", "\(row.of)", "\((percent * 100).rounded() / 100) %",
          ])
        }
        return table.text(width: width) + explanation(check)
      })
  }

  /// Why requests went elsewhere, and when.
  private static func explanation(_ check: LinuxMemoryCheck) -> String {
    let missed = check.requests - check.exactFrames
    guard missed > 0 else { return "" }
    var text = "\n\(missed) requests got another frame than predicted:\n"
    for cause in LinuxMemoryCheck.Cause.allCases {
      guard let count = check.misses[cause] else { continue }
      text += "  \(count) \(cause.explanation)\n"
    }
    let first = check.tenths[0].requests - check.tenths[0].exact
    return text + "  \(first) of them in the log's first tenth\n"
  }

  private static func share(_ hits: Int, _ all: Int) -> JSONValue {
    JSONValue(all == 0 ? 0 : Double(hits) / Double(all))
  }
}
