import ArgumentParser
import Sim

/// `kfrag age`: memory as use leaves it, or the parameters that explain a real snapshot.
struct AgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "age",
    abstract: "Ages memory and prints it as the kernel does; or fits the ageing to a snapshot.",
    discussion: """
      Ages:
      \(MemoryAge.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n"))

      Both indices rise with fragmentation, and are the kernel's own. The unusable free space index \
      is the share of free memory that lies in blocks too small for a request of an order. The \
      fragmentation index says why a request that fails does: near 0 for lack of memory, near 1 \
      because what is free lies in pieces, -1.000 where it would not fail. The contiguity histogram \
      shows in how long physical runs single-page requests are served: what TLBs that join \
      neighbours, and splits of the direct map, depend on.

      --fit takes a /proc/buddyinfo and finds the parameters whose memory looks like it: the \
      distance is that of the unusable free space index over orders 1 to 10. A fitted share is the \
      most a class may hold; 'held' says what it does.
      """)

  @Option(name: .long, help: "Physical memory of the zone.")
  var memory = "1GiB"

  @Option(name: .long, help: "Memory kept for contiguous allocations, as Linux's cma=.")
  var cma = "0"

  @Option(name: .long, help: "Named age: fresh, day, month, worn.", completion: .ages)
  var age = "month"

  @Option(name: .long, help: "Seed of everything random.")
  var seed: UInt64 = 1

  @Option(
    name: .long, help: "Fallback rule of the page allocator, by system.", completion: .systems)
  var system = "linux-6.1"

  @Option(name: .long, help: "A /proc/buddyinfo to fit the parameters to.")
  var fit: String?

  @Option(name: .long, help: "The zone of the snapshot; its largest by default.")
  var zone: String?

  @Option(name: .long, help: "Steps of the minimisation.")
  var iterations = 40

  @OptionGroup var output: OutputOptions

  func run() throws {
    let record = RunRecord()
    guard let bytes = ByteCount(memory)?.bytes, (1 << 24...1 << 40).contains(bytes) else {
      throw ValidationError("--memory wants a size from 16MiB to 1TiB, not '\(memory)'")
    }
    guard (1...10_000).contains(iterations) else {
      throw ValidationError("--iterations wants 1 to 10000")
    }
    let profile = try ProfileCatalog.profile(system)
    if let fit {
      try output.emit(
        fitted(fit, bytes), of: Sources(files: [fit], seed: seed, system: profile), record)
    } else {
      guard let named = MemoryAge(rawValue: age) else {
        throw ValidationError(
          "unknown age '\(age)'" + suggestion(for: age, in: MemoryAge.allCases.map(\.rawValue)))
      }
      let image = profile.baseImage
      var aged = PageAllocator(
        booting: profile, bytes: bytes, image: LinkedImage(image),
        physicalStart: image.physicalStart, cmaBytes: try cmaBytes(cma, of: bytes))
      let ageing = aged.age(named.parameters, seed: Seed(seed))
      let members: [String: JSONValue] = [
        "age": .string(age), "memory": JSONValue(bytes), "held": AgeReport.held(ageing),
      ]
      try output.emit(
        AgeReport.document(aged, members), of: Sources(seed: seed, system: profile), record)
    }
  }

  private func fitted(_ path: String, _ bytes: UInt64) throws -> ReportDocument {
    let zones = try MemoryFileReader.buddyinfo(InputFile.text(path), file: path)
    let names = zones.map(\.zone)
    guard
      let chosen = zone.map({ name in zones.first { $0.zone == name } })
        ?? zones.max(by: { $0.counts.freePages < $1.counts.freePages })
    else {
      throw InputError(
        file: path, "no zone '\(zone ?? "")'" + suggestion(for: zone ?? "", in: names))
    }
    guard chosen.counts.freePages <= bytes >> 12 else {
      throw InputError(
        file: path,
        "zone \(chosen.zone) has \(ByteCount(chosen.counts.freePages << 12)) free, more than the "
          + "\(ByteCount(bytes)) of --memory")
    }
    let progress = Progress(
      "fit", total: Double(iterations), unit: "iterations", isShown: output.showsProgress)
    defer { progress.finish() }
    let fit: AgeingFit
    do {
      fit = try AgeingFit.fit(
        chosen.counts, managedFrames: bytes >> 12, frames: min(bytes >> 12, 1 << 15),
        seed: Seed(seed), iterations: iterations, advance: { progress.advance() })
    } catch {
      throw InputError(file: path, error.description)
    }
    var aged = BuddyAllocator(frames: min(bytes >> 12, 1 << 15))
    let ageing = Ageing.age(&aged, fit.parameters, seed: Seed(seed))
    return AgeReport.document(
      PageAllocator(aged),
      [
        "zone": .string(chosen.zone), "memory": JSONValue(bytes), "held": AgeReport.held(ageing),
        "fit": [
          "distance": JSONValue(fit.distance), "pValue": JSONValue(fit.pValue),
          "evaluations": JSONValue(fit.evaluations),
          "observedIndex": .array(
            (1...BuddyAllocator.maxOrder).map {
              JSONValue(fit.observed.unusableIndex(order: $0))
            }),
          "fittedIndex": .array(fit.fittedIndex.map { JSONValue($0) }),
          "parameters": AgeReport.parameters(fit.parameters),
        ],
      ])
  }
}

