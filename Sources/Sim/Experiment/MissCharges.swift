/// What a miss is charged to: a section, or the symbols of one place in it.
public struct MissPlace: Hashable, Sendable {
  /// `base`, a module's name, or a memory region.
  public let object: String
  public let section: SectionKind
  /// The symbol there; where the stream tells pages apart and nothing finer, `first … last` of the
  /// page. Nil without a symbol table, or where it has none.
  public let symbol: String?
}

/// Misses charged to one place.
public struct ChargedMisses: Hashable, Sendable {
  /// References that missed every first-level array.
  public var firstLevel: UInt64 = 0
  /// References no level held.
  public var walks: UInt64 = 0
  /// By cause of the last level's miss.
  public var walkCauses = MissCauses()
  /// By array of the machine. An array's causes over all places sum to its misses.
  public var arrays: [MissCauses] = []

  static func - (a: ChargedMisses, b: ChargedMisses) -> ChargedMisses {
    ChargedMisses(
      firstLevel: a.firstLevel - b.firstLevel, walks: a.walks - b.walks,
      walkCauses: a.walkCauses - b.walkCauses,
      arrays: zip(a.arrays, b.arrays).map { $0 - $1 })
  }
}

/// The places of a stream, and which of them each site lies in.
struct MissCharges {
  let places: [MissPlace]
  private let placeOfSite: [Int]

  init(_ table: SiteTable, _ symbols: SymbolTable?) {
    var places = table.sections.sections.map {
      MissPlace(object: $0.object, section: $0.kind, symbol: nil)
    }
    var placeOfSite = table.sites.map { Int($0.section.index) }
    if let names = symbols?.names(of: table) {
      struct Key: Hashable {
        let section: Int
        let symbol: String
      }
      var known: [Key: Int] = [:]
      for (site, name) in names.enumerated() {
        guard let name else { continue }
        let key = Key(section: placeOfSite[site], symbol: name)
        let section = places[key.section]
        let place = known[key] ?? places.count
        if place == places.count {
          places.append(
            MissPlace(object: section.object, section: section.section, symbol: name))
          known[key] = place
        }
        placeOfSite[site] = place
      }
    }
    self.places = places
    self.placeOfSite = placeOfSite
  }

  /// What the misses of a layout's processors so far amount to, place by place.
  func take(_ cpus: [ReplayEngine]) -> [ChargedMisses] {
    let arrays = cpus[0].machine.arrays.count
    var charged = [ChargedMisses](
      repeating: ChargedMisses(arrays: Array(repeating: MissCauses(), count: arrays)),
      count: places.count)
    for cpu in cpus { add(cpu, to: &charged) }
    return charged
  }

  private func add(_ engine: ReplayEngine, to charged: inout [ChargedMisses]) {
    for (place, misses) in zip(placeOfSite, engine.missesBySite) {
      charged[place].firstLevel += UInt64(misses.firstLevel)
      charged[place].walks += UInt64(misses.walks)
    }
    func causes(_ array: Int?) -> [MissCauses] {
      engine.missCauses(array: array, groups: places.count) { placeOfSite[$0] }
    }
    for array in engine.machine.arrays.indices {
      for (place, sum) in causes(array).enumerated() {
        charged[place].arrays[array] = charged[place].arrays[array] + sum
      }
    }
    for (place, sum) in causes(nil).enumerated() {
      charged[place].walkCauses = charged[place].walkCauses + sum
    }
  }
}
