/// Which page sizes map a piece: the S-rules.
public enum PageSizeKind: String, CaseIterable, Sendable {
  /// S1: base pages only.
  case base
  /// S2: a large page where the frames are contiguous and aligned and all attributes equal.
  case promotion
  /// S3: large pages for opted-in modules whose frames allow it, else base pages in silence.
  case optIn
  /// S4: those of the container (nucleus slack, preload); no mapping of its own.
  case inherit
  /// S5: base pages, with the contiguous hint where a whole run is contiguous and aligned.
  case contiguousHint
  /// Text from a cache of 2 MiB read-only-executable blocks (Linux 6.15 and later).
  case textCache
  /// No translation at all.
  case unmapped

  /// The mappings of a piece.
  ///
  /// - Parameters:
  ///   - range: aligned to `base`.
  ///   - frames: physical address by base page.
  ///   - seams: addresses where page attributes change (where section kinds meet); a large page
  ///     with a seam inside is not made.
  ///   - isOptedIn: the module is one that asked for large pages (S3).
  ///   - hintPages: base pages of one contiguous-hint run (S5).
  public func mappings(
    _ range: AddressRange, frames: [UInt64], base: PageSize, large: PageSize?,
    seams: [UInt64] = [], isOptedIn: Bool = false, hintPages: Int = 0
  ) -> [Mapping] {
    guard !range.isEmpty, frames.count == Int(range.size >> UInt64(base.shift)) else { return [] }
    switch self {
    case .inherit, .unmapped: return []
    case .base, .textCache:
      return [Mapping(range, pageSize: base, backing: .scattered(frames))]
    case .promotion, .optIn:
      guard self == .promotion || isOptedIn, let large, large > base else {
        return [Mapping(range, pageSize: base, backing: .scattered(frames))]
      }
      // An opted-in driver is mapped with one set of attributes, so seams do not split it.
      let cuts = self == .promotion ? seams : []
      return blocks(range, frames, base, large.bytes, cuts).map { block in
        let first = Int((block.range.lower - range.lower) >> UInt64(base.shift))
        let count = Int(block.range.size >> UInt64(base.shift))
        return block.isWhole
          ? Mapping(block.range, pageSize: large, backing: .contiguous(frames[first]))
          : Mapping(
            block.range, pageSize: base,
            backing: .scattered(Array(frames[first..<first + count])))
      }
    case .contiguousHint:
      guard hintPages > 1, hintPages.nonzeroBitCount == 1 else {
        return [Mapping(range, pageSize: base, backing: .scattered(frames))]
      }
      let unit = base.bytes * UInt64(hintPages)
      return blocks(range, frames, base, unit, seams).map { block in
        let first = Int((block.range.lower - range.lower) >> UInt64(base.shift))
        let count = Int(block.range.size >> UInt64(base.shift))
        return Mapping(
          block.range, pageSize: base, backing: .scattered(Array(frames[first..<first + count])),
          hasContiguousHint: block.isWhole)
      }
    }
  }

  /// Cuts `range` into aligned units that are contiguous, aligned and without a seam, and what lies
  /// between them.
  private func blocks(
    _ range: AddressRange, _ frames: [UInt64], _ base: PageSize, _ unit: UInt64,
    _ seams: [UInt64]
  ) -> [(range: AddressRange, isWhole: Bool)] {
    var result: [(range: AddressRange, isWhole: Bool)] = []
    var run = range.lower
    var address = (range.lower + unit - 1) & ~(unit - 1)
    while address >= range.lower, address < range.upper, range.upper - address >= unit {
      let first = Int((address - range.lower) >> UInt64(base.shift))
      let count = Int(unit >> UInt64(base.shift))
      let whole =
        frames[first] & (unit - 1) == 0
        && (1..<count).allSatisfy {
          frames[first + $0] == frames[first] + UInt64($0) << UInt64(base.shift)
        }
        && !seams.contains { address < $0 && $0 < address + unit }
      if whole {
        if run < address { result.append((AddressRange(run, address), false)) }
        result.append((AddressRange(start: address, size: unit), true))
        run = address + unit
      }
      address += unit
    }
    if run < range.upper { result.append((AddressRange(run, range.upper), false)) }
    return result
  }
}
