/// A hashed page table in the PowerPC manner: groups of eight entries, a primary and a secondary
/// hash. Built from what is mapped, in mapping order.
///
/// Source: PowerPC architecture, book III: the secondary hash is the complement of the primary.
struct HashedTable {
  static let groupSize = 8
  let groupMask: UInt64
  private var groups: [UInt64: [UInt64]] = [:]
  private var displaced = 0

  /// At least twice as many slots as mapped pages, and no fewer than 1024 groups.
  init(pages: Int) {
    var count: UInt64 = 1024
    while count * UInt64(HashedTable.groupSize) < UInt64(max(0, pages)) * 2 { count *= 2 }
    groupMask = count - 1
  }

  /// The primary group of the page `number`; `segment` is the address's 256 MiB segment.
  func primary(_ number: UInt64, segment: UInt64) -> UInt64 {
    let virtualSegment = segment &* 0x9e37_79b1
    return (virtualSegment ^ (number & 0xffff)) & groupMask
  }

  func secondary(_ primary: UInt64) -> UInt64 { ~primary & groupMask }

  /// Enters a page: the primary group if it has room, else the secondary, else it stays out and
  /// every walk to it ends in software.
  mutating func insert(_ key: UInt64, number: UInt64, segment: UInt64) {
    let first = primary(number, segment: segment)
    for group in [first, secondary(first)]
    where groups[group, default: []].count < HashedTable.groupSize {
      if groups[group, default: []].contains(key) { return }
      groups[group, default: []].append(key)
      return
    }
    displaced += 1
  }

  /// Entries a search reads, and whether it finds the page.
  func search(_ key: UInt64, number: UInt64, segment: UInt64) -> (reads: Int, found: Bool) {
    let first = primary(number, segment: segment)
    if let place = groups[first]?.firstIndex(of: key) { return (place + 1, true) }
    if let place = groups[secondary(first)]?.firstIndex(of: key) {
      return (HashedTable.groupSize + place + 1, true)
    }
    return (2 * HashedTable.groupSize, false)
  }
}

/// A table probed once and refilled by software: SPARC's TSB, Itanium's VHPT, the hardware-visible
/// table of PA-RISC. Direct-mapped, tagged.
struct ProbedTable {
  private var tags: [UInt64]
  let entries: Int

  init(entries: Int) {
    self.entries = max(1, entries)
    tags = Array(repeating: 0, count: max(1, entries))
  }

  /// True when the probe finds `key` (never 0); otherwise software enters it.
  mutating func probe(_ key: UInt64, number: UInt64) -> Bool {
    let slot = Int(number % UInt64(entries))
    if tags[slot] == key { return true }
    tags[slot] = key
    return false
  }

  mutating func clear() { for slot in tags.indices { tags[slot] = 0 } }
}
