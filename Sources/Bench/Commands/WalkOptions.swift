public import ArgumentParser
public import Sim

/// What page walks read through, for commands that replay one trace.
struct WalkOptions: ParsableArguments {
  @Option(
    name: .customLong("walk-caches"),
    help: "Price the walks' reads by data caches ('desktop') instead of fixed costs.")
  var caches: WalkCaches?

  @Option(
    help: ArgumentHelp(
      "Walk a host's table of this many levels too, keeping this many host pages.",
      valueName: "levels[:pages]"))
  var nested: NestedPaging?

  var isGiven: Bool { caches != nil || nested != nil }
}

/// The data caches `--walk-caches` names.
enum WalkCaches: String, CaseIterable, ExpressibleByArgument {
  case desktop

  var memory: WalkMemory {
    switch self {
    case .desktop: .desktop
    }
  }
}

extension NestedPaging: ExpressibleByArgument {
  /// `4` or `4:16`.
  public init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = parts.first, let levels = first, (2...5).contains(levels), parts.count <= 2
    else { return nil }
    guard parts.count == 2 else {
      self.init(hostLevels: levels)
      return
    }
    guard let pages = parts[1], (0...65_536).contains(pages) else { return nil }
    self.init(hostLevels: levels, cachedPages: pages)
  }
}
