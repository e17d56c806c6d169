/// Steps references through a machine's TLB arrays, walk caches and page table, in words and
/// pictures. A model to follow by hand: FIFO arrays replace in arrival order, all others are taken
/// as LRU, and every miss refills every level it passed.
public struct Explanation {
  public let machine: Machine
  public let pageSize: PageSize
  public let kind: AccessKind
  /// By index of the machine's arrays; the pages each set holds, the most recent first.
  private var held: [[[UInt64]]]
  private var walkHeld: [[UInt64]]

  /// - Throws: when the machine has no array for such references, or does not know the page size.
  public init(machine: Machine, pageSize: PageSize, kind: AccessKind) throws(InputError) {
    guard machine.pageSizes.contains(pageSize) else {
      let known = machine.pageSizes.map(\.description).joined(separator: ", ")
      throw InputError(
        file: machine.id, "has no \(pageSize) pages; it knows \(known)")
    }
    guard !machine.lookupOrder(kind).isEmpty else {
      throw InputError(file: machine.id, "has no TLB array for \(kind) references")
    }
    self.machine = machine
    self.pageSize = pageSize
    self.kind = kind
    held = machine.arrays.map { Array(repeating: [], count: $0.geometry.sets) }
    walkHeld = machine.walkCaches.map { _ in [] }
  }

  /// What one reference does, and the state it leaves.
  public mutating func step(_ address: UInt64, number: Int) -> String {
    let page = pageSize.number(address)
    let offset = address & (pageSize.bytes - 1)
    var out = "\(number). \(kind) \(hex(address))\n\n" + picture(page, offset)
    var cost = 0.0
    var hitLevel: Int?
    for (depth, level) in machine.lookupOrder(kind).enumerated() {
      if depth == 1 { cost += machine.costs.secondLevelHit }
      for index in level {
        if look(index, page, &out) { hitLevel = hitLevel ?? depth }
      }
      if hitLevel != nil { break }
    }
    if hitLevel == nil { cost += walk(address, &out) }
    fill(page, upTo: hitLevel, &out)
    out += "   cost: \(significant(cost, 4)) cycles over a first-level hit\n"
    return out
  }

  private func picture(_ page: UInt64, _ offset: UInt64) -> String {
    let left = " page \(hex(page)) "
    let right = " offset \(hex(offset)) "
    let rule =
      "   +" + String(repeating: "-", count: left.count) + "+"
      + String(repeating: "-", count: right.count) + "+\n"
    return rule + "   |\(left)|\(right)|   \(pageSize) pages: the low \(pageSize.shift) bits are "
      + "the offset\n" + rule
  }

  private func look(_ index: Int, _ page: UInt64, _ out: inout String) -> Bool {
    let array = machine.arrays[index]
    guard array.entrySize(pageSize) == pageSize else {
      out += "   \(array.name): holds no \(pageSize) pages\n"
      return false
    }
    let set = SetIndex(array.geometry)(page)
    let entries = held[index][set]
    let isHit = entries.contains(page)
    let place =
      array.geometry.sets == 1
      ? "fully associative" : "set \(set) of \(array.geometry.sets), by \(array.geometry.index)"
    let shown = entries.prefix(8).map(hex).joined(separator: " ")
    let more = entries.count > 8 ? " …" : ""
    out +=
      "   \(array.name) (\(array.geometry.entries) entries, \(place)) holds "
      + (entries.isEmpty ? "nothing" : "[\(shown)\(more)]") + ": \(isHit ? "HIT" : "miss")\n"
    return isHit
  }

  /// Reads the page table from the first level no walk cache knows; returns the cycles.
  private mutating func walk(_ address: UInt64, _ out: inout String) -> Double {
    guard machine.walk != .software, let levels = machine.table.radixLevels else {
      let cost = machine.walk == .hardware ? machine.costs.walk : machine.costs.software
      out += "   refill: \(machine.walk.rawValue), table of the kind \(machine.table.rawValue)\n"
      return cost
    }
    let bits: UInt64 = levels == 2 ? 10 : 9
    func shift(_ level: Int) -> UInt64 { 12 + bits * UInt64(level - 1) }
    // The level whose entries map pages of this size.
    let leaf = (1...levels).last { shift($0) <= UInt64(pageSize.shift) } ?? 1
    var from = levels
    for (index, cache) in machine.walkCaches.enumerated() where cache.level > leaf {
      guard cache.level <= levels else { continue }
      let tag = address >> shift(cache.level)
      let knows = walkHeld[index].contains(tag)
      out += "   walk cache of level \(cache.level): \(knows ? "HIT" : "miss")\n"
      if knows { from = min(from, cache.level - 1) }
      walkHeld[index].removeAll { $0 == tag }
      walkHeld[index].insert(tag, at: 0)
      if walkHeld[index].count > cache.geometry.entries { walkHeld[index].removeLast() }
    }
    var parts: [String] = []
    for level in stride(from: from, through: leaf, by: -1) {
      let entry = address >> shift(level) & (1 << bits - 1)
      parts.append("level \(level) [\(entry)]")
    }
    out += "   walk: " + parts.joined(separator: " -> ") + " -> frame\n"
    return machine.costs.walk + machine.costs.perLevelRead * Double(max(0, parts.count - 1))
  }

  /// Brings the page to the front of every array down to where it was found.
  private mutating func fill(_ page: UInt64, upTo hitLevel: Int?, _ out: inout String) {
    for (depth, level) in machine.lookupOrder(kind).enumerated() {
      if let hitLevel, depth > hitLevel { return }
      for index in level where machine.arrays[index].entrySize(pageSize) == pageSize {
        let array = machine.arrays[index]
        let set = SetIndex(array.geometry)(page)
        var entries = held[index][set]
        if let place = entries.firstIndex(of: page) {
          if array.geometry.policy != .fifo {
            entries.remove(at: place)
            entries.insert(page, at: 0)
          }
        } else {
          entries.insert(page, at: 0)
          let gone = entries.count > array.geometry.ways ? entries.removeLast() : nil
          let words = gone.map { ", \(hex($0)) leaves" } ?? ""
          out += "   fill \(array.name) set \(set)\(words)\n"
        }
        held[index][set] = entries
      }
    }
  }
}
