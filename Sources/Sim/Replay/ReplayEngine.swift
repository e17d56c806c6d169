/// Replays one reference stream under one binding on one machine, exactly.
///
/// Every array is a filter over blocks of records: what misses in one level, in program order, is
/// what the next level sees. That is exact because no level changes what an earlier one does.
/// Runs are collapsed: repeats hit, and count in the first level's lookups.
@safe public final class ReplayEngine {
  // Safe: tables have a word for every site reserved and are freed in `deinit`, as are units,
  // walks, scratch and sums, which nothing else keeps.
  public let machine: Machine
  let options: ReplayOptions
  let plan: LevelPlan
  var units: [TLBUnit] = []
  var walks: PageWalker
  /// The entry-by-entry model, for machines the block filters cannot express.
  let detail: DetailedMMU?
  /// Page keys by level and kind; rows that would be equal are shared.
  var tables: [[UnsafeMutablePointer<UInt64>]] = unsafe []
  var ownedTables: [UnsafeMutablePointer<UInt64>] = unsafe []
  var tableCapacity = 0
  var siteCount = 0
  /// Sites that stand for two others.
  var pairs: [(first: UInt32, second: UInt32)] = []
  var translationOfSite: [UInt32] = []
  let scratch: BlockScratch
  /// Added to the tags of pages that are not global: which address space runs.
  var spaceOffset: UInt32 = 0
  var spaces = SpaceSlots()
  /// By unit: the spaces it keeps, where that differs from the machine's.
  var retained: [RetainedSpaces?] = []
  var sums: ReplaySums
  /// Positions the last level left unanswered.
  var lastCount = 0
  /// Nil unless `ReplayOptions.labelsMisses`.
  let labels: MissLabeller?
  /// By site; empty unless `ReplayOptions.attributesSites`.
  public internal(set) var missesBySite: [SiteMisses] = []

  /// - Throws: `InputError` when the machine cannot be simulated, or holds no array for a page.
  public init(machine: Machine, binding: Binding, options: ReplayOptions = ReplayOptions()) throws {
    self.machine = machine
    self.options = options
    plan = LevelPlan(machine)
    walks = PageWalker(machine)
    detail =
      options.needsDetail || machine.needsDetailedModel
      ? try DetailedMMU(machine, options: options) : nil
    labels = options.labelsMisses ? MissLabeller(arrays: machine.arrays.count) : nil
    detail?.labels = labels
    scratch = BlockScratch(routes: plan.routes.rows)
    sums = ReplaySums(routes: plan.routes.rows)
    if machine.asidBits > 0 {
      let named = 1 << min(machine.asidBits, 16)
      spaces = SpaceSlots(
        limit: min(TLBUnit.spaceLimit, named, machine.asidSlots > 0 ? machine.asidSlots : named))
    }
    guard plan.shapes.count < 250 else {
      throw InputError(file: "machine \(machine.id)", "more than 250 arrays and way shares")
    }
    for (i, shape) in plan.shapes.enumerated() {
      let first = plan.shapes.firstIndex { $0.array == shape.array } ?? i
      let seed = ReplayEngine.seed(options.seed, array: shape.array)
      let own = i == first ? seed : Seed(seed).stream(i - first).value
      do {
        units.append(try TLBUnit(machine.arrays[shape.array], shape, seed: own))
      } catch {
        throw InputError(file: "machine \(machine.id)", error.description)
      }
    }
    retained = plan.shapes.map { shape in
      machine.arrays[shape.array].asidSlots.map { RetainedSpaces(limit: $0) }
    }
    try rebind(binding)
  }

  /// What an array's random replacement starts from.
  static func seed(_ seed: UInt64, array: Int) -> UInt64 {
    Seed(seed).stream("array").stream(array).value
  }

  deinit {
    for unit in units { unit.deallocate() }
    for index in unsafe ownedTables.indices { unsafe ownedTables[index].deallocate() }
    walks.deallocate()
    scratch.deallocate()
    sums.deallocate()
  }

  /// Replaces the binding; what the arrays hold stays until it is flushed.
  public func rebind(_ binding: Binding) throws {
    if let detail {
      detail.rebind(binding)
      siteCount = detail.pages.siteCount
      labels?.reserve(sites: siteCount + 1)
      growAttribution()
      return
    }
    siteCount = 0
    translationOfSite.removeAll(keepingCapacity: true)
    pairs.removeAll()
    walks.forget()
    try extend(binding)
  }

