/// A synthetic kernel reference stream: operations enter at the base kernel, run down a module's
/// real dependency chain and back, and touch stacks, heap and per-CPU data on the way; user code
/// runs between them.
///
/// The stream names sites, so every layout of one replicate sees the very same references.
public struct KernelWorkload: ReferenceSource, OperationSource {
  // Safe: the block is the caller's for the length of the call.
  private let model: WorkloadModel
  private let parameters: WorkloadParameters
  private var random: Xoshiro
  private let moduleChoice: AliasTable
  private let moduleOrder: [Int]
  private let classChoice: AliasTable
  private let counts: Counts
  var pending: PendingReferences
  private var task = 0

  /// Seeds the stream; which modules are popular is drawn too.
  ///
  /// - Parameter cpu: processors of one kernel share the model and what is popular, and draw
  ///   their own references. Only processor 0 loads and unloads.
  public init(
    model: WorkloadModel, parameters: WorkloadParameters, seed: Seed, cpu: Int = 0
  ) {
    self.model = model
    self.parameters = parameters
    pending = PendingReferences(
      references: parameters.references, warmup: parameters.warmup,
      reloads: cpu == 0 ? parameters.reloads : 0)
    let references = seed.stream("references")
    random = (cpu == 0 ? references : references.stream(cpu)).generator()
    var order = Array(model.modules.indices)
    var shuffle = seed.stream("module popularity").generator()
    shuffle.shuffle(&order)
    moduleOrder = order
    moduleChoice = .zipf(count: max(1, order.count), skew: parameters.moduleSkew)
    classChoice = AliasTable(weights: parameters.dataWeights.all)
    counts = Counts(parameters)
  }

  /// Geometric distributions of how often and how long, by what for.
  private struct Counts {
    let enter, leave, down, back, visit, dataRuns, dataRun, userRuns, userRun: AliasTable

    init(_ p: WorkloadParameters) {
      enter = .geometric(mean: p.baseVisits / 2)
      leave = .geometric(mean: p.baseVisits / 4)
      down = .geometric(mean: p.moduleVisits)
      back = .geometric(mean: p.moduleVisits / 4)
      visit = .geometric(mean: p.visitInstructions)
      dataRuns = .geometric(mean: p.dataRuns)
      dataRun = .geometric(mean: p.dataRunLength)
      userRuns = .geometric(mean: p.userInstructions / 64)
      userRun = .geometric(mean: 64)
    }
  }

  public var table: SiteTable { model.table }

  /// References before which nothing is counted.
  public var warmupReferences: UInt64 { pending.warmup }

  public mutating func read(
    into block: UnsafeMutableBufferPointer<ReferenceRecord>
  ) -> Int { unsafe fill(block) }

  // MARK: One operation

  mutating func operation() {
    task = random.below(max(1, parameters.stacks))
    userCode()
    visits(counts.enter, in: nil)
    if !model.modules.isEmpty && random.unit() < parameters.moduleShare {
      var chain: [Int] = []
      var module = moduleOrder[moduleChoice.draw(&random)]
      // Dependency chains of real kernels are at most 15 long; the bound guards against cycles.
      while chain.count < 16 {
        chain.append(module)
        visits(counts.down, in: module)
        let callees = model.modules[module].callees
        guard !callees.isEmpty else { break }
        module = callees[random.below(callees.count)]
      }
      visits(counts.leave, in: nil)
      for module in chain.reversed() { visits(counts.back, in: module) }
    } else {
      visits(counts.leave, in: nil)
    }
    visits(counts.leave, in: nil)
  }

  private mutating func visits(_ counts: AliasTable, in module: Int?) {
    for _ in 0...counts.draw(&random) { visit(module) }
  }

  /// Runs a function of a module, or of the base kernel, and what it touches.
  private mutating func visit(_ module: Int?) {
    let site: UInt32
    if let module {
      let slot = model.modules[module].popularity.draw(&random)
      site = model.modules[module].functions[slot]
    } else {
      let slot = model.base.popularity.draw(&random)
      site = model.base.functions[slot]
    }
    pending.append(.fetch, site: site, count: counts.visit.draw(&random) + 1)
    for _ in 0..<(counts.dataRuns.draw(&random) + 1) {
      let kind: AccessKind = random.unit() < parameters.storeShare ? .store : .load
      let touched = dataSite(module)
      pending.append(kind, site: touched, count: counts.dataRun.draw(&random) + 1)
    }
  }

  private mutating func dataSite(_ module: Int?) -> UInt32 {
    if let module, random.unit() < parameters.moduleDataShare {
      let own = model.modules[module].data
      if !own.isEmpty { return own[random.below(own.count)] }
    }
    let group = classChoice.draw(&random)
    if group == 1 { return model.classes[1][task * 4 + random.below(2)] }
    return model.classes[group][model.classPopularity[group].draw(&random)]
  }

  private mutating func userCode() {
    guard parameters.userInstructions > 0 else { return }
    for _ in 0..<(counts.userRuns.draw(&random) + 1) {
      let page = model.userText[random.below(model.userText.count)]
      pending.append(.fetch, site: page, count: counts.userRun.draw(&random) + 1)
      for _ in 0..<3 {
        let slot = model.classPopularity[2].draw(&random)
        let site = model.classes[2][slot]
        pending.append(.load, site: site, count: counts.dataRun.draw(&random) + 1)
      }
    }
  }
}
