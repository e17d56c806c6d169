/// Why a lookup of a TLB array missed. Every miss has exactly one cause; the first that applies.
///
/// The yardstick is a fully associative LRU array of the same capacity that sees the same lookups
/// and is never flushed (Hill and Smith, 1989, with flushes told apart).
public enum MissCause: Int, CaseIterable, Sendable {
  /// The array was never asked for this entry before.
  case compulsory
  /// The yardstick lost the entry too: more entries were looked up since than the array holds.
  case capacity
  /// The yardstick holds the entry, nothing invalidated it: sets or the replacement rule lost it.
  case conflict
  /// The yardstick holds the entry, and an invalidation took it out of the array.
  case flush

  /// `compulsory`, ….
  public var name: String { "\(self)" }
}

/// Misses by cause.
public struct MissCauses: Hashable, Sendable {
  /// By `MissCause.rawValue`.
  private var counts: SIMD4<UInt64> = .zero

  public init() {}

  public subscript(cause: MissCause) -> UInt64 {
    get { counts[cause.rawValue] }
    set { counts[cause.rawValue] = newValue }
  }

  public var total: UInt64 { counts.wrappedSum() }

  public static func + (a: MissCauses, b: MissCauses) -> MissCauses {
    var sum = a
    sum.counts &+= b.counts
    return sum
  }

  public static func - (a: MissCauses, b: MissCauses) -> MissCauses {
    var difference = a
    difference.counts &-= b.counts
    return difference
  }
}

/// What the labels of one array rest on: the yardstick's content as a list in order of use, and
/// what was seen and invalidated of every entry. Entries are dense indices from 1, index 0 heads
/// the list; an entry may have up to 16 pages with valid bits of their own.
@safe struct MissShadow {
  // Safe: links are indices below `room`: a node is linked only once `reserve` made room for it.
  // The labeller frees the nodes.
  private struct Node {
    var previous: UInt32 = 0
    var next: UInt32 = 0
    /// Pages looked up at some time.
    var seen: UInt16 = 0
    /// Pages an invalidation took out of the array, not refilled since.
    var flushed: UInt16 = 0
    /// Pages the yardstick holds; 0: the entry is not in the list.
    var held: UInt16 = 0
  }

  let capacity: Int
  private var nodes: UnsafeMutablePointer<Node>
  private var room: Int
  private var count = 0

  init(capacity: Int, room: Int = 1024) {
    self.capacity = max(1, capacity)
    self.room = max(2, room)
    unsafe nodes = .allocate(capacity: self.room)
    unsafe nodes.initialize(repeating: Node(), count: self.room)
  }

  func deallocate() { unsafe nodes.deallocate() }

  /// Makes room for indices below `size`.
  mutating func reserve(_ size: Int) {
    guard size > room else { return }
    let grown = max(size, 2 * room)
    let moved = UnsafeMutablePointer<Node>.allocate(capacity: grown)
    unsafe moved.initialize(repeating: Node(), count: grown)
    unsafe moved.update(from: nodes, count: room)
    unsafe nodes.deallocate()
    unsafe nodes = moved
    room = grown
  }

  /// Looks `pages` of entry `index` up. Returns whether the yardstick held them.
  @inline(__always)
  mutating func touch(_ index: Int, _ pages: UInt16) -> Bool {
    let node = unsafe nodes + index
    let held = unsafe node.pointee.held
    unsafe node.pointee.held = held | pages
    let first = unsafe nodes.pointee.next
    if Int(first) == index { return held & pages != 0 }
    if held != 0 {
      unsafe unlink(node)
    } else if count == capacity {
      let last = unsafe nodes + Int(nodes.pointee.previous)
      unsafe last.pointee.held = 0
      unsafe unlink(last)
    } else {
      count &+= 1
    }
    let head = unsafe nodes.pointee.next
    unsafe node.pointee.next = head
    unsafe node.pointee.previous = 0
    unsafe nodes[Int(head)].previous = UInt32(truncatingIfNeeded: index)
    unsafe nodes.pointee.next = UInt32(truncatingIfNeeded: index)
    return held & pages != 0
  }

  @inline(__always)
  private func unlink(_ node: UnsafeMutablePointer<Node>) {
    let (previous, next) = unsafe (node.pointee.previous, node.pointee.next)
    unsafe nodes[Int(previous)].next = next
    unsafe nodes[Int(next)].previous = previous
  }

  /// The cause of a miss of `pages` of entry `index`, which `touch` said the yardstick `held`.
  mutating func cause(_ index: Int, _ pages: UInt16, held: Bool) -> MissCause {
    let node = unsafe nodes + index
    let isKnown = unsafe node.pointee.seen & pages != 0
    let wasFlushed = unsafe node.pointee.flushed & pages != 0
    unsafe node.pointee.seen |= pages
    unsafe node.pointee.flushed &= ~pages
    guard isKnown else { return .compulsory }
    guard held else { return .capacity }
    return wasFlushed ? .flush : .conflict
  }

  /// An invalidation took `pages` of entry `index` out of the array.
  mutating func flush(_ index: Int, _ pages: UInt16) {
    guard index < room else { return }
    unsafe nodes[index].flushed |= pages
  }
}