/// The answer of `age` in every form.
private enum AgeReport {
  /// Pages by owner.
  static func held(_ ageing: Ageing) -> JSONValue {
    .object(
      Dictionary(uniqueKeysWithValues: ageing.heldPages.map { ($0.owner, JSONValue($0.pages)) }))
  }

  static func parameters(_ parameters: AgeingParameters) -> JSONValue {
    [
      "fill": JSONValue(parameters.fill), "turnover": JSONValue(parameters.turnover),
      "unmovable": JSONValue(parameters.unmovable),
      "reclaimable": JSONValue(parameters.reclaimable),
      "anonymous": JSONValue(parameters.anonymous),
      "hugeAnonymous": JSONValue(parameters.hugeAnonymous),
      "longLived": JSONValue(parameters.longLived), "cacheRun": JSONValue(parameters.cacheRun),
    ]
  }

  static func document(
    _ memory: PageAllocator, _ extra: [String: JSONValue]
  ) -> ReportDocument {
    let counts = memory.freeCounts
    let orders = 0...BuddyAllocator.maxOrder
    let runs = memory.contiguity(ofSinglePages: Int(min(4096, memory.freeFrames / 2)))
    var members = extra.merging(MemoryReport.members(memory)) { mine, _ in mine }
    members["contiguity"] = [
      "pages": JSONValue(runs.pages), "runs": JSONValue(runs.runCount),
      "meanPages": JSONValue(runs.mean), "longest": JSONValue(runs.longest),
      "histogram": .array(runs.runs.map { JSONValue($0) }),
    ]
    let rows = orders.map {
      [
        String($0), String(counts.blocks[$0]), String(counts.unusableIndex(order: $0)),
        String(counts.fragmentationIndex(order: $0)),
      ]
    }
    let indices = orders.map { Double(counts.unusableIndex(order: $0)) }
    return ReportDocument(
      kind: "age", members: members,
      csv: CSVTable(
        header: ["order", "blocks", "unusableIndex", "fragmentationIndex"], rows: rows),
      table: { _ in text(memory, runs, extra, indices) })
  }

  private static func text(
    _ memory: PageAllocator, _ runs: ContiguityHistogram, _ extra: [String: JSONValue],
    _ indices: [Double]
  ) -> String {
    var text = ""
    if let fit = extra["fit"] {
      text +=
        "fit: root mean square index distance \(shown(fit["distance"])), "
        + "p \(shown(fit["pValue"])), \(fit["evaluations"]?.int ?? 0) evaluations\n"
      for (name, value) in (fit["parameters"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
        text += "  \(name): \(shown(value))\n"
      }
      text += "\n"
    }
    text += MemoryReport.files(memory)
    text +=
      "\nunusable index over orders 0 to \(BuddyAllocator.maxOrder): "
      + Sparkline.text(indices, width: 40) + "\n"
    text +=
      "\n\(runs.pages) single pages come in \(runs.runCount) contiguous runs, mean "
      + "\(shown(JSONValue(runs.mean))), longest \(runs.longest)\n" + histogram(runs)
    let held = ["unmovable", "reclaimable", "anonymous", "cache"].map { owner in
      let pages = extra["held"]?[owner]?.double ?? 0
      let share = (pages / Double(max(1, memory.managedFrames)) * 1000).rounded() / 10
      return "\(owner) \(share) %"
    }
    return text + "\nheld: " + held.joined(separator: ", ") + " of the pages handed over at boot\n"
  }

  /// One row for each length there is: how many runs, and a bar.
  private static func histogram(_ runs: ContiguityHistogram) -> String {
    let most = max(1, runs.runs.max() ?? 1)
    var table = TextTable(columns: [.init("RUN OF PAGES"), .number("RUNS"), .init("")])
    for (bin, count) in runs.runs.enumerated() where count > 0 {
      let (lower, upper) = (1 << bin, (2 << bin) - 1)
      table.append([
        lower == upper ? "\(lower)" : "\(lower)–\(upper)", String(count),
        String(repeating: "█", count: Int((count * 40 + most - 1) / most)),
      ])
    }
    return "\n" + table.text(width: nil)
  }

  private static func shown(_ value: JSONValue?) -> String {
    guard let number = value?.double else { return "?" }
    return String((number * 10_000).rounded() / 10_000)
  }
}
