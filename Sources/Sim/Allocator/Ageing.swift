/// Drives a zone to the steady state of a machine in use. See `AgeingParameters` for the model.
///
/// Keep the value to go on allocating under the same pressure: `reclaim` gives cache back.
public struct Ageing: Sendable {
  /// One live allocation.
  struct Block: Sendable {
    let frame: UInt32
    let order: UInt8
  }

  /// Who owns memory. `cache` comes last: it takes what the others leave.
  enum Class: Int, CaseIterable {
    case unmovable, reclaimable, anonymous, cache

    var type: MigrateType {
      switch self {
      case .unmovable: .unmovable
      case .reclaimable: .reclaimable
      case .anonymous, .cache: .movable
      }
    }
  }

  public let parameters: AgeingParameters

  /// Pages each class holds now, `cache` last.
  public var heldPages: [(owner: String, pages: UInt64)] {
    Class.allCases.map { ("\($0)", pages[$0.rawValue]) }
  }

  /// Allocations made while ageing.
  public private(set) var allocations: UInt64 = 0

  private var random: Xoshiro
  /// Blocks of each class that can be given back, oldest first as far as removals allow.
  private var live: [[Block]] = Array(repeating: [], count: Class.allCases.count)
  private var longLivedBlocks = [UInt64](repeating: 0, count: Class.allCases.count)
  private var pages = [UInt64](repeating: 0, count: Class.allCases.count)

  public init(_ parameters: AgeingParameters, seed: Seed) {
    self.parameters = parameters
    random = seed.stream("ageing").generator()
  }

  /// Most frames that are aged page by page: 16 GiB.
  public static let windowFrames: UInt64 = 1 << 22

  /// Ages a zone that has just booted and leaves it at the parameters' fill level.
  ///
  /// Memory beyond the window is not aged page by page, so that a machine of a terabyte costs no
  /// more than one of 16 GiB: it stays free where the parameters have no turnover, and else is
  /// held in largest blocks, as processes hold it in huge pages. Shares are of the window then.
  public static func age(
    _ zone: inout some PageSource, _ parameters: AgeingParameters, seed: Seed,
    windowFrames: UInt64 = Ageing.windowFrames
  ) -> Ageing {
    var ageing = Ageing(parameters, seed: seed)
    ageing.run(&zone, windowFrames)
    return ageing
  }

  /// Pages of page cache that `reclaim` can still give back.
  public var reclaimablePages: UInt64 { pages[Class.cache.rawValue] }

  /// Gives cache back until `frames` frames are free or no cache is left.
  public mutating func reclaim(_ zone: inout some PageSource, untilFree frames: UInt64) {
    while zone.freeFrames < frames && !live[Class.cache.rawValue].isEmpty {
      reclaimRun(&zone)
    }
    zone.reclaimDone()
  }

  /// Single pages of processes and cache: what compaction may move.
  public var movablePages: [FrameNumber] {
    [Class.anonymous, .cache].flatMap { kind in
      live[kind.rawValue].filter { $0.order == 0 }.map { FrameNumber(UInt64($0.frame)) }
    }
  }

  private mutating func run(_ zone: inout some PageSource, _ windowFrames: UInt64) {
    if parameters.turnover > 0 {
      while zone.freeFrames > windowFrames,
        zone.takePages(BuddyAllocator.maxOrder, .movable) != nil
      {}
    }
    let available = zone.freeFrames
    let managed = Double(min(available, windowFrames))
    let target = UInt64(managed * parameters.fill)
    let lowWatermark = UInt64(managed * 0.01) + 1
    var budget = UInt64(managed * (parameters.fill + parameters.turnover))
    let share = [parameters.unmovable, parameters.reclaimable, parameters.anonymous]
    let targets = share.map { UInt64(managed * $0) }
    // Classes are drawn by their share, and a draw of cache takes a whole file: until memory turns
    // over often the others stay below what they may hold.
    while budget > 0 {
      let used = available - zone.freeFrames
      if parameters.turnover == 0 && used >= target { break }
      let kind = draw(share)
      let taken = grow(kind, &zone)
      budget -= min(budget, max(taken, 1))
      if kind != .cache && pages[kind.rawValue] > targets[kind.rawValue] { shrink(kind, &zone) }
      if zone.freeFrames < lowWatermark {
        reclaim(&zone, untilFree: lowWatermark * 2)
        if zone.freeFrames < lowWatermark { shrink(kind, &zone) }
      }
    }
    reclaim(&zone, untilFree: available - target)
    while available - min(available, zone.freeFrames) < target {
      let missing = Int(target - (available - zone.freeFrames))
      if take(.cache, 0, count: min(missing, geometric(parameters.cacheRun)), &zone) == 0 { break }
    }
  }

