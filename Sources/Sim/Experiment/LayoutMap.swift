/// The address space of one arm: who lies where, on which page size, in which frames.
public struct LayoutMap: Sendable {
  /// One section where this layout put it.
  public struct Place: Sendable {
    /// `base`, a module's name, or a memory region.
    public let object: String
    public let kind: SectionKind
    public let range: AddressRange
    /// Leaf entries that map it, by page size, smallest first. Neighbours may share one.
    public let entries: [LayoutFacts.SizeCount]
    /// Physically contiguous runs behind it.
    public let frameRuns: Int
  }

  /// One mapping, with whoever lies in it.
  public struct Run: Sendable {
    public let mapping: Mapping
    /// Physically contiguous runs of its frames.
    public let frameRuns: Int
    /// Objects with a section in it, in order of address; empty for what nobody occupies.
    public let owners: [String]
  }

  public let arm: String
  public let system: String
  public let facts: LayoutFacts
  /// By address.
  public let places: [Place]
  /// By address.
  public let runs: [Run]
  /// Free blocks by order before the first module was loaded.
  public let memory: FreeCounts
  /// Large direct-map leaves loading modules split.
  public let splitLeaves: Int

  /// The layouts of every arm of `scenario` in one replicate.
  /// - Throws: when a module finds no room.
  public static func all(
    _ scenario: Scenario, replicate: Int = 0
  ) throws(InputError) -> [LayoutMap] {
    let sections = LayoutMap.sections(scenario)
    let world = World(scenario, replicate: replicate, sections: sections)
    var maps: [LayoutMap] = []
    for arm in scenario.arms {
      do {
        let built = try world.layout(arm, placingRegions: true)
        maps.append(LayoutMap(arm, built, sections, world.memory(arm.profile).freeCounts))
      } catch {
        throw InputError(file: scenario.file, "\(arm.profile.id): \(error.description)")
      }
    }
    return maps
  }

  /// The base image's regions, what every module keeps, and the memory around them.
  private static func sections(_ scenario: Scenario) -> SectionTable {
    var table = SectionTable()
    for region in scenario.image.regions {
      _ = table.append(Section(object: "base", kind: region.kind, size: region.size))
    }
    for module in scenario.modules {
      for kind in World.linkedKinds where module.sections.size(of: kind) > 0 {
        let size = module.sections.size(of: kind)
        _ = table.append(Section(object: module.name, kind: kind, size: size))
      }
    }
    let page = PageSize.base4K.bytes
    let regions = [
      ("direct", scenario.memory.bytes), ("vmalloc", 320 * page), ("percpu", 64 * page),
      ("vmemmap", max(page, scenario.memory.bytes / 64)),
    ]
    for (name, size) in regions {
      _ = table.append(Section(object: name, kind: .region, size: size))
    }
    return table
  }

  private init(
    _ arm: ArmPlan, _ built: ArmLayout, _ sections: SectionTable, _ memory: FreeCounts
  ) {
    self.arm = arm.name
    system = arm.profile.id
    facts = built.facts
    self.memory = memory
    splitLeaves = built.splitLeaves
    let space = built.layout.space
    var places: [Place] = []
    for (index, section) in sections.sections.enumerated() where section.size > 0 {
      for range in built.layout.extents(of: SectionID(index), size: section.size) {
        places.append(
          Place(
            object: section.object, kind: section.kind, range: range,
            entries: space.entries(in: range).map { .init(size: $0.size, count: $0.count) },
            frameRuns: LayoutMap.frameRuns(space, range)))
      }
    }
    self.places = places.sorted { ($0.range, $0.object) < ($1.range, $1.object) }
    runs = LayoutMap.runs(space, self.places)
  }

  /// Walks mappings and places side by side, both by address.
  private static func runs(_ space: AddressSpace, _ places: [Place]) -> [Run] {
    var first = 0
    return space.mappings.map { mapping in
      while first < places.count, places[first].range.upper <= mapping.range.lower { first += 1 }
      var owners: [String] = []
      var at = first
      while at < places.count, places[at].range.lower < mapping.range.upper {
        let place = places[at]
        if place.range.overlaps(mapping.range), owners.last != place.object {
          owners.append(place.object)
        }
        at += 1
      }
      return Run(
        mapping: mapping, frameRuns: frameRuns(mapping, mapping.range), owners: owners)
    }
  }

  private static func frameRuns(_ space: AddressSpace, _ range: AddressRange) -> Int {
    var runs = 0
    var address = range.lower
    while address < range.upper, let mapping = space.mapping(at: address) {
      runs += frameRuns(mapping, range)
      address = mapping.range.upper
    }
    return runs
  }

  /// Physically contiguous runs of the part of a mapping that holds some of `range`.
  private static func frameRuns(_ mapping: Mapping, _ range: AddressRange) -> Int {
    if case .contiguous = mapping.backing { return 1 }
    let size = mapping.pageSize
    let lower = max(size.floor(range.lower), mapping.range.lower)
    let upper = min(size.ceil(range.upper), mapping.range.upper)
    let first = Int((lower - mapping.range.lower) >> UInt64(size.shift))
    let end = Int((upper - mapping.range.lower) >> UInt64(size.shift))
    guard case .scattered(let frames) = mapping.backing else { return end - first }
    var runs = 0
    for index in first..<end
    where index == first || frames[index] != frames[index - 1] &+ size.bytes { runs += 1 }
    return runs
  }
}
