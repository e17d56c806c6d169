extension ProblemMaker {
  /// Misses of a loop over the base kernel and its modules, linked in and loaded. Loaded, the loop
  /// is a little too long for the TLB; linked in it fits.
  mutating func predict(_ random: inout Xoshiro) {
    let base: UInt64 = 4096
    let large = max(plan.pageSize.bytes, base)
    let entries = UInt64(plan.geometry.entries)
    let rounds = 10 + random.below(UInt64(90))
    let kernel =
      large * (1 + random.below(max(1, entries / 4))) + base * random.below(large / base)
    let kernelPages = (kernel + large - 1) / large
    let wanted =
      entries + 1 + random.below(max(1, entries / 4)) - min(entries, kernelPages)
    let sizes = moduleSizes(pages: wanted, base: base, &random)
    problem.title = "Predict the misses"
    problem.given = [
      "A loop runs \(rounds) times through the whole text of a base kernel of "
        + "\(ByteCount(kernel)), aligned to \(plan.pageSize), then through the text of "
        + "\(sizes.count) module\(sizes.count == 1 ? "" : "s") in turn; every page is touched once "
        + "a round. The instruction TLB has \(entries) entries, fully associative, LRU, and starts "
        + "empty; an entry maps one page of any size. Nothing else runs.",
      "Module texts: " + sizes.map { "\($0) bytes" }.joined(separator: ", ") + ".",
      "Linked in, the modules' texts follow the base kernel's without gaps and all is mapped by "
        + "\(plan.pageSize) pages, the last one filled up with data. Loaded, the base kernel is "
        + "mapped as before, each module starts on a page of its own and is mapped by 4KiB pages.",
    ]
    let total = kernel + sizes.reduce(0, +)
    let linked = (total + large - 1) / large
    let loaded = kernelPages + sizes.reduce(0) { $0 + ($1 + base - 1) / base }
    for (name, pages) in [("linked in", linked), ("loaded", loaded)] {
      let fits = pages <= entries
      ask("entries wanted, \(name)", String(pages), why: "one a page")
      ask(
        "misses, \(name)", String(fits ? pages : pages * rounds),
        why: fits
          ? "\(pages) pages fit \(entries) entries: only the first round misses"
          : "\(pages) pages touched in turn do not fit \(entries) entries: LRU misses every time")
    }
  }

  /// Sizes of the modules' texts, `pages` pages in all or one for each module.
  private func moduleSizes(
    pages: UInt64, base: UInt64, _ random: inout Xoshiro
  ) -> [UInt64] {
    var counts = [UInt64](repeating: 1, count: max(1, plan.count))
    for _ in 0..<max(0, Int(pages) - counts.count) { counts[random.below(counts.count)] += 1 }
    return counts.map { ($0 - 1) * base + 64 * (1 + random.below(base / 64)) }
  }
}
