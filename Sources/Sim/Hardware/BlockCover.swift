extension BlockRegisters {
  /// Registers one side has.
  public func count(_ kind: AccessKind) -> Int { (kind == .fetch ? instruction : data) + unified }

  /// The blocks that map `range` to physical memory at `physical`, greatest first at each place.
  ///
  /// A block is a power of two in size, aligned to it in virtual and physical space, and no smaller
  /// than the smallest a register takes: a ragged end is covered by a block that reaches beyond it.
  public func blocks(covering range: AddressRange, physical: UInt64) -> [AddressRange] {
    guard !range.isEmpty, smallestBytes > 0, smallestBytes.nonzeroBitCount == 1 else { return [] }
    var blocks: [AddressRange] = []
    var start = range.lower & ~(smallestBytes - 1)
    let distance = physical &- range.lower
    while start < range.upper {
      let alignment = min((start | 1 << 62).trailingZeroBitCount, 62)
      let frame = start &+ distance
      let both = min(alignment, frame == 0 ? 62 : frame.trailingZeroBitCount)
      var size = min(1 << UInt64(both), largestBytes)
      // No larger than what is left, rounded up to the next power of two the register takes.
      while size / 2 >= smallestBytes, size / 2 >= range.upper - start { size /= 2 }
      guard size >= smallestBytes else { return [] }
      blocks.append(AddressRange(start: start, size: size))
      let (next, wrapped) = start.addingReportingOverflow(size)
      if wrapped { break }
      start = next
    }
    return blocks
  }
}

extension Machine {
  /// The translations a system asked to have held (`isLocked`), as far as this machine can hold
  /// them; the others of them are ordinary pages.
  ///
  /// Block registers take the fewest power-of-two blocks over everything asked for at one distance
  /// between virtual and physical addresses, largest first. Lockable entries take the largest
  /// pages first. A machine with neither holds nothing.
  public func holding(_ pages: [Translation]) -> [Translation] {
    guard pages.contains(where: \.isLocked) else { return pages }
    let held = blockRegisters.map { blocks($0, for: pages) } ?? []
    let limit = lockedEntries.map { min($0.instruction ?? .max, $0.data ?? .max) } ?? 0
    let lockable = pages.indices.filter { pages[$0].isLocked }
      .sorted { (pages[$1].size, $0) < (pages[$0].size, $1) }.prefix(limit)
    var result = pages
    for index in pages.indices where pages[index].isLocked {
      let page = AddressRange(start: pages[index].virtualBase, size: pages[index].size.bytes)
      result[index].isLocked = held.contains {
        $0.contains(page.lower) && $0.contains(page.upper - 1)
      }
    }
    for index in lockable { result[index].isLocked = true }
    return result
  }

  private func blocks(_ registers: BlockRegisters, for pages: [Translation]) -> [AddressRange] {
    var hulls: [(distance: UInt64, range: AddressRange)] = []
    for page in pages where page.isLocked {
      let range = AddressRange(start: page.virtualBase, size: page.size.bytes)
      let distance = page.physicalBase &- page.virtualBase
      if let index = hulls.firstIndex(where: { $0.distance == distance }) {
        let hull = hulls[index].range
        hulls[index].range = AddressRange(
          min(hull.lower, range.lower), max(hull.upper, range.upper))
      } else {
        hulls.append((distance, range))
      }
    }
    return hulls.flatMap {
      registers.blocks(covering: $0.range, physical: $0.range.lower &+ $0.distance)
    }
    .sorted { ($1.size, $0.lower) < ($0.size, $1.lower) }
    .prefix(min(registers.count(.fetch), registers.count(.load))).map { $0 }
  }
}
