/// The obvious TLB: a list a set, most recent first, searched from the front. Split first level,
/// unified second level looked up on a first-level miss.
public struct NaiveHierarchy {
  public struct Array {
    let sets: Int
    let ways: Int
    var content: [[UInt64]]
    public var lookups: UInt64 = 0
    public var misses: UInt64 = 0

    public init(_ entries: Int, _ ways: Int) {
      self.ways = ways
      sets = entries / ways
      content = .init(repeating: [], count: sets)
    }

    /// Whether `page` (number and tag) hits; then it is the most recent.
    mutating func touch(number: UInt64, tag: UInt64) -> Bool {
      let set = Int(number % UInt64(sets))
      if content[set].first == tag { return true }
      let place = content[set].firstIndex(of: tag)
      if let place {
        content[set].remove(at: place)
      } else if content[set].count == ways {
        content[set].removeLast()
      }
      content[set].insert(tag, at: 0)
      return place != nil
    }
  }

  public var code: Array
  public var data: Array
  public var second: Array

  public init(code: Array, data: Array, second: Array) {
    self.code = code
    self.data = data
    self.second = second
  }

  /// One reference to the page of `shift` at `address`.
  public mutating func reference(isCode: Bool, address: UInt64, shift: UInt64) {
    reference(isCode: isCode, pages: [address >> shift], shift: shift)
  }

  /// One reference that touches `pages`: one lookup an array, a miss when any page misses.
  public mutating func reference(isCode: Bool, pages: [UInt64], shift: UInt64) {
    func touchAll(_ array: inout Array) -> Bool {
      array.lookups += 1
      var hit = true
      for page in pages where !array.touch(number: page, tag: page << 6 | shift) { hit = false }
      if !hit { array.misses += 1 }
      return hit
    }
    let hit = isCode ? touchAll(&code) : touchAll(&data)
    if !hit { _ = touchAll(&second) }
  }
}
