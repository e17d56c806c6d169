public import ArgumentParser
public import Sim

extension CrossingRule: ExpressibleByArgument {}

/// The translation hardware of `kfrag tlb`: a machine, or geometries by hand.
struct HierarchyOptions: ParsableArguments {
  @Option(
    name: .long, help: ArgumentHelp("A machine's name or YAML file.", valueName: "machine"),
    completion: .machines)
  var machine: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "First level, fetches: ENTRIESxWAYS[:POLICY[:INDEX]].", valueName: "geometry"))
  var l1i: String?

  @Option(name: .long, help: ArgumentHelp("First level, loads and stores.", valueName: "geometry"))
  var l1d: String?

  @Option(
    name: .long, help: ArgumentHelp("First level of both sides in one.", valueName: "geometry"))
  var l1: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Second level, of both sides in one.", valueName: "geometry"))
  var l2: String?

  init() {}

  func validate() throws {
    let byHand = l1i ?? l1d ?? l1
    let given = [("--l1i", l1i), ("--l1d", l1d), ("--l1", l1), ("--l2", l2)].filter { $0.1 != nil }
    if machine != nil, let first = given.first {
      throw ValidationError("--machine and \(first.0) exclude each other")
    }
    if (machine == nil) == (byHand == nil) {
      throw ValidationError(
        "give --machine, or geometries by hand, e.g. --l1i 64x4 --l1d 64x4 --l2 1536x12")
    }
    if l1 != nil, l1i != nil || l1d != nil {
      throw ValidationError("--l1 is both sides' first level; leave out --l1i and --l1d")
    }
    _ = try [l1i, l1d, l1, l2].map { try $0.map(HierarchyOptions.geometry) }
  }

  static func geometry(_ text: String) throws -> TLBGeometry {
    do { return try TLBGeometry(text) } catch { throw ValidationError(error.description) }
  }

  /// The machine meant. Geometries by hand hold every size of `sizes` in one array.
  func resolved(sizes: [PageSize]) throws -> Machine {
    if let machine { return try MachineCatalog.machine(machine) }
    var arrays: [TLBArray] = []
    func add(_ name: String, _ level: Int, _ side: ArraySide, _ text: String?) throws {
      guard let text else { return }
      arrays.append(
        TLBArray(
          name: name, level: level, side: side, pageSizes: sizes,
          geometry: try HierarchyOptions.geometry(text), evidence: .assumed))
    }
    try add("L1", 1, .unified, l1)
    try add("L1I", 1, .instruction, l1i)
    try add("L1D", 1, .data, l1d)
    let secondSide: ArraySide =
      l1 != nil || (l1i != nil && l1d != nil) ? .unified : l1i != nil ? .instruction : .data
    try add("L2", 2, secondSide, l2)
    var machine = Machine(id: "by-hand", name: "geometries by hand", arrays: arrays)
    machine.pageSizes = sizes
    return machine
  }

  /// The machine meant, for a trace bound to pages of one size.
  /// - Throws: when the machine has no such pages.
  func resolved(size: PageSize) throws -> Machine {
    let found = try resolved(sizes: [size])
    guard found.pageSizes.contains(size) else {
      let known = found.pageSizes.map(\.description).joined(separator: ", ")
      throw InputError(file: found.id, "has no \(size) pages; it knows \(known)")
    }
    return found
  }

  /// The levels one side's references see, when all are geometries by hand.
  func levels(_ kind: AccessKind) throws -> [TLBGeometry]? {
    guard machine == nil else { return nil }
    guard let first = l1 ?? (kind == .fetch ? l1i : l1d) else { return nil }
    return try [first, l2].compactMap { try $0.map(HierarchyOptions.geometry) }
  }
}
