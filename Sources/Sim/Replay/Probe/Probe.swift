/// One property of one array: what the probe inferred beside what the machine's file says.
public struct ProbeFinding: Hashable, Sendable {
  public var array: String
  /// `pages`, `ways`, `index`, `policy`, `contexts`, `knee N`, `step N` (stride N in pages).
  public var property: String
  public var inferred: String
  public var stated: String
  public var evidence: Evidence
  public var agrees: Bool
  /// Why they differ, where that is known; empty when they agree.
  public var reason: String
}

/// Infers a machine's parameters from the simulator the way a researcher infers them from
/// hardware, from nothing but how far down each translation had to go.
public struct Probe {
  let machine: Machine

  public init(_ machine: Machine) { self.machine = machine }

  /// Sets with more ways than this are not tried for their policy: the strings would be too short
  /// to tell policies apart.
  static let policyWayLimit = 256

  /// Everything the probe can say, in the order of the machine's arrays, published knees last.
  public func findings() throws -> [ProbeFinding] {
    var findings: [ProbeFinding] = []
    var done: Set<Int> = []
    for array in machine.arrays.indices where !done.contains(array) {
      guard let target = ProbeTarget(machine, array) else { continue }
      let peers = target.peers(machine)
      done.formUnion(peers.isEmpty ? [array] : peers)
      findings += try probe(target, peers.isEmpty ? [array] : peers)
    }
    for knee in machine.knees { findings += try self.knee(knee) }
    return findings
  }

  /// Permutation vectors of one array, inferred: element q of vector p names the position before a
  /// hit on position p of what stands at position q after it.
  ///
  /// Nil when there is no such array, earlier levels hide it, or its policy has no such vectors.
  public func permutationVectors(of name: String) throws -> [[Int]]? {
    guard let array = machine.arrays.firstIndex(where: { $0.name == name }),
      let target = ProbeTarget(machine, array)
    else { return nil }
    let capacity = ProbeCapacity(machine: machine, target: target)
    let stated = StatedShape(machine, target, target.peers(machine))
    let pages = try capacity.pages(stride: 1, limit: 4 * stated.pages)
    let ways = try capacity.ways(entries: pages)
    guard ways.isSeen, (2...16).contains(ways.count) else { return nil }
    let index = ProbeIndex(machine: machine, target: target, ways: ways.count, wash: ways.wash)
    return try ProbePolicy(index: index).permutationVectors()
  }

  private func probe(_ target: ProbeTarget, _ peers: [Int]) throws -> [ProbeFinding] {
    let spec = machine.arrays[target.array]
    let name = peers.map { machine.arrays[$0].name }.joined(separator: "+")
    let stated = StatedShape(machine, target, peers)
    let capacity = ProbeCapacity(machine: machine, target: target)
    let pages = try capacity.pages(stride: 1, limit: 4 * stated.pages)
    var findings = [
      finding(name, "pages", "\(pages)", "\(stated.pages)", spec.evidence, peers)
    ]
    let ways = try capacity.ways(entries: pages)
    let shown = ways.isSeen ? "\(ways.count)" : "≤ \(ways.count)"
    findings.append(finding(name, "ways", shown, "\(stated.ways)", spec.evidence, peers))
    guard ways.count > 0 else { return findings }
    let index = ProbeIndex(machine: machine, target: target, ways: ways.count, wash: ways.wash)
    if stated.sets > 1 {
      let classes = try index.indexBits(upTo: min(18, Int(target.farShift) - 1))
      // Bits within a sector or a merged entry pick no set.
      let first = classes.first?.first ?? 0
      let kind = ProbeIndex.name(classes.map { $0.map { $0 - first } })
      findings.append(
        finding(
          name, "index", kind?.description ?? "\(classes)", spec.geometry.index.description,
          spec.indexEvidence, peers))
    }
    findings += try policy(name, target, peers, index, ways)
    if machine.asidBits > 0 {
      let kept = try ProbeSpaces(machine: machine, target: target).retained()
      let said = min(ProbeSpaces.limit, stated.contexts)
      findings.append(
        finding(name, "contexts", "\(kept)", "\(said)", machine.asidEvidence, peers))
    }
    return findings
  }

  private func policy(
    _ name: String, _ target: ProbeTarget, _ peers: [Int], _ index: ProbeIndex,
    _ ways: ProbeCapacity.Ways
  ) throws -> [ProbeFinding] {
    let spec = machine.arrays[target.array]
    let stated = spec.geometry.policy
    guard ways.count > 1, ways.count <= Probe.policyWayLimit else { return [] }
    var inferred = "hidden"
    var agrees = false
    if target.group == 0 || ways.wash != nil {
      let candidates = try ProbePolicy(index: index).candidates()
      agrees = candidates.contains(stated)
      inferred = agrees ? stated.rawValue : candidates.map(\.rawValue).joined(separator: " or ")
      if inferred.isEmpty { inferred = "none of ours" }
    }
    return [
      ProbeFinding(
        array: name, property: "policy", inferred: inferred, stated: stated.rawValue,
        evidence: spec.policyEvidence, agrees: agrees, reason: agrees ? "" : reason(peers))
    ]
  }

