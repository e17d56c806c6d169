extension ProblemMaker {
  /// Ways of the array a student's rule runs, the trace it is run on, and what it is held against.
  struct RuleTask: Hashable, Sendable {
    var ways: Int
    var pages: [UInt32]
    var lruMisses: Int
    var bestMisses: Int
    /// Mean over a few runs of random replacement.
    var randomMisses: Int
    /// Full marks at so many misses or fewer.
    var fullMarksMisses: Int

    /// No marks at so many misses or more: a rule has to do better than drawing lots.
    var noMarksMisses: Int { max(fullMarksMisses + 1, min(randomMisses, lruMisses)) }

    /// The share of a problem's points that `misses` earn, 0 to 1.
    func share(_ misses: Int) -> Double {
      let span = Double(noMarksMisses - fullMarksMisses)
      return min(1, max(0, Double(noMarksMisses - misses) / span))
    }
  }

  /// Replacement rules a student's is held against.
  enum RuleReference: Hashable {
    /// Belady's rule looks ahead.
    case lru, best, random
  }

  /// A trace of loops slightly too long for the array, random hot pages and one-time scans: LRU
  /// does badly, random replacement better, rules that keep what is used again better still. Each
  /// eight phases hold the same number of each, so that every student's trace is as hard.
  static func ruleTask(_ plan: ProblemPlan, _ random: inout Xoshiro) -> RuleTask {
    let ways = plan.geometry.entries
    let loop = UInt32(ways + max(1, ways / 4))
    var pages: [UInt32] = []
    var scan: UInt32 = 100_000
    while pages.count < plan.count {
      var phases = Array(0..<8)
      random.shuffle(&phases)
      for phase in phases {
        switch phase {
        case 0:
          for _ in 0..<ways {
            pages.append(scan)
            scan += 1
          }
        case 1, 2:
          for _ in 0..<ways { pages.append(10_000 + UInt32(random.below(max(1, ways / 2)))) }
        default: for page in 0..<loop { pages.append(page) }
        }
      }
    }
    pages = Array(pages.prefix(plan.count))
    let runs = 4
    let lots = (0..<runs).reduce(0) { sum, _ in sum + misses(pages, ways, .random, &random) }
    let lru = misses(pages, ways, .lru, &random)
    let best = misses(pages, ways, .best, &random)
    return RuleTask(
      ways: ways, pages: pages, lruMisses: lru, bestMisses: best, randomMisses: lots / runs,
      fullMarksMisses: max(best, lru * plan.fullMarksPercent / 100))
  }

  /// Misses of a known rule.
  static func misses(
    _ pages: [UInt32], _ ways: Int, _ rule: RuleReference, _ random: inout Xoshiro
  ) -> Int {
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
        switch rule {
        case .best: held.indices.max { held[$0].next < held[$1].next }
        case .lru: held.indices.min { held[$0].last < held[$1].last }
        case .random: random.below(held.count)
        }
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
        + "answer to the one before. So flush standard output after every line (C: "
        + "fflush(stdout); Python: print(way, flush=True); awk: fflush()): an answer that stays in "
        + "a buffer is never seen, and the program is stopped for taking too long. Read line by "
        + "line, too: mawk wants -W interactive.",
      "LRU misses \(task.lruMisses) times in \(task.pages.count) references, random replacement "
        + "about \(task.randomMisses) times, the best possible rule, which looks ahead, "
        + "\(task.bestMisses) times. Full marks at \(task.fullMarksMisses) misses or fewer, none "
        + "at \(task.noMarksMisses) or more, in proportion between.",
    ]
  }
}
