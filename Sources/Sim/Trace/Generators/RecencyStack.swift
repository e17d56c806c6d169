/// Items in the order of their last use, newest first. A use costs its depth, which is short where
/// references are local; every item is found by looking at newer ones first.
struct RecencyStack: Sendable {
  // Safe: indices run from a depth below the count down to 0.
  private(set) var items: [Int32]

  init(_ items: [Int32] = []) { self.items = items }

  var count: Int { items.count }

  subscript(depth: Int) -> Int32 {
    @inline(__always) get { items[depth] }
  }

  /// Depth of `item`; nil when it was never used.
  @inline(__always)
  func depth(_ item: Int32) -> Int? {
    unsafe items.withUnsafeBufferPointer { items in
      var at = 0
      while at < items.count {
        if unsafe items[at] == item { return at }
        at &+= 1
      }
      return nil
    }
  }

  /// Brings the item at `depth` to the top.
  @inline(__always)
  mutating func use(depth: Int) {
    guard depth > 0 else { return }
    unsafe items.withUnsafeMutableBufferPointer { items in
      let item = unsafe items[depth]
      var at = depth
      while at > 0 {
        unsafe items[at] = items[at &- 1]
        at &-= 1
      }
      unsafe items[0] = item
    }
  }

  mutating func insert(_ item: Int32) {
    items.append(item)
    use(depth: items.count - 1)
  }
}
