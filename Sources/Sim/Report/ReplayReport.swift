/// The answer of `replay` as table, CSV and JSON.
public enum ReplayReport {
  public static func document(
    _ outcome: TraceRun.Outcome, listing: Bool, files: Bool = false
  ) -> ReportDocument {
    let records = outcome.replay.records
    var members: [String: JSONValue] = [
      "system": .string(outcome.profile.id),
      "loaded": .array(outcome.replay.kernel.loaded.map { loaded($0, outcome) }),
      "memory": memory(outcome.replay.kernel, outcome.replay.rules.perCPUReserve),
    ]
    if let machine = outcome.machine {
      members["runs"] = .array(outcome.measurements.map { run($0, machine) })
      members["workload"] = [
        "model": .string(workload.model), "summary": .string(workload.summary),
      ]
    }
    let finalListing = outcome.replay.rules.listing(outcome.replay.kernel)
    members["listing"] = .string(finalListing)
    var document = ReportDocument(
      kind: "replay", members: members,
      table: { width in
        if files {
          let kernel = outcome.replay.kernel
          // Other architectures have no DirectMap lines.
          let isX86 = kernel.profile.family == .linux && kernel.profile.arch == "x86-64"
          return MemoryReport.files(kernel.memory)
            + (isX86 ? "\n/proc/meminfo\n" + kernel.directMap.meminfo : "")
        }
        if listing { return (outcome.listings + [finalListing]).joined(separator: "\n") }
        return text(outcome, width: width)
      })
    document.lists["events"] = JSONList(count: records.count) { event(records[$0]) }
    document.makeCSV = { csv(records) }
    return document
  }

  /// What `run` runs; a scenario's `workload` block describes the same model.
  static let workload = (
    model: "moduleHot", summary: "operations that keep the loaded modules busy, its defaults"
  )

  private static func event(_ record: LifecycleRecord) -> JSONValue {
    var members: [String: JSONValue] = [
      "line": JSONValue(record.event.line), "time": JSONValue(record.event.time),
      "verb": .string(record.event.verb.rawValue), "word": .string(record.event.word),
      "module": .string(record.module), "outcome": .string(record.verdict.outcome.rawValue),
      "flushes": JSONValue(record.flushes), "areas": .array(areas(record.pieces)),
    ]
    if let code = record.verdict.code { members["code"] = .string(code) }
    if let message = record.verdict.message { members["message"] = .string(message) }
    if !record.verdict.effects.isEmpty {
      members["effects"] = .array(record.verdict.effects.map { .string($0) })
    }
    return .object(members)
  }

  /// One area a section: where it starts, its bytes, the page size behind it.
  private static func areas(_ pieces: [LoadedPiece]) -> [JSONValue] {
    pieces.flatMap { piece in
      piece.sections.map { section in
        [
          "section": .string(section.kind.rawValue), "address": .string(hex(section.address)),
          "size": JSONValue(section.size), "pageSize": JSONValue(piece.pageSize.bytes),
        ]
      }
    }
  }

  private static func loaded(_ image: LoadedImage, _ outcome: TraceRun.Outcome) -> JSONValue {
    var entries: [String: JSONValue] = [:]
    var counts: [(size: PageSize, count: UInt64)] = []
    for piece in image.pieces {
      for (size, count) in outcome.replay.kernel.space.entries(in: piece.range, competing: true) {
        if let at = counts.firstIndex(where: { $0.size == size }) {
          counts[at].count += count
        } else {
          counts.append((size, count))
        }
      }
    }
    for (size, count) in counts { entries[String(size.bytes)] = JSONValue(count) }
    return [
      "module": .string(image.module.name), "size": JSONValue(image.listedSize),
      "areas": .array(areas(image.pieces)), "entries": .object(entries),
      "users": .array(image.users.map { .string($0) }),
    ]
  }

  private static func memory(_ kernel: SimulatedKernel, _ perCPU: PerCPUReserve?) -> JSONValue {
    var members = MemoryReport.members(kernel.memory)
    let map = kernel.profile.directMap
    members["directMap"] = MemoryReport.leaves(kernel.directMap)
    if map.splitsOnProtect {
      members["meminfo"] = MemoryReport.counters(kernel.directMap)
    } else {
      let bytes = kernel.memory.managedFrames << UInt64(PageSize.base4K.shift)
      members["directMap"] =
        map.start == 0
        ? .object([:]) : [String(map.pageSize.bytes): JSONValue(map.pageSize.count(bytes))]
    }
    if let perCPU {
      members["perCPU"] = [
        "reserveBytes": JSONValue(perCPU.reserve), "usedBytes": JSONValue(perCPU.used),
      ]
    }
    members["modules"] = modules(kernel)
    return .object(members)
  }

