/// Where the engine sends the references to a site at one level, compiled into one word: from the
/// top, whether the tag depends on the address space, whether repeats must be sent, 2 free bits,
/// route (8), set (its low 8 bits first, then 12), tag (32).
///
/// In the list of its route a key becomes an entry: position in the block (12), set (20), tag (32).
enum PageKey {
  static let perSpace: UInt64 = 1 << 63
  /// Set unless looking up what was looked up last in the set changes nothing.
  static let eager: UInt64 = 1 << 62
  static let routeShift: UInt64 = 52
  static let routeBits = 8
  /// Route and low bits of the set, in one field.
  static let placeShift: UInt64 = 44
  static let placeMask = 0xffff
  static let setBits = 8
  /// Of the position in an entry.
  static let positionShift: UInt64 = 52

  static func make(
    route: Int, set: Int, tag: UInt32, isGlobal: Bool, forgetsRepeats: Bool
  ) -> UInt64 {
    let set = UInt64(set)
    let flags = (isGlobal ? 0 : perSpace) | (forgetsRepeats ? 0 : eager)
    return flags | UInt64(route) << routeShift | (set & 0xff) << placeShift | (set >> 8) << 32
      | UInt64(tag)
  }

  /// The key of sites no array of the level holds.
  static func pseudo(_ route: Int, tag: UInt32 = 0) -> UInt64 {
    make(route: route, set: 0, tag: tag, isGlobal: true, forgetsRepeats: false)
  }

  @inline(__always)
  static func route(_ key: UInt64) -> Int { Int(truncatingIfNeeded: key &>> routeShift) & 0xff }

  @inline(__always)
  static func tag(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key) }

  /// The entry of a key at a position, `space` being added to tags that depend on it.
  @inline(__always)
  static func entry(_ key: UInt64, _ space: UInt64, at position: Int) -> UInt64 {
    let tag = (key & 0xffff_ffff) &+ (space & (0 &- (key &>> 63)))
    let set = (key &>> placeShift & 0xff) | (key &>> 32 & 0xfff) &<< 8
    return UInt64(position) &<< positionShift | set &<< 32 | tag
  }
}
