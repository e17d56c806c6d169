/// A set of problems with points and a rubric, read from YAML.
public struct Assignment: Sendable {
  public var name: String
  public var title: String
  public var summary: String
  public var seed: Seed
  public var plans: [ProblemPlan]
  /// What earns marks, one line a problem.
  public var rubric: [String]

  /// One problem of every kind a student answers on paper.
  public static let sampler = Assignment(
    name: "sampler", title: "One problem of each kind", summary: "", seed: Seed(1),
    plans: ProblemKind.allCases.filter { $0 != .rule }.compactMap { try? ProblemPlan(kind: $0) },
    rubric: [])

  /// Reads the assignment at `path`. - Throws: everything wrong with it.
  public static func read(_ path: String) throws(InputError) -> Assignment {
    try read(text: InputFile.text(path, limit: 1 << 20), file: path)
  }

  public static func read(text: String, file: String) throws(InputError) -> Assignment {
    let document = try StrictYAML(text: text, file: file)
    let assignment = document.root.mapping { root in
      let problems = root.required("problems")?.list() ?? []
      if problems.isEmpty { root.required("problems")?.report("an assignment wants a problem") }
      if problems.count > 100 { root.whole.report("more than 100 problems") }
      var plans: [ProblemPlan] = []
      var rubric: [String] = []
      for value in problems.prefix(100) {
        value.mapping { map in
          if let plan = plan(map) { plans.append(plan) }
          rubric.append(map.string("rubric"))
        }
      }
      return Assignment(
        name: root.string("name"), title: root.string("title"),
        summary: root.string("summary", default: ""),
        seed: Seed(root.optional("seed")?.unsigned() ?? 1), plans: plans, rubric: rubric)
    }
    try document.finish()
    return assignment
  }

  private static func plan(_ map: YAMLMapping) -> ProblemPlan? {
    guard let kind = map.required("kind")?.choice(ProblemKind.self),
      var plan = try? ProblemPlan(kind: kind)
    else { return nil }
    plan.points = map.double("points", 0...1000)
    // Students' programs run through a trace; the rest is answered with a pencil.
    plan.count = map.int("count", 1...(kind == .rule ? 20_000 : 200), default: plan.count)
    if let value = map.optional("geometry"), let text = value.string() {
      do { plan.geometry = try TLBGeometry(text) } catch { value.report(error.description) }
      if let problem = problem(of: plan) { value.report(problem) }
    }
    let work = plan.count * (kind == .evict ? plan.geometry.ways : plan.geometry.entries)
    if kind == .evict || kind == .rule, work > workLimit {
      let what = kind == .evict ? "ways" : "entries"
      map.whole.report("more than \(workLimit) references times \(what)")
    }
    if let value = map.optional("pageSize"), let size = value.pageSize() {
      plan.pageSize = size
      if !(6...22).contains(size.shift) { value.report("exercises go from 64 B to 4MiB pages") }
      if kind == .predict, size.shift < 12 {
        value.report("modules are mapped by 4KiB pages, the kernel by no smaller ones")
      }
    }
    plan.placement = map.optional("placement")?.choice(CoursePlacement.self) ?? plan.placement
    plan.fullMarksPercent = map.int("fullMarksPercent", 1...99, default: plan.fullMarksPercent)
    return plan
  }

  /// Most references times ways (`evict`) or entries (`rule`) of one problem.
  static let workLimit = 1 << 17

  /// What no exercise of this kind can ask of the plan's geometry.
  private static func problem(of plan: ProblemPlan) -> String? {
    let geometry = plan.geometry
    if geometry.entries > 4096 { return "exercises go to 4096 entries" }
    if geometry.index != .linear { return "exercises pick a set by the page number modulo sets" }
    switch plan.kind {
    case .evict where CoursePolicy(rawValue: geometry.policy.rawValue) == nil:
      let all = CoursePolicy.allCases.map(\.rawValue).joined(separator: ", ")
      return "exercises know the policies \(all)"
    case .predict where geometry.sets > 1 || geometry.policy != .lru,
      .rule where geometry.sets > 1:
      return "this exercise wants \(geometry.entries)xfull"
    default: return nil
    }
  }

  /// The problems under `seed`, the assignment's own when nil.
  public func problems(seed: Seed? = nil) -> [Problem] {
    plans.enumerated().map { index, plan in
      var problem = Problem.make(plan, number: index + 1, seed: seed ?? self.seed)
      if rubric.indices.contains(index) { problem.rubric = rubric[index] }
      return problem
    }
  }

  /// What a question paper and the answers to it are marked with, so that answers to another
  /// paper are told from wrong ones; too short to tell the seed.
  public func paper(seed: Seed? = nil) -> String {
    let digits = String((seed ?? self.seed).stream("paper").stream(name).value >> 32, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// The seed of one student, so that no two get the same numbers.
  public func seed(student: String) -> Seed { seed.stream("student").stream(student) }
}

extension ProblemPlan {
  /// Defaults of each kind. - Throws: never; the geometries are literals.
  public init(kind: ProblemKind) throws(GeometryError) {
    let shape =
      switch kind {
      case .translate: "16x4"
      case .evict: "4xfull"
      case .rule: "16xfull"
      default: "8xfull"
      }
    let counts: [ProblemKind: Int] = [
      .translate: 4, .evict: 12, .buddy: 10, .place: 8, .predict: 4, .rule: 4000,
    ]
    self.kind = kind
    points = 10
    count = counts[kind] ?? 1
    geometry = try TLBGeometry(shape)
    pageSize = kind == .predict ? .large2M : .base4K
    placement = .firstFit
    fullMarksPercent = 62
  }
}
