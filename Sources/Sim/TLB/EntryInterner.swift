/// What one TLB entry translates: an aligned range of virtual addresses.
struct EntryKey: Hashable {
  /// First address >> shift.
  var number: UInt64
  /// log2 of the bytes the entry covers.
  var shift: UInt8
  var isGlobal: Bool
}

/// Dense ids, from 1, for the entries an array may hold. Ids outlive rebinding, so that what an
/// array holds stays valid while layouts change around it.
struct EntryInterner {
  private var ids: [EntryKey: UInt32] = [:]
  /// Entry of each id; index 0 is unused.
  private(set) var keys: [EntryKey] = [EntryKey(number: 0, shift: 0, isGlobal: true)]

  /// One more than the largest id.
  var count: Int { keys.count }

  mutating func id(_ key: EntryKey) -> UInt32 {
    if let known = ids[key] { return known }
    let id = UInt32(keys.count)
    keys.append(key)
    ids[key] = id
    return id
  }

  /// True when entry `id` translates some address of `range`.
  func overlaps(_ id: Int, _ range: AddressRange) -> Bool {
    let key = keys[id]
    let first = key.number << UInt64(key.shift)
    let last = first | ((1 << UInt64(key.shift)) &- 1)
    return first < range.upper && last >= range.lower
  }
}
