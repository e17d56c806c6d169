/// Exact LRU stack distances: how many other pages were touched since a page was touched last. One
/// pass gives the misses of fully associative LRU arrays of every size (Mattson et al., 1970).
///
/// Every page's last touch is a bit at its time; a distance is the number of bits set after it, see
/// `TimeBits`. When time runs out the bits are packed together, in order; memory grows with the
/// pages touched, not with the trace.
@safe public struct StackDistance: ~Copyable {
  // Safe: the tables live from `init` to `deinit`; tags stay below `lastRoom` and distances below
  // `countRoom`, both grown before a block runs, and `now` is packed down before it reaches the
  // last slot.
  private static let block = 1024
  private static let firstSlots = 1 << 19

  private var interner = StretchInterner(lowBits: 6, window: 1 << 12)
  /// Time of a page's last touch by tag; 0: never.
  private var last: UnsafeMutablePointer<UInt32>
  private var lastRoom = 1 << 12
  private var time: TimeBits
  /// The page touched at each time, by tag.
  private var owners: UnsafeMutablePointer<UInt32>
  private var now = 1
  private var live = 0
  /// The bits of the 64 slots `now` lies in: counted when they are full.
  private var open: UInt64 = 0
  private var filter = RunFilter()
  private var counts: UnsafeMutablePointer<UInt64>
  private var countRoom = 1 << 12
  private let pages: UnsafeMutablePointer<UInt64>
  private let tags: UnsafeMutablePointer<UInt32>
  public private(set) var references: UInt64 = 0

  public init() {
    unsafe last = StackDistance.zeroed(1 << 12)
    time = TimeBits(slots: StackDistance.firstSlots)
    unsafe owners = StackDistance.zeroed(StackDistance.firstSlots)
    unsafe counts = StackDistance.zeroed(1 << 12)
    unsafe pages = StackDistance.zeroed(StackDistance.block + 1)
    unsafe tags = StackDistance.zeroed(StackDistance.block + 1)
  }

  deinit {
    unsafe last.deallocate()
    unsafe owners.deallocate()
    unsafe counts.deallocate()
    unsafe pages.deallocate()
    unsafe tags.deallocate()
  }

  static func zeroed<T: FixedWidthInteger>(_ count: Int) -> UnsafeMutablePointer<T> {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: count)
    unsafe memory.initialize(repeating: 0, count: count)
    return unsafe memory
  }

  /// True when more stretches of memory were touched than can be told apart: the counts are void.
  public var isFull: Bool { interner.count > interner.limit }

  /// One reference to page `number`.
  public mutating func access(_ number: UInt64) {
    unsafe withUnsafePointer(to: number) {
      unsafe process(UnsafeBufferPointer(start: $0, count: 1), shift: 0)
    }
  }

  /// References to the pages `addresses` lie on, pages having 2^shift bytes.
  public mutating func process(_ addresses: UnsafeBufferPointer<UInt64>, shift: UInt8) {
    guard let start = addresses.baseAddress else { return }
    var i = 0
    while i < addresses.count {
      let count = min(StackDistance.block, addresses.count &- i)
      let kept = unsafe filter.collapse(start + i, count, shift: UInt64(shift), pages)
      references &+= UInt64(count)
      unsafe counts[0] &+= UInt64(count &- kept)
      unsafe interner.tags(pages, kept, shift: 0, tags)
      makeRoom(kept)
      touch(kept)
      i &+= count
    }
  }

  private mutating func touch(_ count: Int) {
    let (tags, last, owners, counts) = unsafe (tags, last, owners, counts)
    let time = TimeView(time)
    var (now, live, open) = (now, live, open)
    var i = 0
    while i < count {
      let tag = unsafe Int(tags[i])
      let then = unsafe Int(last[tag])
      if then != 0 {
        // The bit is in the word being filled, or in those counted.
        let isOpen: UInt64 = then >= now & ~63 ? 1 : 0
        let bit: UInt64 = 1 &<< UInt64(then & 63)
        let later = open & ((0 &- (bit &<< 1)) | (isOpen &- 1))
        unsafe counts[time.after(then) &+ later.nonzeroBitCount] &+= 1
        open &= ~(bit & (0 &- isOpen))
        time.clear(then, 1 &- isOpen)
      } else {
        live &+= 1
      }
      open |= 1 &<< UInt64(now & 63)
      unsafe last[tag] = UInt32(truncatingIfNeeded: now)
      unsafe owners[now] = UInt32(truncatingIfNeeded: tag)
      now &+= 1
      if now & 63 == 0 {
        time.close(now &- 64, open)
        open = 0
      }
      i &+= 1
    }
    (self.now, self.live, self.open) = (now, live, open)
  }

  /// Room for `count` more touches, of pages seen or new.
  private mutating func makeRoom(_ count: Int) {
    let tagged = (min(interner.count, interner.limit) + 1) << Int(interner.lowBits)
    if tagged > lastRoom {
      let room = max(tagged, lastRoom * 2)
      let grown: UnsafeMutablePointer<UInt32> = unsafe StackDistance.zeroed(room)
      unsafe grown.update(from: last, count: lastRoom)
      unsafe last.deallocate()
      unsafe (last, lastRoom) = (grown, room)
    }
    if now + count >= time.slots { pack() }
    if live + count >= countRoom {
      let room = max(live + count + 1, countRoom * 2)
      let grown: UnsafeMutablePointer<UInt64> = unsafe StackDistance.zeroed(room)
      unsafe grown.update(from: counts, count: countRoom)
      unsafe counts.deallocate()
      unsafe (counts, countRoom) = (grown, room)
    }
  }

  /// Packs the live bits to the front, into more slots when they fill a quarter of them.
  @inline(never)
  private mutating func pack() {
    let packed: UnsafeMutablePointer<UInt32> = unsafe StackDistance.zeroed(live + 1)
    defer { unsafe packed.deallocate() }
    var count = 0
    unsafe time.words[now / 64] = open
    for word in 0..<(time.slots / 64) {
      var rest = unsafe time.words[word]
      while rest != 0 {
        unsafe packed[count] = owners[word * 64 + rest.trailingZeroBitCount]
        count += 1
        rest &= rest &- 1
      }
    }
    let slots = count > time.slots / 4 ? time.slots * 2 : time.slots
    if slots > time.slots {
      unsafe owners.deallocate()
      unsafe owners = StackDistance.zeroed(slots)
    }
    time = TimeBits(slots: slots)
    for i in 0..<count {
      unsafe owners[i + 1] = packed[i]
      unsafe last[Int(packed[i])] = UInt32(i + 1)
    }
    now = count + 1
    let view = TimeView(time)
    for word in 0..<(now / 64) { view.close(word * 64, word == 0 ? ~1 : ~0) }
    open = (1 << UInt64(now & 63) - 1) & (now < 64 ? ~1 : ~0)
  }

  /// References found at each distance; distance 0 is the page touched just before.
  public var found: [UInt64] {
    var found = unsafe Array(UnsafeBufferPointer(start: counts, count: min(live + 1, countRoom)))
    while found.count > 1, found.last == 0 { found.removeLast() }
    return found
  }

  /// Misses of a fully associative LRU array of `entries`.
  public func misses(entries: Int) -> UInt64 {
    references - found.prefix(entries).reduce(0, +)
  }

  /// Misses of arrays of 1 to `limit` entries.
  public func curve(limit: Int) -> [UInt64] {
    let found = found
    var hits: UInt64 = 0
    return (0..<limit).map { depth in
      hits += depth < found.count ? found[depth] : 0
      return references - hits
    }
  }
}
