/// Routes beyond the machine's units.
struct PseudoRoutes {
  /// Held by a locked entry or a block register: never looked up.
  let locked: Int
  /// No array of this level serves the page: on to the next level.
  let pass: Int
  /// The site lies on no mapped page: counted, not looked up.
  let unbound: Int
  /// The site stands for two; the payload says which.
  let pair: Int
  init(units: Int) {
    locked = units
    pass = units + 1
    unbound = units + 2
    pair = units + 3
  }
  /// Rows a route may name.
  var rows: Int { pair + 1 }
}

/// Which arrays serve which kind of reference at which level, and the units arrays consist of:
/// fixed for a machine.
struct LevelPlan {
  /// By level, by access kind: arrays tried in the machine's order.
  private(set) var candidates: [[[Int]]] = []
  /// By access kind: the first level that serves it.
  private(set) var firstLevel: [Int] = []
  /// One an array, or one a way share.
  let shapes: [UnitShape]
  let routes: PseudoRoutes

  init(_ machine: Machine) {
    shapes = machine.arrays.indices.flatMap { UnitShape.shapes(machine.arrays[$0], $0) }
    routes = PseudoRoutes(units: shapes.count)
    for level in Array(Set(machine.arrays.map(\.level))).sorted() {
      candidates.append(
        AccessKind.allCases.map { kind in
          machine.arrays.indices.filter {
            machine.arrays[$0].level == level && machine.arrays[$0].side.serves(kind)
          }
        })
    }
    firstLevel = AccessKind.allCases.map { kind in
      candidates.firstIndex { !$0[Int(kind.rawValue)].isEmpty } ?? 0
    }
  }

  var count: Int { candidates.count }

  /// The first kind that has the same arrays as `kind` at `level`: they share one table.
  func twin(_ level: Int, _ kind: AccessKind) -> Int {
    let own = Int(kind.rawValue)
    return candidates[level].firstIndex(of: candidates[level][own]) ?? own
  }

  /// The unit of `array` that takes entries of `size`.
  func unit(_ array: Int, _ size: PageSize, coalesced: Bool) -> Int {
    let own = shapes.indices.filter { shapes[$0].array == array }
    return own.first { shapes[$0].takes(size, coalesced) }
      ?? own.first { shapes[$0].share == nil } ?? own[0]
  }
}

/// One separately replaced part of an array: all of it, or the ways kept for one class of pages.
struct UnitShape {
  let array: Int
  let share: WayShare?
  let sets: Int
  let ways: Int

  static func shapes(_ array: TLBArray, _ index: Int) -> [UnitShape] {
    let tags = array.tags
    let ways = min(array.geometry.ways, tags)
    let sets = max(1, tags / ways)
    var shapes = array.wayShares.map {
      UnitShape(array: index, share: $0, sets: sets, ways: $0.ways)
    }
    let rest = ways - array.wayShares.reduce(0) { $0 + $1.ways }
    if rest > 0 || shapes.isEmpty {
      shapes.append(UnitShape(array: index, share: nil, sets: sets, ways: rest))
    }
    return shapes
  }

  func takes(_ size: PageSize, _ coalesced: Bool) -> Bool {
    guard let share else { return false }
    return coalesced ? share.pageSize == nil : share.pageSize == size
  }
}
