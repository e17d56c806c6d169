import ArgumentParser
import Sim

/// `kfrag verify-placement`: are predicted addresses the real ones?
struct VerifyPlacementCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-placement",
    abstract: "Replays recorded allocations and frees and compares every address.",
    discussion: """
      EVENTS.csv has the columns t_us,event,addr,size,name,detail. After each event the model is \
      set to what the real kernel held, so one miss causes no others. With --at-least the command \
      ends with 2 when a smaller share of the addresses is predicted exactly.
      """)

  @Argument(help: "The recorded events; plain, .gz, .xz or .zst.")
  var events: String

  @Option(name: .long, help: "The system whose placement rule is checked.", completion: .systems)
  var system: String

  @Option(
    name: .customLong("seed-areas"),
    help: "A /proc/vmallocinfo taken before the first event: what is live already.")
  var seedAreas: String?

  @Option(name: .long, help: "Compares the section sizes of 'load' lines with this catalog too.")
  var catalog: String?

  @Option(name: .long, help: "The arena of the system to check; the first one by default.")
  var arena: String?

  @Option(
    name: .customLong("at-least"),
    help: "Share of the addresses that must be exact, 0 to 1, lest it end with 2.")
  var share: Double?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let share, !(0...1).contains(share) { throw ValidationError("--at-least wants 0 to 1") }
  }

  func run() throws {
    let profile = try ProfileCatalog.profile(system)
    let rule = try chosenArena(profile)
    let log = try PlacementEventReader.read(InputFile.text(events), file: events)
    var seeds: [AddressRange] = []
    if let seedAreas {
      seeds = try VmallocInfoReader.read(InputFile.text(seedAreas), file: seedAreas).map(\.range)
    }
    let check = LinuxPlacementCheck(
      log, arena: rule, basePage: profile.basePage, seeds: seeds)
    try checkOverlap(log, rule, profile)
    if seeds.isEmpty, check.exact < check.allocations {
      output.narrate(
        "\(events): no --seed-areas: what was live before the first event is not known, and every "
          + "address that had to go around it counts as a miss")
    }
    var sizes: LinuxLoadFields.Comparison?
    if let catalog {
      let modules = try CatalogReader.read(InputFile.text(catalog), file: catalog)
      sizes = LinuxLoadFields.compare(log, with: modules, profile)
    }
    try output.emit(PlacementReport.document(check, sizes, system: profile.id, events: events))
    if let share, Double(check.exact) < share * Double(check.allocations) {
      output.narrate("\(check.exact) of \(check.allocations) is less than --at-least \(share)")
      throw ExitCode(ExitMapping.regression)
    }
  }

  /// - Throws: when addresses were recorded, and none lies where this system places modules.
  private func checkOverlap(
    _ log: [PlacementEvent], _ rule: ArenaProfile, _ profile: SystemProfile
  ) throws {
    var first: (line: Int, address: UInt64)?
    for event in log {
      guard case .allocation(let address, _) = event.kind else { continue }
      if rule.window.contains(address) { return }
      first = first ?? (event.line, address)
    }
    guard let first else { return }
    throw InputError(
      file: events, line: first.line,
      "no event lies in the arena '\(rule.name)' of \(profile.id), \(hex(rule.window.lower)) to "
        + "\(hex(rule.window.upper)); the first is at \(hex(first.address)): another --system?")
  }

  private func chosenArena(_ profile: SystemProfile) throws -> ArenaProfile {
    guard let arena else {
      guard let first = profile.arenas.first else {
        throw InputError(file: profile.id, "this system loads modules into no arena of its own")
      }
      return first
    }
    guard let found = profile.arena(arena) else {
      throw InputError(
        file: profile.id,
        "no arena '\(arena)'" + suggestion(for: arena, in: profile.arenas.map(\.name)))
    }
    return found
  }
}

/// The answer of `verify-placement` in every form.
private enum PlacementReport {
  static func document(
    _ check: LinuxPlacementCheck, _ sizes: LinuxLoadFields.Comparison?, system: String,
    events: String
  ) -> ReportDocument {
    var members: [String: JSONValue] = [
      "system": .string(system), "allocations": JSONValue(check.allocations),
      "exact": JSONValue(check.exact), "exactAsLogged": JSONValue(check.exactAsLogged),
      "share": JSONValue(share(check)), "holeShare": JSONValue(check.holeShare),
      "misses": .array(check.misses.map(miss)),
      "corrections": .array(
        check.corrections.map {
          [
            "line": JSONValue($0.line), "address": .string(hex($0.address)),
            "what": .string($0.what),
          ]
        }),
    ]
    if let sizes {
      members["loads"] = [
        "compared": JSONValue(sizes.loads), "exact": JSONValue(sizes.exact),
        "notInCatalog": JSONValue(sizes.unknown),
        "misses": .array(
          sizes.misses.map {
            [
              "line": JSONValue($0.line), "module": .string($0.module), "field": .string($0.field),
              "real": JSONValue($0.real), "predicted": JSONValue($0.predicted),
            ]
          }),
      ]
    }
    let rows = check.misses.map {
      [
        String($0.line), hex($0.real), $0.predicted.map { hex($0) } ?? "", String($0.size), $0.why,
      ]
    }
    return ReportDocument(
      kind: "placement", members: members,
      csv: CSVTable(header: ["line", "real", "predicted", "size", "why"], rows: rows),
      table: { _ in text(check, sizes, events: events) })
  }

  private static func share(_ check: LinuxPlacementCheck) -> Double {
    check.allocations == 0 ? 1 : Double(check.exact) / Double(check.allocations)
  }

  private static func miss(_ miss: LinuxPlacementCheck.Miss) -> JSONValue {
    [
      "line": JSONValue(miss.line), "real": .string(hex(miss.real)),
      "predicted": JSONValue(miss.predicted) { .string(hex($0)) }, "size": JSONValue(miss.size),
      "why": .string(miss.why),
    ]
  }

  /// Misses the table lists; `--json` and `--csv` list all.
  private static let shown = 20

  private static func text(
    _ check: LinuxPlacementCheck, _ sizes: LinuxLoadFields.Comparison?, events: String
  ) -> String {
    var lines = [
      "\(check.exact) of \(check.allocations) addresses predicted exactly "
        + "(\(check.exactAsLogged) from the order and sizes as logged)"
    ]
    for correction in check.corrections {
      lines.append("\(events):\(correction.line): \(hex(correction.address)): \(correction.what)")
    }
    for miss in check.misses.prefix(shown) {
      let predicted = miss.predicted.map { hex($0) } ?? "no room"
      lines.append(
        "\(events):\(miss.line): real \(hex(miss.real)), predicted \(predicted), "
          + "\(miss.size) bytes: \(miss.why)")
    }
    if let sizes {
      lines.append(
        "\(sizes.exact) of \(sizes.loads) load lines match the catalog's section sizes "
          + "(\(sizes.unknown) of modules it lacks)")
      for miss in sizes.misses.prefix(shown) {
        lines.append(
          "\(events):\(miss.line): \(miss.module): \(miss.field) is \(miss.real), "
            + "predicted \(miss.predicted)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
