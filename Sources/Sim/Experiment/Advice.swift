/// Which modules to link in, or whose text to pack into large pages, for the largest saving within
/// a budget of memory. A replay of `trial` verifies both.
public struct Advice: Sendable {
  /// A module to link in, dependencies first.
  public struct Pick: Hashable, Sendable {
    public let module: String
    /// Text, rodata and data it adds to the image.
    public let bytes: UInt64
    /// Page walks a replicate spends on it when loaded, beyond those when linked in.
    public let walks: Double
  }

  /// Modules to link in.
  public let picks: [Pick]
  /// Modules whose text to pack instead, most saving first; `bytes` and `walks` are of text alone.
  public let packs: [Pick]
  /// Bytes of the large page packing uses; nil where the system has none.
  public let largePage: UInt64?
  public let budget: UInt64
  /// Bytes of all picks.
  public var bytes: UInt64 { picks.reduce(0) { $0 + $1.bytes } }

  /// Chooses from an attributed experiment whose first arm is monolithic, its last modular.
  ///
  /// A module that is linked in cannot call one that is loaded, so each is weighed with the
  /// dependencies it still lacks. Greedy by walks saved a byte: the best closure that fits, again
  /// and again; then the single best closure instead, should it save more.
  public init(_ table: AttributionTable, budget: UInt64) {
    self.budget = budget
    let scenario = table.scenario
    let walks = Dictionary(
      table.objects.map { ($0.object, $0.addedWalks) }, uniquingKeysWith: { a, _ in a })
    let measured = Set(scenario.modules.map(\.name))
    /// The modules linking in `module` takes, dependencies first.
    func closure(_ module: KernelModule, beyond chosen: Set<String>) -> [KernelModule] {
      let all = (try? scenario.catalog.ordered([module.name])) ?? [module]
      return all.filter { measured.contains($0.name) && !chosen.contains($0.name) }
    }
    func saved(_ modules: [KernelModule]) -> Double {
      modules.reduce(0) { $0 + (walks[$1.name] ?? 0) }
    }
    func size(_ modules: [KernelModule]) -> UInt64 {
      modules.reduce(0) { $0 + $1.sections.size(of: .image) }
    }
    var chosen: [KernelModule] = []
    var names: Set<String> = []
    var left = budget
    while true {
      var best: (modules: [KernelModule], density: Double)?
      for module in scenario.modules where !names.contains(module.name) {
        let candidate = closure(module, beyond: names)
        let (gain, bytes) = (saved(candidate), size(candidate))
        guard gain > 0, bytes <= left else { continue }
        let density = gain / Double(max(1, bytes))
        if density > best?.density ?? 0 { best = (candidate, density) }
      }
      guard let best else { break }
      chosen += best.modules
      names.formUnion(best.modules.map(\.name))
      left -= size(best.modules)
    }
    for module in scenario.modules {
      let single = closure(module, beyond: [])
      if size(single) <= budget, saved(single) > saved(chosen) { chosen = single }
    }
    picks = chosen.map {
      Pick(module: $0.name, bytes: $0.sections.size(of: .image), walks: walks[$0.name] ?? 0)
    }
    largePage = scenario.ladder.flatMap { scenario.arms[$0.treatment].profile.largePage?.bytes }
    packs = Advice.packs(table, room: largePage.map { budget / $0 * $0 } ?? 0)
  }

  /// Bytes of the large pages the packed text takes.
  public var packedBytes: UInt64 {
    guard let largePage, !packs.isEmpty else { return 0 }
    let text = packs.reduce(0) { $0 + ($1.bytes + 63) & ~63 }
    return (text + largePage - 1) / largePage * largePage
  }

  /// Greedy by walks saved a byte of text, while whole large pages of the budget have room.
  private static func packs(_ table: AttributionTable, room: UInt64) -> [Pick] {
    var left = room
    let candidates = table.scenario.modules.compactMap { module -> Pick? in
      let bytes = module.sections.size(of: .text)
      let row = table.sections.first { $0.object == module.name && $0.section == .text }
      guard bytes > 0, let walks = row?.addedWalks, walks > 0 else { return nil }
      return Pick(module: module.name, bytes: bytes, walks: walks)
    }
    let ranked = candidates.sorted {
      let (a, b) = ($0.walks / Double($0.bytes), $1.walks / Double($1.bytes))
      return a != b ? a > b : $0.module < $1.module
    }
    return ranked.filter { pick in
      let padded = (pick.bytes + 63) & ~63
      guard padded <= left else { return false }
      left -= padded
      return true
    }
  }

  /// The scenario that tests the advice: what the system does, the same with the picks linked in
  /// or packed, and everything linked in, with common random numbers.
  public func trial(_ scenario: Scenario) -> Scenario {
    var trial = scenario
    guard let ladder = scenario.ladder else { return scenario }
    let modular = scenario.arms[ladder.treatment]
    trial.arms = [
      modular,
      ArmPlan(
        name: "advised", kind: .modular, profile: modular.profile, machine: modular.machine,
        linked: modular.linked.union(picks.map(\.module))),
      ArmPlan(
        name: "packed", kind: .modular, profile: modular.profile, machine: modular.machine,
        linked: modular.linked, packed: modular.packed.union(packs.map(\.module))),
      ArmPlan(
        name: "all linked in", kind: .monolithic, profile: modular.profile,
        machine: modular.machine),
    ]
    return trial
  }
}
