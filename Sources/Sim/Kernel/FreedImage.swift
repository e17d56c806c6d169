extension LinkedImage {
  /// Physical memory inside the image that Linux gives to the page allocator once it has booted,
  /// in address order, page by page: unrelated pages fill the holes from then on.
  ///
  /// On x86-64 the gaps behind code and behind constants (`mark_rodata_ro`), everything between
  /// data and bss (`free_initmem`, and before it the lock prefixes of `alternatives_smp`), and what
  /// bss holds for encrypted guests (`mem_encrypt_free_decrypted_mem`). A recorded Debian 6.1 guest
  /// logs 2040, 1108, 2824 + 36 and 2036 kB. On arm64 init memory alone.
  public func freedAtBoot(
    _ profile: SystemProfile, physicalStart: UInt64
  ) -> [AddressRange] {
    guard profile.family == .linux else { return [] }
    let page = profile.basePage
    var holes: [(from: UInt64, to: UInt64)] = []
    func gap(_ from: SectionKind, _ to: SectionKind, toEnd: Bool = false) {
      guard let first = range(of: from), let second = range(of: to) else { return }
      holes.append((first.upper, toEnd ? second.upper : second.lower))
    }
    if profile.arch == "x86-64" {
      gap(.text, .rodata)
      gap(.rodata, .data)
      gap(.data, .initData, toEnd: true)
      let tail = profile.image.splitTail
      if tail > LinkedImage.decryptedInUse, let bss = range(of: .bss) {
        let end = (profile.largePage ?? page).floor(bss.upper)
        let start = end - min(end, tail - LinkedImage.decryptedInUse)
        holes.append((max(start, bss.lower), end))
      }
    } else if let initial = range(of: .initData) {
      holes.append((initial.lower, initial.upper))
    }
    let whole = range
    return holes.compactMap { hole in
      let (start, end) = (page.ceil(hole.from), page.floor(hole.to))
      guard whole.lower <= start, start < end, end <= whole.upper else { return nil }
      let (lower, overflow) = physicalStart.addingReportingOverflow(start - whole.lower)
      guard !overflow, AddressRange.highest - min(lower, AddressRange.highest) > end - start
      else { return nil }
      return AddressRange(start: lower, size: end - start)
    }.sorted()
  }

  /// Of the 2 MiB set apart in bss, what the kernel uses (recorded 6.1 guest).
  private static let decryptedInUse: UInt64 = 12 << 10

  /// Physical memory the image keeps, in address order.
  func keptAfterBoot(_ profile: SystemProfile, physicalStart: UInt64) -> [AddressRange] {
    let page = profile.basePage
    let end = max(physicalStart, page.ceil(physicalStart &+ range.size))
    var kept: [AddressRange] = []
    var cursor = page.floor(physicalStart)
    for hole in freedAtBoot(profile, physicalStart: physicalStart) {
      if cursor < hole.lower { kept.append(AddressRange(cursor, hole.lower)) }
      cursor = max(cursor, hole.upper)
    }
    if cursor < end { kept.append(AddressRange(cursor, end)) }
    return kept
  }
}
