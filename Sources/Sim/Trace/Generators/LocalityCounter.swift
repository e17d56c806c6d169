/// Counts what `LocalityFit` holds in one pass over a recorded stream.
public struct LocalityCounter {
  // Safe: reads the caller's block during the call.
  private typealias Class = LocalityFit.MemoryClass

  private var fit = LocalityFit()
  /// Class, unit and page of every site.
  private let classOf: [UInt8]
  private let unitOf: [Int32]
  private let isCode: [Bool]
  private let isLarge: [Bool]
  private let countsOwnOnly: [Bool]
  /// Class of every unit.
  private let classOfUnit: [UInt8]
  private var stacks = [RecencyStack(), RecencyStack()]
  /// Pages of every unit.
  private var pages: [RecencyStack]
  private var last: [UInt32] = [.max, .max]
  private var lastClass: [Int] = [-1, -1]
  private var runs: [UInt64] = [0, 0]
  private var references: [UInt64]
  private var stores: [UInt64]
  private var used: [Bool]
  private let description: StreamDescription

  public init(_ description: StreamDescription, source: String) {
    self.description = description
    let places = SitePlaces(description)
    classOf = places.classOf
    unitOf = places.unitOf
    classOfUnit = places.classOfUnit
    pages = Array(repeating: RecencyStack(), count: places.classOfUnit.count)
    isCode = Class.allCases.map(\.isCode)
    isLarge = Class.allCases.map(\.isLarge)
    countsOwnOnly = Class.allCases.map(\.countsOwnOnly)
    references = Array(repeating: 0, count: Class.allCases.count)
    stores = references
    used = Array(repeating: false, count: classOf.count)
    fit.source = source
    for index in fit.classes.indices {
      let count = isCode[index] ? 2 : Class.allCases.count - 2
      fit.classes[index].next = Array(repeating: 0, count: count)
      fit.classes[index].within =
        isLarge[index] ? Array(repeating: LocalityFit.Depths(), count: 3) : []
    }
  }

  public mutating func add(_ block: UnsafeBufferPointer<ReferenceRecord>) {
    for index in block.indices {
      let record = unsafe block[index]
      guard !record.isMarker, Int(record.site) < classOf.count else { continue }
      let side = record.kindBits == 0 ? 0 : 1
      let memory = Int(classOf[Int(record.site)])
      guard isCode[memory] == (side == 0) else { continue }
      references[memory] += UInt64(record.count)
      if record.site == last[side] { continue }
      last[side] = record.site
      used[Int(record.site)] = true
      runs[side] += 1
      if record.kindBits == 2 { stores[memory] += 1 }
      run(memory, Int32(record.site), side)
    }
  }

  private mutating func run(_ memory: Int, _ site: Int32, _ side: Int) {
    let offset = side == 0 ? 0 : 2
    let before = lastClass[side]
    if before >= 0 { fit.classes[before].next[memory - offset] += 1 }
    lastClass[side] = memory
    fit.classes[memory].runs += 1
    let unit = unitOf[Int(site)]
    var unitDepth: Int?
    if let depth = stacks[side].depth(unit) {
      unitDepth = countsOwnOnly[memory] ? own(memory, above: depth, side) : depth
      stacks[side].use(depth: depth)
    } else {
      stacks[side].insert(unit)
    }
    if before == memory {
      LocalityCounter.count(unitDepth, &fit.classes[memory].stay)
    } else {
      LocalityCounter.count(unitDepth, &fit.classes[memory].change)
    }
    guard isLarge[memory] else { return }
    let context = LocalityFit.withinContext(unitDepth: unitDepth ?? .max)
    let depth = pages[Int(unit)].depth(site)
    if let depth { pages[Int(unit)].use(depth: depth) } else { pages[Int(unit)].insert(site) }
    LocalityCounter.count(depth, &fit.classes[memory].within[context])
  }

  private func own(_ memory: Int, above depth: Int, _ side: Int) -> Int {
    var count = 0
    for at in 0..<depth where classOfUnit[Int(stacks[side][at])] == UInt8(memory) { count += 1 }
    return count
  }

  @inline(__always)
  private static func count(_ depth: Int?, _ depths: inout LocalityFit.Depths) {
    if let depth { depths.add(depth) } else { depths.first += 1 }
  }

  /// What was counted. - Throws: a stream without code or without data.
  public func finish() throws(InputError) -> LocalityFit {
    guard runs[0] > 0, runs[1] > 0 else {
      throw InputError(file: fit.source, "the stream has no code or no data to fit")
    }
    var fit = fit
    fit.dataRunsPerFetchRun = Double(runs[1]) / Double(runs[0])
    let sections = description.table.sections
    for (index, memory) in Class.allCases.enumerated() {
      let own = fit.classes[index]
      var units: Set<Int32> = []
      var inSections: Set<SectionID> = []
      for site in classOf.indices where used[site] && Int(classOf[site]) == index {
        fit.classes[index].pages += 1
        units.insert(unitOf[site])
        inSections.insert(description.table.sites[site].section)
      }
      fit.classes[index].units = units.count
      fit.classes[index].meanRun = Double(references[index]) / Double(max(1, own.runs))
      fit.classes[index].storeShare = Double(stores[index]) / Double(max(1, own.runs))
      if memory == .moduleText || memory == .moduleData {
        let all = inSections.reduce(UInt64(0)) { $0 + PageSize.base4K.count(sections[$1].size) }
        fit.classes[index].touchedShare =
          min(1, Double(fit.classes[index].pages) / Double(max(1, all)))
      }
    }
    return fit
  }
}

/// Class and unit of every site of a recorded stream.
struct SitePlaces {
  private(set) var classOf: [UInt8] = []
  private(set) var unitOf: [Int32] = []
  private(set) var classOfUnit: [UInt8] = []
  /// Number of the 2 MiB stretch of a site that a kernel maps large; nil elsewhere.
  private(set) var largeOf: [UInt64?] = []

  init(_ description: StreamDescription) {
    let table = description.table
    var stretches: [UInt64: Int32] = [:]
    for (index, site) in table.sites.enumerated() {
      let section = table.sections[site.section]
      let memory = SitePlaces.memoryClass(section)
      let address =
        description.recorded?.addressOfSite[index] ?? section.recordedAddress &+ site.offset
      let stretch = PageSize.large2M.number(address)
      classOf.append(UInt8(LocalityFit.index(memory)))
      largeOf.append(memory.isLarge ? stretch : nil)
      if memory.isLarge, let known = stretches[stretch] {
        unitOf.append(known)
        continue
      }
      if memory.isLarge { stretches[stretch] = Int32(classOfUnit.count) }
      unitOf.append(Int32(classOfUnit.count))
      classOfUnit.append(UInt8(LocalityFit.index(memory)))
    }
  }

  static func memoryClass(_ section: Section) -> LocalityFit.MemoryClass {
    if section.kind == .region {
      switch section.object {
      case "direct": return .direct
      case "vmalloc": return .vmalloc
      case "user": return .user
      case "vmemmap": return .vmemmap
      case "base:other": return .baseText
      default: return section.object.hasPrefix("module") ? .moduleText : .perCPU
      }
    }
    let isText = section.kind == .text || section.kind == .initText
    if section.object == "base" { return isText ? .baseText : .baseData }
    return isText ? .moduleText : .moduleData
  }
}