  /// What all loaded modules take together: bytes as the listing has them, base pages, and the
  /// large pages that would hold as much.
  private static func modules(_ kernel: SimulatedKernel) -> JSONValue {
    let bytes = kernel.loaded.reduce(0) { $0 + $1.listedSize }
    let pages = kernel.loaded.reduce(0) { $0 + kernel.profile.basePage.count($1.listedSize) }
    var members: [String: JSONValue] = [
      "count": JSONValue(kernel.loaded.count), "bytes": JSONValue(bytes),
      "basePages": JSONValue(pages),
    ]
    if let large = kernel.profile.largePage {
      members["largePagesWouldHold"] = JSONValue(
        large.count(pages << UInt64(kernel.profile.basePage.shift)))
    }
    return .object(members)
  }

  private static func run(_ measurement: TraceRun.Measurement, _ machine: Machine) -> JSONValue {
    var metrics: [String: JSONValue] = [:]
    for metric in MetricCatalog.all where metric.needsReplay {
      let inputs = MetricInputs(counters: measurement.counters, machine: machine)
      if let value = metric.value(inputs) { metrics[metric.name] = JSONValue(value) }
    }
    return ["line": JSONValue(measurement.line), "metrics": .object(metrics)]
  }

  private static func csv(_ records: [LifecycleRecord]) -> CSVTable {
    var table = CSVTable(header: [
      "line", "time", "verb", "module", "outcome", "code", "message", "flushes", "address", "bytes",
      "effects",
    ])
    for record in records {
      table.append(values: [
        JSONValue(record.event.line), JSONValue(record.event.time),
        .string(record.event.verb.rawValue), .string(record.module),
        .string(record.verdict.outcome.rawValue), .string(record.verdict.code ?? ""),
        .string(record.verdict.message ?? ""), JSONValue(record.flushes),
        .string(record.pieces.first.map { hex($0.range.lower) } ?? ""),
        JSONValue(record.pieces.reduce(0) { $0 + $1.range.size }),
        .string(record.verdict.effects.joined(separator: "; ")),
      ])
    }
    return table
  }

  private static func text(_ outcome: TraceRun.Outcome, width: Int?) -> String {
    var table = TextTable(columns: [
      .number("LINE"), .init("EVENT"), .init("MODULE"), .init("OUTCOME"), .init("WHERE"),
      .number("BYTES"), .number("FLUSHES"), .init("SAID"),
    ])
    for record in outcome.replay.records {
      let said = [record.verdict.code, record.verdict.message].compactMap { $0 }
      table.append([
        "\(record.event.line)", record.event.word, record.module, record.verdict.outcome.rawValue,
        record.pieces.first.map { hex($0.range.lower) } ?? "",
        record.pieces.isEmpty ? "" : "\(record.pieces.reduce(0) { $0 + $1.range.size })",
        "\(record.flushes)", (said + record.verdict.effects).joined(separator: ": "),
      ])
    }
    var parts = [table.text(width: width)]
    if let machine = outcome.machine, !outcome.measurements.isEmpty {
      parts.append("'run' on \(machine.name): workload \(workload.model), \(workload.summary)\n")
    }
    for measurement in outcome.measurements {
      guard let machine = outcome.machine else { break }
      let inputs = MetricInputs(counters: measurement.counters, machine: machine)
      let shown = ["l1i.mpki", "l1d.mpki", "walks.pki", "translationCycles.pki"].compactMap {
        name in
        MetricCatalog.named(name)?.value(inputs).map { "\(name) \(significant($0))" }
      }
      parts.append("line \(measurement.line): " + shown.joined(separator: ", ") + "\n")
    }
    if outcome.measurements.count > 2, let machine = outcome.machine,
      let walks = MetricCatalog.named("walks.pki")
    {
      let values = outcome.measurements.map {
        walks.value(MetricInputs(counters: $0.counters, machine: machine)) ?? 0
      }
      parts.append("walks.pki, run by run  \(Sparkline.text(values, width: 60))\n")
    }
    return parts.joined(separator: "\n")
  }
}
