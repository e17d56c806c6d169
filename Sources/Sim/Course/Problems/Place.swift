/// Modules that come and go, before any rule has placed them.
struct PlaceScript: Hashable {
  struct Step: Hashable {
    /// Numbered from 1 in the order of loading.
    var number: Int
    /// Bytes; nil when the module is unloaded.
    var size: UInt64?
  }

  var steps: [Step] = []

  /// Smallest and largest module, bytes.
  static let sizes: ClosedRange<UInt64> = 512...(512 + 10 * 1024 + 511)

  init(loads: Int, _ random: inout Xoshiro) {
    var loaded: [Int] = []
    for number in 1...max(1, loads) {
      if loaded.count > 1, random.below(3) == 0 {
        steps.append(Step(number: loaded.remove(at: random.below(loaded.count))))
      }
      let size =
        PlaceScript.sizes.lowerBound + random.below(UInt64(11)) * 1024 + random.below(UInt64(512))
      steps.append(Step(number: number, size: size))
      loaded.append(number)
    }
  }

  /// Where each module goes, nil for those that find no room.
  func ranges(_ rule: CoursePlacement, _ window: AddressRange, page: UInt64) -> [AddressRange?] {
    var arena = rule.arena(window, page: page)
    var ranges: [AddressRange?] = []
    for step in steps {
      if let size = step.size {
        ranges.append(arena.allocate(size: size, alignment: page))
      } else if let gone = ranges[step.number - 1] {
        arena.free(gone)
      }
    }
    return ranges
  }
}

extension CoursePlacement {
  func arena(_ window: AddressRange, page: UInt64) -> any VirtualArena {
    switch self {
    case .firstFit: FirstFitArena(windows: [window], granule: page)
    case .nextFit: NextFitArena(windows: [window], granule: page)
    case .sequential: SequentialArena(window: window, granule: page)
    }
  }

  /// The rule in words.
  var words: String {
    switch self {
    case .firstFit: "first fit, the lowest free address that is large enough"
    case .nextFit:
      "next fit, as first fit but starting behind the last range handed out, and from the "
        + "window's start when nothing there is large enough"
    case .sequential: "one behind the other, addresses are never used again"
    }
  }
}

extension ProblemMaker {
  /// Addresses of modules loaded and unloaded under one placement rule.
  mutating func place(_ random: inout Xoshiro) {
    let page = plan.pageSize.bytes
    let window = placeWindow
    problem.title = "Place modules"
    problem.given = [
      "Modules go to the window \(hex(window.lower)) to \(hex(window.upper)), sizes rounded up to "
        + "pages of \(plan.pageSize). The rule: \(plan.placement.words).",
      "For each load: its address in hexadecimal. At the end: how many bytes rounding cost in all "
        + "loaded modules, in decimal.",
    ]
    let script = placeScript(window, &random)
    let ranges = script.ranges(plan.placement, window, page: page)
    var waste: [Int: UInt64] = [:]
    for step in script.steps {
      guard let range = ranges[step.number - 1] else { continue }
      let name = "m\(step.number)"
      guard let size = step.size else {
        problem.given.append("unload \(name)")
        waste[step.number] = nil
        continue
      }
      problem.given.append("load \(name), \(size) bytes")
      waste[step.number] = range.size - size
      ask(
        name, hex(range.lower),
        why: "\(range.size / page) page\(range.size == page ? "" : "s"), to \(hex(range.upper))")
    }
    ask(
      "bytes lost to rounding", String(waste.values.reduce(0, +)),
      why: "whole pages less the modules' own sizes, over what is still loaded")
  }

  /// Room for every module; under next fit so little that its hint has to come round.
  private var placeWindow: AddressRange {
    let page = plan.pageSize.bytes
    func pages(_ size: UInt64) -> UInt64 { (size + page - 1) / page }
    let loads = UInt64(max(1, plan.count))
    let largest = pages(PlaceScript.sizes.upperBound)
    let usual = pages((PlaceScript.sizes.lowerBound + PlaceScript.sizes.upperBound) / 2)
    let room =
      plan.placement == .nextFit
      ? max(3 * largest, loads * usual * 4 / 5) : max(256, loads * largest)
    return AddressRange(start: 0xc000_0000, size: room * page)
  }

  /// Loads and unloads that, if any draw of many does so, all find room and go elsewhere than
  /// under the other rules; next fit has to come round.
  private func placeScript(_ window: AddressRange, _ random: inout Xoshiro) -> PlaceScript {
    let page = plan.pageSize.bytes
    return draw(cost: 3 * plan.count, &random) { random in
      let script = PlaceScript(loads: plan.count, &random)
      let own = script.ranges(plan.placement, window, page: page)
      let rivals = CoursePlacement.allCases.filter { $0 != plan.placement }
      let differing = rivals.count { script.ranges($0, window, page: page) != own }
      let placed = own.compactMap { $0?.lower }
      let comesRound = zip(placed, placed.dropFirst()).contains { $1 < $0 }
      let isRound = plan.placement != .nextFit || comesRound
      let merit = differing + (isRound ? 1 : 0) + (placed.count == own.count ? 1 : 0)
      return (script, Double(merit) / 4)
    }
  }
}
