import ArgumentParser
import Sim

extension CompletionKind {
  /// Names of the machines kfrag ships.
  static var machines: CompletionKind { .list(MachineCatalog.names) }

  /// Names of the systems kfrag ships.
  static var systems: CompletionKind { .list(ProfileCatalog.names) }

  /// Ages memory may have.
  static var ages: CompletionKind { .list(MemoryAge.allCases.map(\.rawValue)) }

  /// Layouts of a stream that carries sections.
  static var layouts: CompletionKind { .list(["recorded", "base4k", "monolithic", "modular"]) }

  /// Every name 'show' knows.
  static var everyName: CompletionKind {
    .list(MachineCatalog.names + ProfileCatalog.names + MetricCatalog.all.map(\.name))
  }

  /// Names of the metrics.
  static var metrics: CompletionKind { .list(MetricCatalog.all.map(\.name)) }
}
