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
  /// How many entries or registers of one side can hold translations that never miss: block
  /// registers and lockable entries together.
  public func pinnableEntries(_ kind: AccessKind) -> Int {
    let locked = lockedEntries.map { (kind == .fetch ? $0.instruction : $0.data) ?? 0 } ?? 0
    return locked + (blockRegisters?.count(kind) ?? 0)
  }

  /// The translations of a layout with those pinned that this machine can pin: pages inside blocks
  /// its block registers cover, as many blocks as it has registers, largest first.
  public func pinning(_ image: AddressRange, physical: UInt64, in pages: [Translation])
    -> [Translation]
  {
    guard let registers = blockRegisters else { return pages }
    let room = min(registers.count(.fetch), registers.count(.load))
    let covered = registers.blocks(covering: image, physical: physical)
      .sorted { ($1.size, $0.lower) < ($0.size, $1.lower) }.prefix(room)
    return pages.map { page in
      var page = page
      let last = page.virtualBase &+ (page.size.bytes - 1)
      if covered.contains(where: { $0.contains(page.virtualBase) && $0.contains(last) }) {
        page.isLocked = true
      }
      return page
    }
  }
}
