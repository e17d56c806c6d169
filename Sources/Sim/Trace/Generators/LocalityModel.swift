/// The sections, sites and units a stream made from a `LocalityFit` refers to.
public struct LocalityModel: Sendable {
  /// What there is to refer to, by size.
  public struct Universe: Sendable {
    public var text: UInt64
    /// Base image sections of data, in order.
    public var data: [(kind: SectionKind, size: UInt64)]
    public var modules: [(name: String, sections: [(kind: SectionKind, size: UInt64)])]
    public var memoryBytes: UInt64

    /// The kernel image and modules of an experiment.
    public init(image: BaseImage, modules list: [KernelModule], memoryBytes: UInt64) {
      text = image.size(of: .text)
      data = [.rodata, .data, .bss].map { ($0, image.size(of: $0)) }
      modules = list.map { module in
        let kinds: [SectionKind] = [.text, .rodata, .roAfterInit, .data]
        return (module.name, kinds.map { ($0, module.sections.size(of: $0)) })
      }
      self.memoryBytes = memoryBytes
    }

    /// The kernel a recording was made of.
    public init(_ description: StreamDescription) {
      text = 0
      data = []
      modules = []
      memoryBytes = PageSize.large2M.bytes
      let table = description.table
      // Bytes in use end with the highest site; regions reach as far as they were named.
      var highest = Array(repeating: UInt64(0), count: table.sections.count)
      for site in table.sites {
        let index = Int(site.section.index)
        highest[index] = max(highest[index], site.offset + PageSize.base4K.bytes)
      }
      for (index, section) in table.sections.sections.enumerated() {
        let size = max(section.size, section.kind == .region ? highest[index] : 1)
        switch SitePlaces.memoryClass(section) {
        case .baseText: text = max(text, size)
        case .baseData: data.append((section.kind, size))
        case .direct: memoryBytes = max(memoryBytes, size)
        case .moduleText, .moduleData:
          guard section.kind != .region else { continue }
          if let at = modules.firstIndex(where: { $0.name == section.object }) {
            modules[at].sections.append((section.kind, size))
          } else {
            modules.append((section.object, [(section.kind, size)]))
          }
        default: break
        }
      }
    }
  }

  public let table: SiteTable
  /// Sites of every unit.
  let units: [[UInt32]]
  let classOfUnit: [UInt8]
  /// Units of the code side and of the data side, in the order they are first in the stacks.
  let order: [[Int32]]

  /// Draws which pages are in use, as many as in the recording where there are so many.
  public init(fit: LocalityFit, universe: Universe, seed: Seed) {
    var draft = LocalityDraft(fit: fit, universe: universe, seed: seed)
    draft.code()
    draft.regions()
    draft.data()
    table = draft.builder.table
    units = draft.units
    classOfUnit = draft.classOfUnit
    order = [draft.order(isCode: true), draft.order(isCode: false)]
  }

  /// Units of a class.
  func count(_ memory: LocalityFit.MemoryClass) -> Int {
    let index = UInt8(LocalityFit.index(memory))
    return classOfUnit.reduce(0) { $0 + ($1 == index ? 1 : 0) }
  }
}

/// A model while it is drawn.
private struct LocalityDraft {
  private typealias Class = LocalityFit.MemoryClass

  let fit: LocalityFit
  let universe: LocalityModel.Universe
  let seed: Seed
  var builder = SiteBuilder()
  var units: [[UInt32]] = []
  var classOfUnit: [UInt8] = []
  private let page = PageSize.base4K.bytes

  init(fit: LocalityFit, universe: LocalityModel.Universe, seed: Seed) {
    self.fit = fit
    self.universe = universe
    self.seed = seed
  }

  private mutating func add(_ memory: Class, _ sites: [UInt32]) {
    units.append(sites)
    classOfUnit.append(UInt8(LocalityFit.index(memory)))
  }

  /// `count` distinct pages of `total`, drawn.
  private func pages(_ count: Int, of total: Int, _ random: inout Xoshiro) -> [UInt64] {
    guard count < total else { return (0..<UInt64(total)).map { $0 } }
    // Floyd's sampling: as many draws as pages wanted.
    var taken: Set<Int> = []
    var drawn: [UInt64] = []
    for last in (total - count)..<total {
      let one = random.below(last + 1)
      let page = taken.insert(one).inserted ? one : last
      if page == last { taken.insert(last) }
      drawn.append(UInt64(page))
    }
    return drawn
  }