  /// A class by its traffic: kernel and process memory turn over faster than their size says.
  private mutating func draw(_ share: [Double]) -> Class {
    var at = random.unit()
    for kind in [Class.unmovable, .reclaimable, .anonymous] {
      at -= share[kind.rawValue]
      if at < 0 { return kind }
    }
    return .cache
  }

  /// One allocation burst of a class; returns the pages it took.
  private mutating func grow(_ kind: Class, _ zone: inout some PageSource) -> UInt64 {
    switch kind {
    case .unmovable:
      // Page tables and vmalloc take single pages, slabs and kernel stacks orders 1 to 3.
      let order = random.unit() < 0.6 ? 0 : 1 + random.below(3)
      return take(kind, order, count: order == 0 ? 1 + random.below(8) : 1, &zone)
    case .reclaimable:
      return take(kind, random.below(3), count: 1 + random.below(4), &zone)
    case .anonymous:
      if random.unit() * 32 < parameters.hugeAnonymous {
        let taken = take(kind, BuddyAllocator.pageblockOrder, count: 1, &zone)
        if taken > 0 { return taken }
      }
      return take(kind, 0, count: 1 + random.below(32), &zone)
    case .cache:
      return take(kind, 0, count: geometric(parameters.cacheRun), &zone)
    }
  }

  private mutating func take(
    _ kind: Class, _ order: Int, count: Int, _ zone: inout some PageSource
  ) -> UInt64 {
    var taken: UInt64 = 0
    for _ in 0..<count {
      guard let frame = zone.takePages(order, kind.type) else { break }
      allocations += 1
      taken += 1 << UInt64(order)
      pages[kind.rawValue] += 1 << UInt64(order)
      if stays(kind) { continue }
      live[kind.rawValue].append(Block(frame: UInt32(frame.value), order: UInt8(order)))
    }
    return taken
  }

  /// Whether a new kernel allocation is never given back: at random, up to the class's share.
  private mutating func stays(_ kind: Class) -> Bool {
    guard kind == .unmovable || kind == .reclaimable, random.unit() < parameters.longLived,
      Double(longLivedBlocks[kind.rawValue])
        < parameters.longLived * Double(live[kind.rawValue].count + 1)
    else { return false }
    longLivedBlocks[kind.rawValue] += 1
    return true
  }

  /// Gives some random members of a class back.
  private mutating func shrink(_ kind: Class, _ zone: inout some PageSource) {
    let count = kind == .anonymous ? 16 : 4
    for _ in 0..<count {
      let members = live[kind.rawValue].count
      guard members > 0 else { return }
      release(kind, random.below(members), &zone)
    }
  }

  /// Reclaims pages that were read together: three times in four from the older half.
  private mutating func reclaimRun(_ zone: inout some PageSource) {
    let cache = Class.cache.rawValue
    let members = live[cache].count
    let older = random.unit() < 0.75
    let start = random.below(older ? max(1, members / 2) : members)
    for offset in 0..<geometric(parameters.cacheRun) {
      guard start + offset < live[cache].count else { return }
      release(.cache, start + offset, &zone)
    }
  }

  private mutating func release(_ kind: Class, _ index: Int, _ zone: inout some PageSource) {
    let members = live[kind.rawValue].count
    let block = live[kind.rawValue][index]
    live[kind.rawValue].swapAt(index, members - 1)
    live[kind.rawValue].removeLast()
    pages[kind.rawValue] -= 1 << UInt64(block.order)
    zone.givePages(FrameNumber(UInt64(block.frame)), Int(block.order), kind.type)
  }

  /// A geometric draw with the given mean, at least 1.
  private mutating func geometric(_ mean: Double) -> Int {
    var count = 1
    while count < 4096 && random.unit() > 1 / mean { count += 1 }
    return count
  }
}
