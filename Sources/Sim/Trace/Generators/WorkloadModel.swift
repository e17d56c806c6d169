/// The sections and sites a synthetic kernel workload refers to.
///
/// Functions lie in sections at drawn offsets; each is a site (long ones have one every KiB), so a
/// layout decides by itself which functions share a page.
public struct WorkloadModel: Sendable {
  /// The hot functions of one object and what else its code touches.
  struct Object: Sendable {
    /// First site of each hot function; the function's sites follow each other.
    var functions: [UInt32] = []
    var popularity = AliasTable(weights: [1])
    /// Sites of its own data and rodata.
    var data: [UInt32] = []
    /// Objects it calls: indices of its dependencies.
    var callees: [Int] = []
  }

  public let table: SiteTable
  /// Section of each region class: direct, stack (vmalloc), user, percpu, vmemmap.
  public let regions: Regions
  var base: Object
  var modules: [Object]
  /// Sites by data class, in the order of `DataWeights`.
  var classes: [[UInt32]]
  var classPopularity: [AliasTable]
  var userText: [UInt32]

  /// The memory regions outside object files.
  public struct Regions: Sendable {
    public let direct: SectionID
    public let stack: SectionID
    public let user: SectionID
    public let perCPU: SectionID
    public let vmemmap: SectionID
  }

  static let functionStride: UInt64 = 1024

  /// - Parameters:
  ///   - image: sizes of the base kernel's regions.
  ///   - modules: the loaded modules; their dependencies among each other are followed. One
  ///     without code runs nothing, and nothing of its own touches its data.
  ///   - memoryBytes: physical memory behind the direct map.
  public init(
    image: BaseImage, modules loaded: [KernelModule], memoryBytes: UInt64,
    parameters: WorkloadParameters, seed: Seed
  ) {
    let list = loaded.filter { $0.sections.text > 0 }
    var builder = SiteBuilder()
    let text = builder.section("base", .text, image.size(of: .text))
    let rodata = builder.section("base", .rodata, image.size(of: .rodata))
    let data = builder.section("base", .data, image.size(of: .data))
    let bss = builder.section("base", .bss, image.size(of: .bss))
    var random = seed.stream("base functions").generator()
    base = builder.object(
      text: text, count: parameters.baseFunctions, parameters: parameters, random: &random)
    for (section, count) in [(rodata, 40), (data, 60), (bss, 20)] {
      base.data += builder.pages(section, count, &random)
    }
    var objects: [Object] = []
    for module in list {
      var random = seed.stream("functions of \(module.name)").generator()
      objects.append(builder.module(module, parameters: parameters, random: &random))
    }
    let names = Dictionary(
      list.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    for index in objects.indices {
      objects[index].callees = list[index].dependencies.compactMap { names[$0] }
    }
    self.modules = objects
    let page = PageSize.base4K.bytes
    let direct = builder.section("direct", .region, memoryBytes)
    let stack = builder.section("vmalloc", .region, UInt64(parameters.stacks) * 5 * page)
    let user = builder.section("user", .region, UInt64(parameters.userPages + 64) * page)
    let perCPU = builder.section("percpu", .region, 64 * page)
    let vmemmap = builder.section("vmemmap", .region, max(page, memoryBytes / 64))
    regions = Regions(
      direct: direct, stack: stack, user: user, perCPU: perCPU, vmemmap: vmemmap)
    random = seed.stream("data pages").generator()
    userText = builder.consecutive(user, 64, every: page)
    // Four pages of every five: kernel stacks have a guard page behind them.
    var stackSites: [UInt32] = []
    for index in 0..<parameters.stacks * 4 {
      stackSites.append(builder.site(stack, UInt64(index / 4 * 5 + index % 4) * page))
    }
    var userSites: [UInt32] = []
    for index in 0..<parameters.userPages {
      userSites.append(builder.site(user, UInt64(index + 64) * page))
    }
    classes = [
      builder.pages(direct, parameters.directPages, &random),
      stackSites,
      userSites,
      builder.consecutive(perCPU, 28, every: page),
      builder.pages(vmemmap, 600, &random),
      base.data,
    ]
    let skews = [parameters.directSkew, 0.5, 1, 1, 1, 1]
    classPopularity = zip(classes, skews).map { .zipf(count: $0.count, skew: $1) }
    table = builder.table
  }
}

extension SiteBuilder {
  /// Hot functions of a text section: `count` of them at drawn offsets, popularity by Zipf.
  mutating func object(
    text: SectionID, count: Int, parameters: WorkloadParameters, random: inout Xoshiro
  ) -> WorkloadModel.Object {
    var object = WorkloadModel.Object()
    let size = table.sections[text].size
    let slots = max(1, Int(size) / parameters.functionBytes)
    for _ in 0..<max(1, min(count, slots)) {
      let offset = UInt64(random.below(slots)) * UInt64(parameters.functionBytes)
      object.functions.append(site(text, min(offset, size > 0 ? size - 1 : 0)))
    }
    object.popularity = .zipf(count: object.functions.count, skew: parameters.functionSkew)
    return object
  }

  mutating func module(
    _ module: KernelModule, parameters: WorkloadParameters, random: inout Xoshiro
  ) -> WorkloadModel.Object {
    let text = section(module.name, .text, module.sections.text)
    let slots = Int(module.sections.text) / parameters.functionBytes
    let hot = max(1, Int(Double(slots) * parameters.hotShare))
    var object = object(text: text, count: hot, parameters: parameters, random: &random)
    for kind in [SectionKind.rodata, .roAfterInit, .data] {
      let size = module.sections.size(of: kind)
      guard size > 0 else { continue }
      let id = section(module.name, kind, size)
      object.data += pages(id, max(1, Int(PageSize.base4K.count(size)) / 2), &random)
    }
    return object
  }
}
