import ArgumentParser
import Sim

/// `kfrag replay TRACE --system S`: what a load/unload trace does to a system.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Replays a load/unload trace: outcomes, addresses, page sizes, flushes, misses.")

  @Argument(help: "The trace, or lsmod output or /proc/modules as a set to load.")
  var trace: String

  @Option(help: "The system, or the path of a profile of your own.", completion: .systems)
  var system: String

  @Option(
    help: "Catalog of the modules it names; for Linux, Debian's when none is given.",
    completion: .file())
  var catalog: String?

  @Option(
    help:
      "A file of modprobe's configuration, modules.alias or modules.softdep (Linux); repeatable.",
    completion: .file())
  var modprobeConfig: [String] = []

  @Option(help: "Machine for the workload of 'run' events.", completion: .machines)
  var machine: String?

  @Option(help: "Physical memory.")
  var memory = "4GiB"

  @Option(help: "Memory kept for contiguous allocations, as Linux's cma=.")
  var cma = "0"

  @Option(help: "Age of memory: fresh, day, month, worn.", completion: .ages)
  var age = "day"

  @Option(help: "Seed of everything drawn.")
  var seed: UInt64 = 1

  @Flag(help: "Boot without randomised addresses.")
  var nokaslr = false

  @Flag(help: "Print what the system's own listing command shows.")
  var listing = false

  @Flag(help: "Print memory and direct map as /proc and debugfs show them.")
  var memoryFiles = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let record = RunRecord()
    var run = TraceRun(system: system)
    run.catalog = try catalog ?? ShippedFiles.catalog(for: ProfileCatalog.profile(system))
    run.machine = machine
    run.modprobeFiles = modprobeConfig
    guard let bytes = ByteCount(memory)?.bytes, (64 << 20...1 << 40).contains(bytes) else {
      throw ValidationError("--memory wants a size in 64MiB…1TiB, not '\(memory)'")
    }
    guard let named = MemoryAge(rawValue: age) else {
      let ages = MemoryAge.allCases.map(\.rawValue)
      throw ValidationError("unknown age '\(age)'" + suggestion(for: age, in: ages))
    }
    run.memoryBytes = bytes
    run.cmaBytes = try cmaBytes(cma, of: bytes)
    run.age = named
    run.seed = Seed(seed)
    run.randomised = !nokaslr
    let progress = Progress(
      "replaying", total: 0, unit: "events", isShown: output.showsProgress)
    defer { progress.finish() }
    let outcome = try run.run(trace) { _ in progress.advance() }
    progress.finish()
    if run.catalog == nil { noteUnknown(outcome) }
    try output.emit(
      ReplayReport.document(outcome, listing: listing, files: memoryFiles),
      of: Sources(
        files: [trace, run.catalog] + modprobeConfig.map(Optional.some), seed: seed,
        machine: outcome.machine,
        system: outcome.profile), record)
  }
}

extension ReplayCommand {
  /// Says that modules were asked for that nothing describes, and what would.
  private func noteUnknown(_ outcome: TraceRun.Outcome) {
    let loads = outcome.replay.records.filter {
      [.load, .insert].contains($0.event.verb) && outcome.replay.catalog[$0.module] == nil
    }
    guard let first = loads.first else { return }
    output.narrate(
      "\(trace):\(first.event.line): '\(first.module)' is in no catalog: none ships for "
        + "\(system); give --catalog, or sizes on the line that loads it, as text=24KiB"
        + (loads.count > 1 ? " (\(loads.count) such lines)" : ""))
  }
}

/// The value of `--cma`: less than half of memory.
func cmaBytes(_ text: String, of memory: UInt64) throws -> UInt64 {
  guard let bytes = ByteCount(text)?.bytes, bytes <= memory / 2 else {
    throw ValidationError("--cma wants a size up to half of --memory, not '\(text)'")
  }
  return bytes
}
