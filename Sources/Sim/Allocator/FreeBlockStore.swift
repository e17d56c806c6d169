/// The free blocks of a zone: doubly linked lists by (order, migrate type), and an index from a
/// block's first frame to its list node.
///
/// State grows with the number of free blocks, not with memory: 16 B a node and 8 to 16 B of hash
/// table, so 1 TiB of untouched memory (262,144 blocks of order 10) takes about 8 MiB.
struct FreeBlockStore: Sendable {
  struct Node: Sendable {
    var frame: UInt32
    var previous: UInt32
    var next: UInt32
    var order: UInt8
    var type: MigrateType
  }

  static let none = UInt32.max
  static let listCount = BuddyAllocator.orderCount * MigrateType.allCases.count

  private(set) var nodes: [Node] = []
  private var spare: [UInt32] = []
  private var table: [UInt32]
  private var tableShift: UInt32
  private var heads = [UInt32](repeating: none, count: listCount)
  private var tails = [UInt32](repeating: none, count: listCount)
  private var lengths = [Int](repeating: 0, count: listCount)

  init() {
    table = [UInt32](repeating: Self.none, count: 64)
    tableShift = 32 - 6
  }

  /// Number of free blocks.
  var count: Int { nodes.count - spare.count }

  var stateBytes: Int {
    nodes.capacity * MemoryLayout<Node>.stride + (table.capacity + spare.capacity) * 4
  }

  @inline(__always)
  private func list(_ order: Int, _ type: MigrateType) -> Int {
    order * MigrateType.allCases.count + Int(type.rawValue)
  }

  func length(_ order: Int, _ type: MigrateType) -> Int { lengths[list(order, type)] }

  /// First frame of the block at the head of a list.
  func head(_ order: Int, _ type: MigrateType) -> UInt32? {
    let node = heads[list(order, type)]
    return node == Self.none ? nil : nodes[Int(node)].frame
  }

  /// Order and type of the free block that starts at `frame`, nil when none starts there.
  func block(at frame: UInt32) -> (order: Int, type: MigrateType)? {
    let slot = find(frame)
    guard table[slot] != Self.none else { return nil }
    let node = nodes[Int(table[slot])]
    return (Int(node.order), node.type)
  }

  /// Adds a block that is not in the store.
  mutating func insert(_ frame: UInt32, order: Int, type: MigrateType, atTail: Bool) {
    if count * 2 >= table.count { grow() }
    let node = Node(
      frame: frame, previous: Self.none, next: Self.none, order: UInt8(order), type: type)
    let index: UInt32
    if let reused = spare.popLast() {
      index = reused
      nodes[Int(index)] = node
    } else {
      index = UInt32(nodes.count)
      nodes.append(node)
    }
    table[find(frame)] = index
    link(index, atTail: atTail)
  }

  /// Removes the block that starts at `frame`; false when none starts there.
  @discardableResult
  mutating func remove(_ frame: UInt32) -> Bool {
    let slot = find(frame)
    let index = table[slot]
    guard index != Self.none else { return false }
    unlink(index)
    spare.append(index)
    closeGap(at: slot)
    return true
  }

  /// Moves a block to the tail of another type's list of the same order.
  mutating func move(_ frame: UInt32, to type: MigrateType) {
    let index = table[find(frame)]
    guard index != Self.none else { return }
    unlink(index)
    nodes[Int(index)].type = type
    link(index, atTail: true)
  }

  /// Frames that start a free block of one list, from head to tail.
  func frames(_ order: Int, _ type: MigrateType) -> [UInt32] {
    var result: [UInt32] = []
    var index = heads[list(order, type)]
    while index != Self.none {
      result.append(nodes[Int(index)].frame)
      index = nodes[Int(index)].next
    }
    return result
  }

  private mutating func link(_ index: UInt32, atTail: Bool) {
    let node = nodes[Int(index)]
    let list = list(Int(node.order), node.type)
    lengths[list] += 1
    if atTail {
      let last = tails[list]
      nodes[Int(index)].previous = last
      nodes[Int(index)].next = Self.none
      if last == Self.none { heads[list] = index } else { nodes[Int(last)].next = index }
      tails[list] = index
    } else {
      let first = heads[list]
      nodes[Int(index)].previous = Self.none
      nodes[Int(index)].next = first
      if first == Self.none { tails[list] = index } else { nodes[Int(first)].previous = index }
      heads[list] = index
    }
  }

  private mutating func unlink(_ index: UInt32) {
    let node = nodes[Int(index)]
    let list = list(Int(node.order), node.type)
    lengths[list] -= 1
    if node.previous == Self.none {
      heads[list] = node.next
    } else {
      nodes[Int(node.previous)].next = node.next
    }
    if node.next == Self.none {
      tails[list] = node.previous
    } else {
      nodes[Int(node.next)].previous = node.previous
    }
  }

  // MARK: hash table, linear probing

  @inline(__always)
  private func home(_ frame: UInt32) -> Int { Int((frame &* 0x9e37_79b1) >> tableShift) }

  /// The slot that holds `frame`, or the empty slot where it belongs.
  @inline(__always)
  private func find(_ frame: UInt32) -> Int {
    let mask = table.count - 1
    var slot = home(frame)
    while table[slot] != Self.none && nodes[Int(table[slot])].frame != frame {
      slot = (slot + 1) & mask
    }
    return slot
  }

  /// Empties `slot` and shifts back what had been displaced by it.
  private mutating func closeGap(at slot: Int) {
    let mask = table.count - 1
    var gap = slot
    var probe = (slot + 1) & mask
    while table[probe] != Self.none {
      let wanted = home(nodes[Int(table[probe])].frame)
      if (probe - wanted) & mask >= (probe - gap) & mask {
        table[gap] = table[probe]
        gap = probe
      }
      probe = (probe + 1) & mask
    }
    table[gap] = Self.none
  }

  private mutating func grow() {
    let old = table
    table = [UInt32](repeating: Self.none, count: old.count * 2)
    tableShift -= 1
    for index in old where index != Self.none {
      table[find(nodes[Int(index)].frame)] = index
    }
  }
}
