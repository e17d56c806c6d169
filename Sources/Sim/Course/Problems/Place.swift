extension ProblemMaker {
  /// Addresses of modules loaded and unloaded under one placement rule.
  mutating func place(_ random: inout Xoshiro) {
    let window = AddressRange(0xc000_0000, 0xc010_0000)
    let page = plan.pageSize.bytes
    problem.title = "Place modules"
    problem.given = [
      "Modules go to the window \(hex(window.lower)) to \(hex(window.upper)), sizes rounded up to "
        + "pages of \(plan.pageSize). The rule: \(rule).",
      "For each load: its address in hexadecimal. At the end: how many bytes rounding cost in all "
        + "loaded modules, in decimal.",
    ]
    var arena: any VirtualArena =
      switch plan.placement {
      case .firstFit: FirstFitArena(windows: [window], granule: page)
      case .nextFit: NextFitArena(windows: [window], granule: page)
      case .sequential: SequentialArena(window: window, granule: page)
      }
    var loaded: [(name: String, range: AddressRange, size: UInt64)] = []
    for number in 1...max(1, plan.count) {
      if loaded.count > 1, random.below(3) == 0 {
        let gone = loaded.remove(at: random.below(loaded.count))
        arena.free(gone.range)
        problem.given.append("unload \(gone.name)")
      }
      let size = 512 + random.below(UInt64(11)) * 1024 + random.below(UInt64(512))
      guard let range = arena.allocate(size: size, alignment: page) else { continue }
      let name = "m\(number)"
      loaded.append((name, range, size))
      problem.given.append("load \(name), \(size) bytes")
      ask(
        name, hex(range.lower),
        why: "\(range.size / page) page\(range.size == page ? "" : "s"), to \(hex(range.upper))")
    }
    let waste = loaded.reduce(0) { $0 + $1.range.size - $1.size }
    ask(
      "bytes lost to rounding", String(waste),
      why: "whole pages less the modules' own sizes, over what is still loaded")
  }

  private var rule: String {
    switch plan.placement {
    case .firstFit: "first fit, the lowest free address that is large enough"
    case .nextFit: "next fit, as first fit but starting behind the last range handed out"
    case .sequential: "one behind the other, addresses are never used again"
    }
  }
}