  /// Adds sites after those already bound: `binding` speaks of the new ones only, its translation
  /// indices count from 0.
  public func extend(_ binding: Binding) throws {
    if let detail {
      detail.extend(binding)
      siteCount = detail.pages.siteCount
      labels?.reserve(sites: siteCount + 1)
      growAttribution()
      return
    }
    let sites = binding.translationOfSite.count
    try reserve(siteCount + sites)
    let compiler = BindingCompiler(machine: machine, plan: plan)
    var coalescing = [[UInt8]?](repeating: nil, count: machine.arrays.count)
    for level in 0..<plan.count {
      for kind in AccessKind.allCases where plan.twin(level, kind) == Int(kind.rawValue) {
        let rules = try compiler.rules(
          binding, level: level, kind: kind, units: &units, coalescing: &coalescing)
        try unsafe fill(tables[level][Int(kind.rawValue)], rules, binding, compiler)
      }
    }
    let firstTranslation = UInt32(walks.count)
    walks.append(binding.translations)
    let known = UInt32(binding.translations.count)
    translationOfSite += binding.translationOfSite.map { $0 < known ? $0 + firstTranslation : .max }
    siteCount += sites
    labels?.reserve(sites: siteCount + 1)
    labels?.reserve(units, tagged: machine.asidBits > 0)
    growAttribution()
    growSectors()
  }

  private func growAttribution() {
    guard options.attributesSites, missesBySite.count < siteCount + 1 else { return }
    missesBySite += Array(repeating: SiteMisses(), count: siteCount + 1 - missesBySite.count)
  }

  /// Adds a site that stands for one access over two sites' pages: one lookup a level, which
  /// misses when either page does and goes on with both.
  public func appendPair(_ first: UInt32, _ second: UInt32) throws {
    guard detail == nil, labels == nil else {
      throw InputError(
        file: "machine \(machine.id)", "an access over two pages makes two lookups here")
    }
    guard Int(max(first, second)) < siteCount else { return }
    try reserve(siteCount + 1)
    let pair = PageKey.pseudo(plan.routes.pair, tag: UInt32(pairs.count))
    for index in unsafe ownedTables.indices {
      let table = unsafe ownedTables[index]
      unsafe table[siteCount] = pair
      unsafe table[siteCount + 1] = PageKey.pseudo(plan.routes.unbound)
    }
    pairs.append((first, second))
    translationOfSite.append(translationOfSite[Int(first)])
    siteCount += 1
    if options.attributesSites { missesBySite.append(SiteMisses()) }
  }

  /// Makes room for `sites` sites and the row of what is not bound.
  private func reserve(_ sites: Int) throws {
    guard sites < Int(UInt32.max) else {
      throw InputError(file: "machine \(machine.id)", "more than 2^32 sites")
    }
    guard sites + 1 > tableCapacity else { return }
    let capacity = max(sites + 1, tableCapacity * 2)
    var owned: [UnsafeMutablePointer<UInt64>] = unsafe []
    var grown: [[UnsafeMutablePointer<UInt64>]] = unsafe []
    for level in 0..<plan.count {
      var row: [UnsafeMutablePointer<UInt64>] = unsafe []
      for kind in AccessKind.allCases {
        let twin = plan.twin(level, kind)
        if unsafe twin < row.count {
          unsafe row.append(row[twin])
          continue
        }
        let table = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
        unsafe table.initialize(
          repeating: PageKey.pseudo(plan.routes.unbound), count: capacity)
        if unsafe !tables.isEmpty {
          unsafe table.update(from: tables[level][row.count], count: siteCount)
        }
        unsafe owned.append(table)
        unsafe row.append(table)
      }
      unsafe grown.append(row)
    }
    for index in unsafe ownedTables.indices { unsafe ownedTables[index].deallocate() }
    unsafe ownedTables = owned
    unsafe tables = grown
    tableCapacity = capacity
  }

  /// Writes the keys of the new sites behind the known ones.
  private func fill(
    _ table: UnsafeMutablePointer<UInt64>, _ rules: [BindingCompiler.PageKeyRule],
    _ binding: Binding, _ compiler: BindingCompiler
  ) throws {
    let unbound = PageKey.pseudo(plan.routes.unbound)
    let rows = unsafe table + siteCount
    for site in binding.translationOfSite.indices {
      let t = Int(binding.translationOfSite[site])
      guard t < rules.count else {
        unsafe rows[site] = unbound
        continue
      }
      switch rules[t] {
      case .whole(let key): unsafe rows[site] = key
      case .pieces(let array, let piece):
        let address = binding.addressOfSite[site]
        unsafe rows[site] = try compiler.key(
          array: array, address: address, size: piece, entryShift: piece.shift,
          isGlobal: binding.translations[t].isGlobal, units: &units)
      }
    }
    unsafe rows[binding.translationOfSite.count] = unbound
  }

  private func growSectors() {
    for i in units.indices where units[i].hasValidBits {
      let spaces = machine.asidBits > 0 ? spaces.limit : 1
      let stride = machine.asidBits > 0 ? Int(TLBUnit.spaceStride >> TLBUnit.sectorBits) : 0
      units[i].growSectors(to: stride * (spaces - 1) + units[i].entries.count)
    }
  }
}
