/// Pages by the aligned group of neighbours an array may merge them with: only in a group that
/// gets a new page can the entries of others change.
struct MergeGroups {
  /// Pages of a group.
  private let limit: Int
  private var members: [Key: [Int]] = [:]

  private struct Key: Hashable {
    let size: PageSize
    let group: UInt64
  }

  /// - Parameter limit: most pages an entry merges, a power of two.
  init(_ limit: Int) { self.limit = limit }

  /// Adds pages numbered from `first` on. Returns, in order, the pages of the groups they fall in:
  /// these, and those there before.
  mutating func add(_ pages: [Translation], from first: Int) -> [Int] {
    guard limit > 1 else { return [] }
    var touched: Set<Key> = []
    for (i, page) in pages.enumerated() {
      let bytes = page.size.bytes &* UInt64(limit)
      let key = Key(size: page.size, group: page.virtualBase & ~(bytes &- 1))
      members[key, default: []].append(first + i)
      touched.insert(key)
    }
    var all: [Int] = []
    for key in touched { all += members[key] ?? [] }
    return all.sorted()
  }

  mutating func removeAll() { members.removeAll(keepingCapacity: true) }
}
