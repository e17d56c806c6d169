/// Belady's bound: the entry used again furthest in the future goes (Belady, 1966; Mattson et al.,
/// 1970). It needs the whole future, so it runs over a finished list of lookups. No array that must
/// fill on every miss can miss less.
public enum Optimal {
  /// Which lookups miss.
  ///
  /// - Parameters:
  ///   - pages: what is looked up, in order, as indices below `pageCount`.
  ///   - sets: the set of each page, by page.
  public static func misses(
    _ pages: [UInt32], pageCount: Int, sets: [Int], geometry: TLBGeometry
  ) -> [Bool] {
    let never = pages.count
    var next = [Int](repeating: never, count: pages.count)
    var soonest = [Int](repeating: never, count: pageCount)
    for i in stride(from: pages.count - 1, through: 0, by: -1) {
      let page = Int(pages[i])
      next[i] = soonest[page]
      soonest[page] = i
    }
    let ways = geometry.ways
    var held = [UInt32](repeating: .max, count: geometry.entries)
    var uses = [Int](repeating: never, count: geometry.entries)
    var missed = [Bool](repeating: false, count: pages.count)
    for (i, page) in pages.enumerated() {
      let first = sets[Int(page)] * ways
      var way = first
      var furthest = first
      while way < first + ways, held[way] != page {
        if held[furthest] != .max, held[way] == .max || uses[way] > uses[furthest] {
          furthest = way
        }
        way += 1
      }
      if way == first + ways {
        way = furthest
        held[way] = page
        missed[i] = true
      }
      uses[way] = next[i]
    }
    return missed
  }
}
