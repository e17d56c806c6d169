import ArgumentParser
import Sim

extension CompletionKind {
  /// Names of the machines kfrag ships.
  static var machines: CompletionKind { .list(MachineCatalog.names) }

  /// Names of the systems kfrag ships.
  static var systems: CompletionKind { .list(ProfileCatalog.names) }

  /// Names of the metrics.
  static var metrics: CompletionKind { .list(MetricCatalog.all.map(\.name)) }
}
