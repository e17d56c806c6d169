/// Parameters of the synthetic kernel workload. Defaults follow the recorded Debian 6.1 guest
/// (`Scenarios/data/README.md`) where it says, and are assumptions where it does not.
public struct WorkloadParameters: Hashable, Sendable {
  /// References to generate, collapsed repeats counted, warm-up included.
  public var references: UInt64 = 10_000_000
  /// Share of the references that warms the TLB and is not counted.
  public var warmup: Double = 0.2
  /// Share of operations that run into a module; the rest stay in the base kernel.
  public var moduleShare: Double = 0.5
  /// Zipf exponent over the modules operations end in.
  public var moduleSkew: Double = 1
  /// Mean bytes of a function.
  public var functionBytes: Int = 384
  /// Functions of the base kernel that ever run.
  public var baseFunctions: Int = 3000
  /// Share of a module's functions that ever run.
  public var hotShare: Double = 0.25
  /// Zipf exponent over the functions of one object.
  public var functionSkew: Double = 1
  /// Base-kernel function visits of an operation, mean.
  public var baseVisits: Double = 12
  /// Function visits in each module of the chain, mean.
  public var moduleVisits: Double = 4
  /// Instructions of one visit, mean.
  public var visitInstructions: Double = 16
  /// Runs of data references behind a visit, mean.
  public var dataRuns: Double = 2
  /// References of one data run, mean.
  public var dataRunLength: Double = 4
  /// Share of data runs that store.
  public var storeShare: Double = 0.35
  /// Pages of the direct map in use (page cache, slab), and their Zipf exponent.
  public var directPages: Int = 30_000
  public var directSkew: Double = 1
  /// Kernel stacks in use, four pages each.
  public var stacks: Int = 64
  /// Pages of user memory the kernel and the user code touch.
  public var userPages: Int = 2500
  /// User instructions between operations, mean; 0: none.
  public var userInstructions: Double = 200
  /// Weights of data classes: direct map, kernel stack, user, per-CPU, vmemmap, base data.
  public var dataWeights = DataWeights()
  /// Share of a module visit's data runs that touch the module's own data or rodata.
  public var moduleDataShare: Double = 0.05
  /// Module reloads (unload, load again) spread over the counted part.
  public var reloads: Int = 0

  public init() {}
}

/// How data references divide over memory classes.
public struct DataWeights: Hashable, Sendable {
  public var direct: Double = 66.7
  public var stack: Double = 16.1
  public var user: Double = 11.9
  public var perCPU: Double = 2.4
  public var vmemmap: Double = 1.7
  public var base: Double = 1.1

  public init() {}

  var all: [Double] { [direct, stack, user, perCPU, vmemmap, base] }
}
