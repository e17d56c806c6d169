/// Reads one machine description strictly: every key expected, every value with its evidence,
/// every geometry possible. All problems of a file are reported at once, with their place.
public enum MachineReader {
  /// A machine and the text it resolves to once inheritance is applied.
  public struct Resolved: Sendable {
    public var machine: Machine
    /// The description as YAML, inherited values filled in.
    public var yaml: String
  }

  /// How deep machines may inherit from each other.
  static let inheritanceLimit = 8

  /// Reads `text`; `parent` yields the text of the machine an `inherits:` names.
  ///
  /// - Throws: all that is wrong with the file.
  public static func read(
    _ text: String, file: String,
    parent: (String) throws(InputError) -> String = MachineCatalog.text(of:)
  ) throws(InputError) -> Resolved {
    let document = try StrictYAML(text: text, file: file)
    let whole = try inherited(document, parent: parent, depth: 0)
    let machine = whole.mapping { MachineReader.machine($0) }
    try document.finish()
    guard let machine else { throw InputError(file: file, "the machine could not be read") }
    let inherits = document.root.pairs().contains { $0.key == "inherits" }
    return Resolved(machine: machine, yaml: inherits ? whole.yamlText() : text)
  }

  private static func inherited(
    _ document: StrictYAML, parent: (String) throws(InputError) -> String, depth: Int
  ) throws(InputError) -> YAMLValue {
    let root = document.root
    guard root.isMapping, let named = root.pairs().first(where: { $0.key == "inherits" })?.value,
      let name = named.string()
    else { return root }
    guard depth < inheritanceLimit else {
      named.report("more than \(inheritanceLimit) machines inherit from each other here")
      try document.finish()
      return root
    }
    let text: String
    do {
      text = try parent(name)
    } catch {
      let why = error.diagnostics.first?.message ?? "it cannot be read"
      named.report("cannot inherit from '\(name)': \(why)")
      try document.finish()
      return root
    }
    let above = try StrictYAML(text: text, file: name)
    let base = try inherited(above, parent: parent, depth: depth + 1)
    return root.without("inherits").overlaying(base)
  }

  private static func machine(_ map: YAMLMapping) -> Machine? {
    let id = map.string("id")
    var machine = Machine(id: id, name: map.string("name"), arrays: [])
    machine.family = map.string("family")
    machine.year = map.int("year", 1940...2100, default: 0)
    machine.isa = map.string("isa")
    machine.pageSizes = pageSizes(map.required("pageSizes"))
    addressSpaces(map.required("addressSpaces"), into: &machine)
    map.required("walk")?.mapping { walk($0, into: &machine) }
    if let fill = map.optional("fill") { machine.fill = fill.mapping(fillRules) }
    machine.arrays = arrays(map.required("arrays"), pageSizes: machine.pageSizes)
    checkCoverage(map, machine)
    machine.costs = map.required("costs")?.mapping { costs($0, machine) } ?? WalkCosts()
    extras(map, into: &machine)
    machine.notes = map.string("notes", default: "")
    for pair in map.optional("kernelMapping")?.pairs() ?? [] {
      if pair.key == "evidence" {
        _ = pair.value.choice(Evidence.self)
      } else if let how = pair.value.string() {
        machine.kernelMapping.append((pair.key, how))
      }
    }
    for pair in map.required("sources")?.pairs() ?? [] {
      machine.sources.append(Citation(key: pair.key, meaning: pair.value.string() ?? ""))
    }
    return machine
  }

  /// Page sizes in ascending order, each once.
  static func pageSizes(_ value: YAMLValue?) -> [PageSize] {
    guard let value else { return [] }
    var sizes: [PageSize] = []
    for item in value.list() {
      guard let size = item.pageSize() else { continue }
      if sizes.contains(size) { item.report("page size \(size) is listed twice") }
      sizes.append(size)
    }
    if value.isSequence, sizes.isEmpty { value.report("'\(value.path)' lists no page size") }
    return Array(Set(sizes)).sorted()
  }

  private static func addressSpaces(_ value: YAMLValue?, into machine: inout Machine) {
    value?.mapping { map in
      machine.asidBits = map.int("tagBits", 0...64)
      machine.asidSlots = map.int("slots", 0...4096, default: 0)
      machine.hasGlobalBit = map.bool("globalBit")
      machine.asidEvidence = evidence(map)
    }
  }

  /// The `evidence` key every stated value carries.
  static func evidence(_ map: YAMLMapping) -> Evidence {
    map.required("evidence")?.choice(Evidence.self) ?? .assumed
  }

  private static func checkCoverage(_ map: YAMLMapping, _ machine: Machine) {
    guard !machine.arrays.isEmpty else { return }
    for size in machine.pageSizes
    where !machine.arrays.contains(where: { $0.entrySize(size) != nil }) {
      let held = Array(Set(machine.arrays.flatMap(\.pageSizes))).sorted()
      map.optional("pageSizes")?.report(
        "no array holds \(size) pages; the arrays hold "
          + held.map(\.description).joined(separator: ", ")
          + ": add \(size) to an array or set its splintersLarger")
    }
  }
}
