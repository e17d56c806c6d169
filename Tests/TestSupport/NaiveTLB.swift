public import Sim

/// One TLB array in obvious code: a list of entries a set, searched and edited in place. The oracle
/// the fast arrays are compared with.
public struct NaiveTLB {
  struct Entry {
    var page: String
    var used = false
    var value = 0
    var age = 0
  }

  let geometry: TLBGeometry
  let ways: Int
  var sets: [[Entry?]]
  var clock = 0
  var hands: [Int]
  /// Tree-PLRU: by set, by group, which half of each inner node was touched last.
  var trees: [[[Bool]]]
  var lastGroup: [Int]
  var random: Xoshiro

  public init(_ geometry: TLBGeometry, wired: Int = 0, seed: UInt64 = 0) {
    self.geometry = geometry
    ways = geometry.ways - wired
    sets = Array(repeating: Array(repeating: nil, count: ways), count: geometry.sets)
    hands = Array(repeating: 0, count: geometry.sets)
    let groups = geometry.policy == .mru3plru4 ? 3 : 1
    trees = Array(
      repeating: Array(repeating: Array(repeating: true, count: ways), count: groups),
      count: geometry.sets)
    lastGroup = Array(repeating: 2, count: geometry.sets)
    random = Xoshiro(seed: seed)
  }

  /// One reference to page `number`, whose identity over all sizes is `page`. True on a hit.
  public mutating func access(_ number: UInt64, _ page: String) -> Bool {
    let set = index(number)
    clock += 1
    if let way = sets[set].firstIndex(where: { $0?.page == page }) {
      touch(set, way, hit: true)
      return true
    }
    let way = fillWay(set)
    sets[set][way] = Entry(page: page, age: clock)
    touch(set, way, hit: false)
    return false
  }

  public mutating func remove(where stale: (String) -> Bool) {
    for set in sets.indices {
      for way in sets[set].indices {
        if let entry = sets[set][way], stale(entry.page) { sets[set][way] = nil }
      }
    }
  }

  func index(_ number: UInt64) -> Int {
    switch geometry.index {
    case .linear: return Int(number % UInt64(geometry.sets))
    case .xor(let bits):
      let size = UInt64(1) << UInt64(bits)
      return Int((number % size) ^ (number / size % size))
    }
  }

  func entry(_ set: Int, _ way: Int) -> Entry { sets[set][way] ?? Entry(page: "") }

  mutating func touch(_ set: Int, _ way: Int, hit: Bool) {
    switch geometry.policy {
    case .lru: sets[set][way]?.age = clock
    case .fifo, .random, .opt: break
    case .tplru: touchTree(set, 0, way, ways)
    case .mru3plru4:
      lastGroup[set] = way / 4
      touchTree(set, way / 4, way % 4, 4)
    case .nru:
      sets[set][way]?.used = true
      if sets[set].allSatisfy({ $0?.used == true }) {
        for other in 0..<ways where other != way { sets[set][other]?.used = false }
      }
    case .srrip: sets[set][way]?.value = hit ? 0 : 2
    case .lfu: sets[set][way]?.value += 1
    case .nlu: if hands[set] == way { hands[set] = (way + 1) % ways }
    case .clock: sets[set][way]?.used = hit
    }
  }

  /// Walks down from the root: node n's children are 2n + 1 and 2n + 2.
  mutating func touchTree(_ set: Int, _ group: Int, _ way: Int, _ leaves: Int) {
    var (low, high, node) = (0, leaves, 0)
    while high - low > 1 {
      let middle = (low + high) / 2
      let right = way >= middle
      trees[set][group][node] = right
      if right { low = middle } else { high = middle }
      node = 2 * node + (right ? 2 : 1)
    }
  }

  func coldLeaf(_ set: Int, _ group: Int, _ leaves: Int) -> Int {
    var (low, high, node) = (0, leaves, 0)
    while high - low > 1 {
      let middle = (low + high) / 2
      let right = !trees[set][group][node]
      if right { low = middle } else { high = middle }
      node = 2 * node + (right ? 2 : 1)
    }
    return low
  }

  mutating func fillWay(_ set: Int) -> Int {
    let empty = sets[set].firstIndex { $0 == nil }
    switch geometry.policy {
    case .tplru, .mru3plru4:
      let group = geometry.policy == .tplru ? 0 : (lastGroup[set] + 1) % 3
      let leaves = geometry.policy == .tplru ? ways : 4
      let own = group * 4 + coldLeaf(set, group, leaves)
      return sets[set][own] == nil ? own : empty ?? own
    default: break
    }
    if let empty { return empty }
    let all = Array(0..<ways)
    switch geometry.policy {
    case .lru, .fifo: return all.min { entry(set, $0).age < entry(set, $1).age } ?? 0
    case .random: return random.below(ways)
    case .nru: return all.first { !entry(set, $0).used } ?? 0
    case .lfu: return all.min { (entry(set, $0).value, $0) < (entry(set, $1).value, $1) } ?? 0
    case .srrip:
      while true {
        if let way = all.first(where: { entry(set, $0).value == 3 }) { return way }
        for way in all { sets[set][way]?.value += 1 }
      }
    case .clock:
      while entry(set, hands[set]).used {
        sets[set][hands[set]]?.used = false
        hands[set] = (hands[set] + 1) % ways
      }
      let way = hands[set]
      hands[set] = (way + 1) % ways
      return way
    case .nlu: return hands[set]
    case .tplru, .mru3plru4, .opt: return 0
    }
  }
}