  /// Misses of one more round, in the array a knee is about, of a cyclic sweep over `pages` pages
  /// at the knee's stride.
  public func misses(of knee: Knee, pages: Int) throws -> UInt64 {
    guard let array = machine.arrays.firstIndex(where: { $0.name == knee.array }),
      let target = ProbeTarget(machine, array)
    else { return 0 }
    let capacity = ProbeCapacity(machine: machine, target: target)
    return try capacity.misses(pages: pages, stride: UInt64(knee.stridePages))
  }

  /// The measured knee: capacity at its stride, and the height of the step where it was read off.
  private func knee(_ knee: Knee) throws -> [ProbeFinding] {
    guard let array = machine.arrays.firstIndex(where: { $0.name == knee.array }),
      let target = ProbeTarget(machine, array)
    else { return [] }
    let capacity = ProbeCapacity(machine: machine, target: target)
    let stride = UInt64(knee.stridePages)
    let pages = try capacity.pages(stride: stride, limit: 4 * knee.fitsPages)
    let stated =
      knee.overflowsPages.map { "\(knee.fitsPages)…\($0 - 1)" } ?? "\(knee.fitsPages)"
    let fits = knee.overflowsPages.map { knee.fitsPages <= pages && pages < $0 }
    let agrees = fits ?? (pages == knee.fitsPages)
    let blurred = "measured as a blurred step, not as a knee"
    var findings = [
      ProbeFinding(
        array: knee.array, property: "knee \(knee.stridePages)", inferred: "\(pages)",
        stated: stated, evidence: .measured, agrees: agrees,
        reason: agrees ? "" : knee.blurred ? blurred : reason([array]))
    ]
    guard let step = knee.stepCycles, pages > 0 else { return findings }
    let below = try capacity.cycles(count: pages, stride: stride)
    let above = try capacity.cycles(count: 2 * pages, stride: stride)
    let height = above - below
    let isNear = abs(height - step) <= max(1.5, step / 10)
    findings.append(
      ProbeFinding(
        array: knee.array, property: "step \(knee.stridePages)", inferred: Probe.cycles(height),
        stated: Probe.cycles(step), evidence: .measured, agrees: isNear,
        reason: isNear ? "" : stepReason(target, above: height > step)))
    return findings
  }

  /// One digit after the point, without Foundation.
  static func cycles(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
  }

  private func finding(
    _ array: String, _ property: String, _ inferred: String, _ stated: String,
    _ evidence: Evidence, _ peers: [Int]
  ) -> ProbeFinding {
    let agrees = inferred == stated
    return ProbeFinding(
      array: array, property: property, inferred: inferred, stated: stated, evidence: evidence,
      agrees: agrees, reason: agrees ? "" : reason(peers))
  }

  /// What stands between the probe and the array.
  private func reason(_ peers: [Int]) -> String {
    let arrays = peers.map { machine.arrays[$0] }
    if arrays.contains(where: \.holdsWalkEntries) {
      return "walks of the probe's far-apart pages enter their upper-level entries here too"
    }
    if let array = arrays.first, array.level > 1,
      machine.arrays.contains(where: {
        $0.level < array.level && $0.geometry.entries >= array.geometry.entries
      })
    {
      return "no larger than the level before it, which answers first"
    }
    if peers.count > 1 { return "two arrays share these pages, each with its own replacement" }
    if arrays.contains(where: { $0.level > 1 && $0.geometry.sets == 1 }) {
      return "one set behind earlier levels: whatever washes those out also enters here"
    }
    if machine.prefetch.value != .none { return "prefetched entries enter here unasked" }
    if machine.table == .linear, machine.costs.softwareNested != nil {
      return "pages of the linear page table take entries here too"
    }
    return ""
  }

  private func stepReason(_ target: ProbeTarget, above: Bool) -> String {
    let policy = machine.arrays[target.array].geometry.policy
    if policy != .lru && policy != .fifo { return "past the knee this policy still hits sometimes" }
    return above
      ? "the probe's pages also miss the walk caches" : "stated beside another part's measurement"
  }
}

/// What a machine's file says of the arrays a probe sees together.
struct StatedShape {
  var pages = 0
  var ways = 0
  var sets = 1
  var contexts = 0

  init(_ machine: Machine, _ target: ProbeTarget, _ peers: [Int]) {
    let base = machine.pageSizes.min() ?? .base4K
    for peer in peers {
      let spec = machine.arrays[peer]
      let tags = spec.tags
      let allWays = min(spec.geometry.ways, tags)
      sets = max(1, tags / allWays)
      let own = spec.wayRange(target.size).count
      ways += own
      let isSectored = spec.sector.map { target.size == base || !$0.basePageOnly } ?? false
      pages += own * sets * (isSectored ? spec.sectorPages : 1)
      let named = min(1000, 1 << min(machine.asidBits, 16))
      contexts = max(
        contexts, spec.asidSlots ?? (machine.asidSlots > 0 ? machine.asidSlots : named))
    }
  }
}
