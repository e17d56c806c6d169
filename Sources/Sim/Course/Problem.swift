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
      "a hand passes over entries with their used bit set, clearing it; a fill does not "
        + "set the bit, a hit does"
    case .nru:
      "the lowest way whose used bit is clear leaves; when all would be set, all others "
        + "are cleared"
    case .tplru:
      "tree pseudo-LRU: every node of a binary tree over the ways points away from the "
        + "half used last"
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
  /// `rule`: full marks at this many misses for each 100 of LRU's, or fewer.
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

  mutating func ask(_ prompt: String, _ answer: String, why: String) {
    let index = problem.blanks.count
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    let mark = index < letters.count ? String(letters[index]) : "z\(index - letters.count + 1)"
    problem.blanks.append(
      Blank(id: "\(problem.number)\(mark)", prompt: prompt, answer: answer, why: why))
  }
}
