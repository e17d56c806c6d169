import Sim

extension ReportDocument {
  /// The document with its manifest: what `manifest` says, the digest of the members, and where
  /// and when it was made.
  func with(_ manifest: Manifest, _ run: RunRecord) -> ReportDocument {
    var copy = self
    copy.manifest = manifest.json(of: members, lists, run: run)
    return copy
  }
}

extension Manifest {
  /// The manifest of the command line this process was started with.
  static var ofThisCommand: Manifest { Manifest(command: Array(CommandLine.arguments.dropFirst())) }
}

/// What an answer was made of, beside the command line.
struct Sources {
  /// Files and folders, in order; nil for options not given.
  var files: [String?] = []
  var seed: UInt64?
  var machine: Machine?
  var system: SystemProfile?
}

extension AnswerOptions {
  /// Hands over an answer with its manifest. Inputs are hashed only where the manifest is shown.
  func emit(_ document: ReportDocument, of sources: Sources, _ run: RunRecord) throws {
    guard json else { return try emit(document) }
    var manifest = Manifest.ofThisCommand
    manifest.seed = sources.seed
    try manifest.read(sources.files.compactMap { $0 })
    if let machine = sources.machine { try manifest.describe(machine) }
    if let system = sources.system { try manifest.describe(system) }
    try emit(document.with(manifest, run))
  }
}
