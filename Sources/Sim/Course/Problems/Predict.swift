extension ProblemMaker {
  /// Misses of a loop over the base kernel and its modules, linked in and loaded.
  mutating func predict(_ random: inout Xoshiro) {
    let base: UInt64 = 4096
    let large = max(plan.pageSize.bytes, base)
    let entries = plan.geometry.entries
    let sizes = (0..<max(1, plan.count)).map { _ in 1024 + random.below(UInt64(24)) * 1024 }
    let rounds = 10 + random.below(UInt64(90))
    let kernel = large * 2
    problem.title = "Predict the misses"
    problem.given = [
      "A loop runs \(rounds) times through the whole text of a base kernel of "
        + "\(ByteCount(kernel)), aligned to \(plan.pageSize), then through the text of "
        + "\(sizes.count) modules in turn; every page is touched once a round. The instruction TLB "
        + "has \(entries) entries, fully associative, LRU, and starts empty; an entry maps one "
        + "page of any size. Nothing else runs.",
      "Module texts: " + sizes.map { "\($0) bytes" }.joined(separator: ", ") + ".",
      "Linked in, the modules' texts follow the base kernel's without gaps and all is mapped by "
        + "\(plan.pageSize) pages. Loaded, each module starts on a page of its own and is mapped "
        + "by 4KiB pages.",
    ]
    let total = kernel + sizes.reduce(0, +)
    let linked = (total + large - 1) / large
    let loaded = kernel / large + sizes.reduce(0) { $0 + ($1 + base - 1) / base }
    for (name, pages) in [("linked in", linked), ("loaded", loaded)] {
      let fits = pages <= UInt64(entries)
      ask("entries wanted, \(name)", String(pages), why: "one a page")
      ask(
        "misses, \(name)", String(fits ? pages : pages * rounds),
        why: fits
          ? "\(pages) pages fit \(entries) entries: only the first round misses"
          : "\(pages) pages touched in turn do not fit \(entries) entries: LRU misses every time")
    }
  }
}