  private mutating func singles(
    _ memory: Class, _ section: SectionID, _ count: Int, _ random: inout Xoshiro
  ) {
    let total = Int(PageSize.base4K.count(builder.table.sections[section].size))
    for number in pages(count, of: total, &random) {
      add(memory, [builder.site(section, number * page)])
    }
  }

  mutating func code() {
    let text = builder.section("base", .text, universe.text)
    var random = seed.stream("base text pages").generator()
    large(.baseText, text, &random)
    for module in universe.modules {
      var random = seed.stream("pages of \(module.name)").generator()
      for (kind, size) in module.sections where size > 0 {
        let isText = kind == .text || kind == .initText
        let memory: Class = isText ? .moduleText : .moduleData
        let id = builder.section(module.name, kind, size)
        let share = Double(PageSize.base4K.count(size)) * fit[memory].touchedShare
        singles(memory, id, max(1, Int(share.rounded())), &random)
      }
    }
  }

  mutating func data() {
    var random = seed.stream("base data pages").generator()
    let sizes = universe.data.filter { $0.size > 0 }
    let total = sizes.reduce(0) { $0 + $1.size }
    for (kind, size) in sizes {
      let id = builder.section("base", kind, size)
      let share = Double(fit[.baseData].pages) * Double(size) / Double(total)
      singles(.baseData, id, Int(share.rounded()), &random)
    }
  }

  mutating func regions() {
    var random = seed.stream("region pages").generator()
    let direct = builder.section("direct", .region, universe.memoryBytes)
    large(.direct, direct, &random)
    // Four pages of every five: kernel stacks have a guard page behind them.
    let stacks = UInt64(fit[.vmalloc].pages)
    let stack = builder.section("vmalloc", .region, max(1, (stacks + 3) / 4 * 5) * page)
    for index in 0..<stacks {
      add(.vmalloc, [builder.site(stack, (index / 4 * 5 + index % 4) * page)])
    }
    for (name, memory) in [("user", Class.user), ("percpu", .perCPU)] {
      let count = UInt64(fit[memory].pages)
      let section = builder.section(name, .region, max(1, count) * page)
      for index in 0..<count { add(memory, [builder.site(section, index * page)]) }
    }
    // 64 bytes of `struct page` a frame.
    let map = builder.section("vmemmap", .region, max(page, universe.memoryBytes / 64))
    large(.vmemmap, map, &random)
  }

  /// Stretches of 2 MiB with equally many pages in use in each.
  private mutating func large(_ memory: Class, _ section: SectionID, _ random: inout Xoshiro) {
    let size = builder.table.sections[section].size
    let stretches = Int(PageSize.large2M.count(size))
    let count = min(fit[memory].units, stretches)
    guard count > 0 else { return }
    let each = max(1, fit[memory].pages / max(1, fit[memory].units))
    for stretch in pages(count, of: stretches, &random) {
      let start = stretch * PageSize.large2M.bytes
      let inside = Int(min(512, (size - start) / page))
      guard inside > 0 else { continue }
      let sites = pages(min(each, inside), of: inside, &random).map {
        builder.site(section, start + $0 * page)
      }
      add(memory, sites)
    }
  }

  /// The units of a side without order, but that those of one module stay together.
  func order(isCode: Bool) -> [Int32] {
    var random = seed.stream(isCode ? "order of code" : "order of data").generator()
    let own = Class.side(isCode).map { UInt8(LocalityFit.index($0)) }
    var ids = classOfUnit.indices.filter { own.contains(classOfUnit[$0]) }.map { Int32($0) }
    random.shuffle(&ids)
    let together = UInt8(LocalityFit.index(isCode ? .moduleText : .moduleData))
    // Modules in a drawn order, in the places the shuffle gave module pages.
    var rank: [UInt32: UInt64] = [:]
    func key(_ id: Int32) -> UInt32 {
      builder.table.sites[Int(units[Int(id)][0])].section.index
    }
    for id in ids where classOfUnit[Int(id)] == together && rank[key(id)] == nil {
      rank[key(id)] = random.next()
    }
    var grouped = ids.filter { classOfUnit[Int($0)] == together }
    grouped.sort { (rank[key($0)] ?? 0, $0) < (rank[key($1)] ?? 0, $1) }
    var next = grouped.makeIterator()
    return ids.map { classOfUnit[Int($0)] == together ? next.next() ?? $0 : $0 }
  }
}
