extension MachineReader {
  static func arrays(_ value: YAMLValue?, pageSizes: [PageSize]) -> [TLBArray] {
    guard let value else { return [] }
    var arrays: [TLBArray] = []
    for item in value.list() {
      guard let array = item.mapping({ array($0, pageSizes: pageSizes) }) else { continue }
      if arrays.contains(where: { $0.name == array.name }) {
        item.report("two arrays are called '\(array.name)'")
      }
      arrays.append(array)
    }
    if value.isSequence, value.list().isEmpty { value.report("a machine needs an array") }
    return arrays
  }

  private static func array(_ map: YAMLMapping, pageSizes: [PageSize]) -> TLBArray? {
    let name = map.string("name")
    let level = map.int("level", 1...4)
    let side = map.required("side")?.choice(ArraySide.self)
    let pages = self.pageSizes(map.required("pages"))
    for item in map.optional("pages")?.list() ?? [] {
      guard item.isScalar, let text = item.string(), let size = PageSize(text) else { continue }
      if !pageSizes.isEmpty, !pageSizes.contains(size) {
        item.report(
          "the machine has no \(size) pages"
            + suggestion(for: text, in: pageSizes.map(\.description)))
      }
    }
    let geometry = geometry(map)
    let labels = evidenceLabels(map)
    let options = options(map, ways: geometry?.ways ?? 1)
    guard let side, let geometry, !pages.isEmpty else { return nil }
    var array = TLBArray(
      name: name, level: level, side: side, pageSizes: pages, geometry: geometry,
      evidence: labels.shape)
    array.policyEvidence = labels.policy
    array.indexEvidence = labels.index
    options(&array)
    if array.wiredEntries >= geometry.entries {
      map.whole.report("all \(geometry.entries) entries of '\(name)' are wired; leave one free")
    }
    return array
  }

  /// Entries, ways, policy and index, each problem at its own value.
  static func geometry(_ map: YAMLMapping) -> TLBGeometry? {
    let entries = map.required("entries")?.int(1...TLBGeometry.entryLimit)
    var ways: Int? = entries
    let waysValue = map.required("ways")
    if let waysValue, !(waysValue.isScalar && waysValue.string() == "full") {
      ways = waysValue.int(1...TLBGeometry.entryLimit)
    }
    let policy = map.required("policy")?.choice(ReplacementKind.self)
    let index = map.optional("index").map { value in (value, self.index(value)) }
    guard let entries, let ways else { return nil }
    do {
      _ = try TLBGeometry(entries: entries, ways: ways)
    } catch {
      waysValue?.report(error.description)
      return nil
    }
    guard let policy else { return nil }
    do {
      _ = try TLBGeometry(entries: entries, ways: ways, policy: policy)
    } catch {
      map.optional("policy")?.report(error.description)
      return nil
    }
    if index != nil, entries == ways {
      index?.0.report("a fully associative array has no index; drop the key")
    } else if index == nil, entries != ways {
      map.whole.report("missing key 'index': linear or xor1…xor8")
    }
    do {
      return try TLBGeometry(
        entries: entries, ways: ways, policy: policy, index: index?.1 ?? .linear)
    } catch {
      index?.0.report(error.description)
      return nil
    }
  }

  private static func index(_ value: YAMLValue) -> IndexKind? {
    guard let text = value.string() else { return nil }
    if let index = IndexKind(text) { return index }
    value.report(
      "unknown index '\(text)'" + suggestion(for: text, in: ["linear"] + (1...8).map { "xor\($0)" })
    )
    return nil
  }

  /// `evidence: vendor` for everything, or `{shape: …, policy: …, index: …}`.
  static func evidenceLabels(
    _ map: YAMLMapping
  ) -> (shape: Evidence, policy: Evidence, index: Evidence) {
    guard let value = map.required("evidence") else { return (.assumed, .assumed, .assumed) }
    guard value.isMapping else {
      let all = value.choice(Evidence.self) ?? .assumed
      return (all, all, all)
    }
    return value.mapping { labels in
      let shape = labels.required("shape")?.choice(Evidence.self) ?? .assumed
      let policy = labels.required("policy")?.choice(Evidence.self) ?? .assumed
      let index = labels.optional("index")?.choice(Evidence.self) ?? shape
      return (shape, policy, index)
    }
  }

  /// What only some arrays have; returns the change to apply once the array exists.
  private static func options(_ map: YAMLMapping, ways: Int) -> (inout TLBArray) -> Void {
    let wired = map.int("wired", 0...TLBGeometry.entryLimit, default: 0)
    let slots = map.optional("contextSlots")?.int(0...4096)
    let walkEntries = map.bool("holdsWalkEntries", default: false)
    let accepts = map.optional("accepts")?.choice(EntryRule.self) ?? .any
    let sharing = map.string("sharing", default: "")
    let shares = wayShares(map.optional("wayShares"), ways: ways)
    let splinters = map.optional("splintersLarger")?.mapping { ($0.bool("value"), evidence($0)) }
    let coalesce = map.optional("coalesce")?.mapping {
      (powerOfTwo($0, "pages", 2...512), evidence($0))
    }
    let sector = map.optional("sector")?.mapping(sector)
    return { array in
      array.wiredEntries = wired
      array.asidSlots = slots
      array.holdsWalkEntries = walkEntries
      array.accepts = accepts
      array.sharing = sharing
      array.wayShares = shares
      array.sector = sector
      if let splinters { (array.splintersLarger, array.splinterEvidence) = splinters }
      if let coalesce { (array.coalescePages, array.coalesceEvidence) = coalesce }
    }
  }

  private enum SectorReach: String, CaseIterable { case basePage, everySize }
  private enum SectorFill: String, CaseIterable { case touched, whole }
  private enum EntriesCount: String, CaseIterable { case tags, pages }

  private static func sector(_ map: YAMLMapping) -> Sector {
    let reach = map.required("of")?.choice(SectorReach.self)
    let fill = map.required("fill")?.choice(SectorFill.self)
    let count = map.optional("entriesCount")?.choice(EntriesCount.self)
    return Sector(
      pages: powerOfTwo(map, "pages", 2...64), fillsWhole: fill == .whole,
      basePageOnly: reach == .basePage, entriesCountPages: count == .pages)
  }

  private static func powerOfTwo(
    _ map: YAMLMapping, _ key: String, _ range: ClosedRange<Int>
  ) -> Int {
    let value = map.int(key, range)
    if value.nonzeroBitCount != 1 { map.optional(key)?.report("\(value) is no power of two") }
    return value.nonzeroBitCount == 1 ? value : range.lowerBound
  }

  private static func wayShares(_ value: YAMLValue?, ways: Int) -> [WayShare] {
    guard let value else { return [] }
    var shares: [WayShare] = []
    for pair in value.pairs() {
      let count = pair.value.int(1...TLBGeometry.entryLimit) ?? 1
      if pair.key == "coalesced" {
        shares.append(WayShare(pageSize: nil, ways: count))
      } else if let size = pair.keyValue.pageSize() {
        shares.append(WayShare(pageSize: size, ways: count))
      }
    }
    let sum = shares.map(\.ways).reduce(0, &+)
    if sum != ways { value.report("the shares add up to \(sum) ways, the array has \(ways)") }
    return shares
  }
}
