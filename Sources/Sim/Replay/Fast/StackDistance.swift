/// Exact LRU stack distances: how many other pages were touched since a page was touched last. One
/// pass gives the misses of fully associative LRU arrays of every size (Mattson et al., 1970).
///
/// Every page's last touch is a bit at its time; a distance is the number of bits set after it.
/// Counts of 512 bits, and of 32 such blocks, keep that short. When time runs out the bits are
/// packed together, in order; memory grows with the pages touched, not with the trace.
public struct StackDistance: ~Copyable {
  private var pages = PageMap()
  /// Time of a page's last touch by page index; 0: never.
  private var last: UnsafeMutablePointer<UInt32>
  private var lastRoom = 1 << 12
  /// Slots of time: a multiple of 2^14.
  private var slots = 1 << 18
  private var bits: UnsafeMutablePointer<UInt64>
  private var owners: UnsafeMutablePointer<UInt32>
  private var blocks: UnsafeMutablePointer<UInt32>
  private var groups: UnsafeMutablePointer<UInt32>
  private var now = 1
  private var previous = UInt64.max
  /// References found at each distance; distance 0 is the page touched just before.
  public private(set) var found: [UInt64] = [0]
  public private(set) var references: UInt64 = 0

  public init() {
    last = .allocate(capacity: 1 << 12)
    last.initialize(repeating: 0, count: 1 << 12)
    bits = Self.zeroed(slots / 64)
    owners = Self.zeroed(slots)
    blocks = Self.zeroed(slots / 512)
    groups = Self.zeroed(slots / 16_384)
  }

  deinit {
    last.deallocate()
    bits.deallocate()
    owners.deallocate()
    blocks.deallocate()
    groups.deallocate()
  }

  private static func zeroed<T: FixedWidthInteger>(_ count: Int) -> UnsafeMutablePointer<T> {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: count)
    memory.initialize(repeating: 0, count: count)
    return memory
  }

  /// One reference to page `number`.
  @inline(__always)
  public mutating func access(_ number: UInt64) {
    references &+= 1
    if number == previous {
      found[0] &+= 1
      return
    }
    previous = number
    let page = pages.index(number)
    if page >= lastRoom { growPages() }
    if now == slots { pack() }
    let then = Int(last[page])
    if then != 0 {
      let distance = after(then)
      if distance >= found.count {
        found.append(contentsOf: repeatElement(0, count: distance &+ 1024 &- found.count))
      }
      found[distance] &+= 1
      bits[then &>> 6] &= ~(1 &<< UInt64(then & 63))
      blocks[then &>> 9] &-= 1
      groups[then &>> 14] &-= 1
    }
    last[page] = UInt32(truncatingIfNeeded: now)
    owners[now] = UInt32(truncatingIfNeeded: page)
    bits[now &>> 6] |= 1 &<< UInt64(now & 63)
    blocks[now &>> 9] &+= 1
    groups[now &>> 14] &+= 1
    now &+= 1
  }

  /// Bits set at times after `then`.
  @inline(__always)
  private func after(_ then: Int) -> Int {
    let word = then &>> 6
    let block = then &>> 9
    let group = then &>> 14
    let lastGroup = (now &- 1) &>> 14
    let lastBlock = (now &- 1) &>> 9
    var count = ((bits[word] &>> UInt64(then & 63)) &>> 1).nonzeroBitCount
    var w = word &+ 1
    while w < (block &+ 1) &* 8 {
      count &+= bits[w].nonzeroBitCount
      w &+= 1
    }
    var b = block &+ 1
    let endOfGroup = min((group &+ 1) &* 32, lastBlock &+ 1)
    while b < endOfGroup {
      count &+= Int(blocks[b])
      b &+= 1
    }
    var g = group &+ 1
    while g <= lastGroup {
      count &+= Int(groups[g])
      g &+= 1
    }
    return count
  }

  private mutating func growPages() {
    let grown: UnsafeMutablePointer<UInt32> = Self.zeroed(lastRoom * 2)
    grown.update(from: last, count: lastRoom)
    last.deallocate()
    last = grown
    lastRoom *= 2
  }

  /// Packs the live bits to the front, into more slots when they fill half of them.
  @inline(never)
  private mutating func pack() {
    var live: [UInt32] = []
    for word in 0..<(slots / 64) {
      var rest = bits[word]
      while rest != 0 {
        live.append(owners[word * 64 + rest.trailingZeroBitCount])
        rest &= rest &- 1
      }
    }
    if live.count > slots / 2 { slots *= 2 }
    bits.deallocate()
    owners.deallocate()
    blocks.deallocate()
    groups.deallocate()
    bits = Self.zeroed(slots / 64)
    owners = Self.zeroed(slots)
    blocks = Self.zeroed(slots / 512)
    groups = Self.zeroed(slots / 16_384)
    for (i, page) in live.enumerated() {
      let time = i + 1
      owners[time] = page
      last[Int(page)] = UInt32(time)
      bits[time >> 6] |= 1 << UInt64(time & 63)
      blocks[time >> 9] += 1
      groups[time >> 14] += 1
    }
    now = live.count + 1
  }

  /// Misses of a fully associative LRU array of `entries`.
  public func misses(entries: Int) -> UInt64 {
    references - found.prefix(entries).reduce(0, +)
  }

  /// Misses of arrays of 1 to `limit` entries.
  public func curve(limit: Int) -> [UInt64] {
    var hits: UInt64 = 0
    return (0..<limit).map { depth in
      hits += depth < found.count ? found[depth] : 0
      return references - hits
    }
  }
}
