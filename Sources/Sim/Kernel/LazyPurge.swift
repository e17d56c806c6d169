/// Addresses of freed areas that the kernel has unmapped and not yet made free again.
struct UnpurgedAreas: Sendable {
  fileprivate var ranges: [(arena: Int, range: AddressRange)] = []
  /// Guard space included, as the kernel counts it (`vmap_lazy_nr`).
  fileprivate var bytes: UInt64 = 0
}

extension SimulatedKernel {
  /// Areas freed and not yet purged, in the order they were freed.
  public var unpurgedAreas: [AddressRange] { unpurged.ranges.map(\.range) }

  /// Gives a freed area's addresses back: at once, or, where the arena purges lazily, once more
  /// than its limit is pending, all of them by one flush.
  ///
  /// Source: mm/vmalloc.c `free_vmap_area_noflush`, `lazy_max_pages`: 32 MiB times the number of
  /// bits of the processor count. Kernels with strict RWX purge at every load and unload instead.
  mutating func giveAddresses(_ range: AddressRange, arena: Int) {
    let rules = profile.arenas[arena]
    guard rules.lazyPurge > 0 else {
      arenas[arena].free(range)
      return
    }
    unpurged.ranges.append((arena, range))
    unpurged.bytes += range.size + rules.guardPages * profile.basePage.bytes
    if unpurged.bytes > rules.lazyPurge { purge() }
  }

  /// Addresses of `size` bytes. What is pending is purged first where there is no room without.
  mutating func takeAddresses(
    _ size: UInt64, alignment: UInt64, arena: Int
  ) -> AddressRange? {
    if let range = arenas[arena].allocate(size: size, alignment: alignment) { return range }
    guard !unpurged.ranges.isEmpty else { return nil }
    purge()
    return arenas[arena].allocate(size: size, alignment: alignment)
  }

  private mutating func purge() {
    for (arena, range) in unpurged.ranges { arenas[arena].free(range) }
    unpurged = UnpurgedAreas()
    flushes += 1
  }
}
