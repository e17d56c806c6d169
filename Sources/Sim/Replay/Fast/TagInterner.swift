/// Page numbers of several sizes as 32-bit tags: the low 16 bits of the number, and an id of the
/// size and the rest. The low bits pick the set, so a tag is all a set-associative array needs.
struct TagInterner {
  private var ids: [Key: UInt32] = [:]
  /// Direct-mapped, by low bits of the high part: what was asked last.
  private var recentKeys = [UInt64](repeating: .max, count: 256)
  private var recentIds = [UInt32](repeating: 0, count: 256)

  private struct Key: Hashable {
    let high: UInt64
    let shift: UInt8
  }

  /// The tag of page `number` of a size with `shift`; nil when there are more than 65,535 stretches
  /// of 65,536 pages.
  @inline(__always)
  mutating func tag(_ number: UInt64, _ shift: UInt8) -> UInt32? {
    let high = number &>> 16
    let packed = high &<< 6 | UInt64(shift & 63)
    let slot = Int(truncatingIfNeeded: (high ^ UInt64(shift)) & 255)
    if recentKeys[slot] == packed {
      return recentIds[slot] | UInt32(truncatingIfNeeded: number & 0xffff)
    }
    return slowTag(number, shift, packed, slot)
  }

  @inline(never)
  private mutating func slowTag(
    _ number: UInt64, _ shift: UInt8, _ packed: UInt64, _ slot: Int
  ) -> UInt32? {
    let key = Key(high: number >> 16, shift: shift)
    guard let id = ids[key] ?? (ids.count < 0xffff ? UInt32(ids.count + 1) : nil) else {
      return nil
    }
    ids[key] = id
    recentKeys[slot] = packed
    recentIds[slot] = id << 16
    return recentIds[slot] | UInt32(truncatingIfNeeded: number & 0xffff)
  }
}
