/// One gap a student fills in, with its answer and why it is so.
public struct Blank: Hashable, Sendable {
  /// `2c`: the problem's number and a letter or, beyond z, a number.
  public var id: String
  public var prompt: String
  /// In the form submissions use: words and numbers, separated by commas.
  public var answer: String
  public var why: String
}

/// One problem drawn from a seed.
public struct Problem: Hashable, Sendable {
  public var number: Int
  public var kind: ProblemKind
  public var title: String
  /// What is given, one paragraph or table a line.
  public var given: [String]
  public var blanks: [Blank]
  public var points: Double
  /// What earns marks; empty when the assignment does not say.
  public var rubric = ""
}

/// What a problem asks for. A new kind is one file in `Course/Problems` and one case here.
public enum ProblemKind: String, CaseIterable, Sendable {
  /// Split addresses into page, set, tag and offset.
  case translate
  /// Which entry leaves at each miss.
  case evict
  /// Which frames a buddy allocator hands out as blocks split and merge.
  case buddy
  /// Where first fit, next fit or a boot-time layout puts each module.
  case place
  /// How many misses a loop over base kernel and modules makes, linked in and loaded.
  case predict
  /// A replacement rule of the student's own, run against the grader's trace.
  case rule
}

/// Replacement rules exercises are set on: those one can follow with a pencil.
public enum CoursePolicy: String, CaseIterable, Sendable {
  case lru, fifo, clock, nru, tplru

  /// The rule in a few words.
  public var words: String {
    switch self {
    case .lru: "the least recently used entry leaves"
    case .fifo: "the entry that came first leaves"
    case .clock:
      "a miss fills the lowest free way and leaves the hand alone; with no way free the hand, at "
        + "first at way 0, passes over entries with their used bit set, clearing it, and the first "
        + "with a clear bit leaves; the hand then stands behind it; a fill does not set the bit, a "
        + "hit does"
    case .nru:
      "a miss fills the lowest free way; with no way free the lowest way whose used bit is clear "
        + "leaves; fills and hits set the bit, and when all would be set, all others are cleared"
    case .tplru:
      "tree pseudo-LRU: every node of a binary tree over the ways points at one half of the ways "
        + "below it, at first at the lower; a fill or a hit turns the nodes on its path to the "
        + "other half; a miss follows the nodes to a way and fills it if it is free, else the "
        + "lowest free way; with no way free the page it was led to leaves"
    }
  }
}

/// How modules are placed in exercises.
public enum CoursePlacement: String, CaseIterable, Sendable { case firstFit, nextFit, sequential }

/// What an assignment says about one problem.
public struct ProblemPlan: Hashable, Sendable {
  public var kind: ProblemKind
  public var points: Double
  /// Addresses, references, requests or modules, by kind.
  public var count: Int
  public var geometry: TLBGeometry
  public var pageSize: PageSize
  public var placement: CoursePlacement
  /// `rule`: full marks at this many misses for each 100 of LRU's, or fewer. What random
  /// replacement makes earns nothing.
  public var fullMarksPercent: Int
}

extension Problem {
  /// The problem of `plan` under `seed`. Same plan and seed, same problem.
  public static func make(_ plan: ProblemPlan, number: Int, seed: Seed) -> Problem {
    var random = seed.stream("course").stream(plan.kind.rawValue).stream(number).generator()
    var maker = ProblemMaker(plan: plan, number: number)
    switch plan.kind {
    case .translate: maker.translate(&random)
    case .evict: maker.evict(&random)
    case .buddy: maker.buddy(&random)
    case .place: maker.place(&random)
    case .predict: maker.predict(&random)
    case .rule: maker.rule(&random)
    }
    return maker.problem
  }
}

/// A problem under construction.
struct ProblemMaker {
  let plan: ProblemPlan
  var problem: Problem

  init(plan: ProblemPlan, number: Int) {
    self.plan = plan
    problem = Problem(
      number: number, kind: plan.kind, title: "", given: [], blanks: [], points: plan.points)
  }

  /// The first of many draws whose merit is 1, or else the best of them; the more one costs (in
  /// steps), the fewer are made.
  func draw<T>(
    cost: Int, _ random: inout Xoshiro, _ make: (inout Xoshiro) -> (value: T, merit: Double)
  ) -> T {
    var best = make(&random)
    for _ in 0..<min(400, 200_000 / max(1, cost)) where best.merit < 1 {
      let next = make(&random)
      if next.merit > best.merit { best = next }
    }
    return best.value
  }

  mutating func ask(_ prompt: String, _ answer: String, why: String) {
    let index = problem.blanks.count
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    let mark = index < letters.count ? String(letters[index]) : "z\(index - letters.count + 1)"
    problem.blanks.append(
      Blank(id: "\(problem.number)\(mark)", prompt: prompt, answer: answer, why: why))
  }
}
