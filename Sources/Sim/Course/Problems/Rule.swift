extension ProblemMaker {
  /// Ways of the array a student's rule runs, and the trace it is run on.
  struct RuleTask: Hashable, Sendable {
    var ways: Int
    var pages: [UInt32]
    var lruMisses: Int
    var bestMisses: Int
  }

  /// A trace with a loop slightly too long for the array, random hot pages and one-time scans: LRU
  /// does badly, rules that keep what is used again do better.
  static func ruleTask(_ plan: ProblemPlan, _ random: inout Xoshiro) -> RuleTask {
    let ways = plan.geometry.entries
    let loop = UInt32(ways + max(1, ways / 4))
    var pages: [UInt32] = []
    var scan: UInt32 = 100_000
    while pages.count < plan.count {
      switch random.below(8) {
      case 0:
        for _ in 0..<ways {
          pages.append(scan)
          scan += 1
        }
      case 1, 2:
        for _ in 0..<ways { pages.append(1000 + UInt32(random.below(max(1, ways / 2)))) }
      default: for page in 0..<loop { pages.append(page) }
      }
    }
    pages = Array(pages.prefix(plan.count))
    return RuleTask(
      ways: ways, pages: pages, lruMisses: misses(pages, ways, keepingBest: false),
      bestMisses: misses(pages, ways, keepingBest: true))
  }

  /// Misses of LRU, or of Belady's rule, which looks ahead.
  static func misses(_ pages: [UInt32], _ ways: Int, keepingBest: Bool) -> Int {
    var next = [Int](repeating: pages.count, count: pages.count)
    var seen: [UInt32: Int] = [:]
    for index in pages.indices.reversed() {
      next[index] = seen[pages[index]] ?? pages.count
      seen[pages[index]] = index
    }
    var held: [(page: UInt32, last: Int, next: Int)] = []
    var count = 0
    for (index, page) in pages.enumerated() {
      if let way = held.firstIndex(where: { $0.page == page }) {
        held[way] = (page, index, next[index])
        continue
      }
      count += 1
      if held.count < ways {
        held.append((page, index, next[index]))
        continue
      }
      let victim =
        keepingBest
        ? held.indices.max { held[$0].next < held[$1].next }
        : held.indices.min { held[$0].last < held[$1].last }
      if let victim { held[victim] = (page, index, next[index]) }
    }
    return count
  }

  mutating func rule(_ random: inout Xoshiro) {
    let task = ProblemMaker.ruleTask(plan, &random)
    problem.title = "A replacement rule of your own"
    problem.given = [
      "Write one executable file that decides what leaves a fully associative TLB of "
        + "\(task.ways) entries. It reads from standard input a line 'ways \(task.ways)', then one "
        + "page number a line, and prints one line for each page: the way (0 to \(task.ways - 1)) "
        + "that holds it, or the way to put it in when no way does.",
      "It may look no further than the page it answers: the grader sends a page only after the "
        + "answer to the one before.",
      "LRU misses \(task.lruMisses) times in \(task.pages.count) references, the best possible "
        + "rule \(task.bestMisses) times. Full marks at \(plan.fullMarksPercent) % of LRU's misses "
        + "or fewer, none at LRU's.",
    ]
  }
}
