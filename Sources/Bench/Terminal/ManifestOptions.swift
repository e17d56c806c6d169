import Sim

extension ReportDocument {
  /// The document with its manifest: what `manifest` says, the digest of the members, and where
  /// and when it was made.
  func with(_ manifest: Manifest, _ run: RunRecord) -> ReportDocument {
    var copy = self
    copy.manifest = manifest.json(of: members, run: run)
    return copy
  }
}

extension Manifest {
  /// The manifest of the command line this process was started with.
  static var ofThisCommand: Manifest { Manifest(command: Array(CommandLine.arguments.dropFirst())) }
}
