extension PageAllocator {
  /// The memory of a machine of `bytes` that boots a system: on Linux zones with per-CPU lists,
  /// watermarks and the era's fallback rule, the image's own frames never handed out but for those
  /// it gives back (`LinkedImage.freedAtBoot`); elsewhere one plain zone.
  public init(
    booting profile: SystemProfile, bytes: UInt64, image: LinkedImage, physicalStart: UInt64,
    cmaBytes: UInt64 = 0
  ) {
    guard profile.family == .linux else {
      self.init(frames: PageSize.base4K.count(bytes))
      return
    }
    let page = PageSize.base4K
    let ranges = MemoryMap(profile, bytes: bytes).ranges
    let kept = image.keptAfterBoot(profile, physicalStart: physicalStart)
    let parts = ranges.flatMap { range in
      var parts: [AddressRange] = []
      var cursor = range.lower
      for part in kept where part.overlaps(range) {
        if cursor < part.lower { parts.append(AddressRange(cursor, part.lower)) }
        cursor = max(cursor, min(part.upper, range.upper))
      }
      return parts + (cursor < range.upper ? [AddressRange(cursor, range.upper)] : [])
    }
    self.init(
      memory: parts.map { page.number($0.lower)..<page.number($0.upper) }
        .filter { !$0.isEmpty }
        .map { FrameNumber($0.lowerBound)..<FrameNumber($0.upperBound) },
      rule: FallbackRule(rawValue: profile.setting("fallbackRule") ?? "") ?? .moveAlways,
      keepsHighOrders: (LinuxEra(rawValue: profile.setting("era") ?? "") ?? .v6_1) >= .v6_1,
      zones: profile.arch == "arm64" ? ZoneBounds.arm64 : ZoneBounds.x86,
      cma: page.count(cmaBytes))
    machineBytes = bytes
    guard profile.directMap.splitsOnProtect else { return }
    let reserved = profile.arenas.reduce(0) { $0 + page.count($1.reserved) }
    bootFrames = allocateSinglePages(Int(clamping: min(reserved, freeFrames / 2))).map(\.address)
    drain()
  }

  /// What decides memory before anything runs: systems with equal keys boot with equal memory.
  static func bootKey(_ profile: SystemProfile, image: LinkedImage, physicalStart: UInt64) -> String
  {
    guard profile.family == .linux else { return "plain" }
    let settings = ["fallbackRule", "era"].map { profile.setting($0) ?? "" }
    let reserved =
      profile.directMap.splitsOnProtect ? profile.arenas.reduce(0) { $0 + $1.reserved } : 0
    let kept = image.keptAfterBoot(profile, physicalStart: physicalStart)
    let numbers = ([reserved] + kept.flatMap { [$0.lower, $0.upper] }).map { "\($0)" }
    return (settings + [profile.arch] + numbers).joined(separator: " ")
  }
}

extension SimulatedKernel {
  /// Takes single pages for something that keeps them; returns how many there were.
  mutating func takePages(_ count: UInt64, _ type: MigrateType) -> UInt64 {
    var taken: UInt64 = 0
    while taken < count, memory.allocate(order: 0, migrateType: type) != nil { taken += 1 }
    return taken
  }

  /// The direct map when user code starts to run: the largest leaves, split where the image's code
  /// and constants lost write permission (`mark_rodata_ro` reaches their alias), where the rest of
  /// their large pages was given back (`free_kernel_image_pages`), and by what was made executable
  /// during boot (`PageAllocator.bootFrames`).
  static func directMap(
    _ profile: SystemProfile, _ memory: PageAllocator, image: LinkedImage, physicalStart: UInt64
  ) -> DirectMap {
    let end = memory.zones.map(\.buddy.span.upperBound.address).max() ?? 0
    let place = memory.machineBytes > 0 ? MemoryMap(profile, bytes: memory.machineBytes) : nil
    var map = DirectMap(
      place?.ranges ?? [AddressRange(0, end)], largest: profile.directMap.largest,
      firstBaseBytes: place?.firstBaseBytes ?? 0)
    guard profile.directMap.splitsOnProtect, let text = image.range(of: .text) else { return map }
    let page = profile.basePage
    let physical = physicalStart &- image.range.lower
    let rodata = image.range(of: .rodata) ?? text
    // The code and constants, then the gap between them.
    for (lower, upper) in [(text.lower, rodata.upper), (text.upper, rodata.lower)] {
      let isGap = lower == text.upper
      let start = (isGap ? page.ceil(lower &+ physical) : page.floor(lower &+ physical))
      let end = (isGap ? page.floor(upper &+ physical) : page.ceil(upper &+ physical))
      guard start < end, map.leaf(of: end - 1) != nil else { continue }
      map.protect(AddressRange(start, end))
    }
    for frame in memory.bootFrames { map.protect(AddressRange(start: frame, size: page.bytes)) }
    map.startCounting()
    let large = profile.image.pageSize
    if profile.image.mapping == .splitAtBoundaries, large > page {
      map.countImageSplits(
        image.splitLargePages(base: page, large: large, splitTail: profile.image.splitTail))
    }
    return map
  }
}

/// Where a machine's memory lies.
///
/// On x86-64 device windows take the addresses below 4 GiB: from 2.75 GiB on, 2 GiB lie below and
/// the rest from 4 GiB up; the last 39 pages below hold the firmware's tables (`/proc/iomem` of the
/// recorded guests; QEMU hw/i386/pc_q35.c).
struct MemoryMap {
  let ranges: [AddressRange]
  /// Bytes below 4 GiB, the firmware's among them; all where there is no hole.
  let low: UInt64
  /// Bytes at the end of `low` that are no RAM.
  let tables: UInt64
  /// The first megabyte is mapped by base pages (`init_mem_mapping`, `ISA_END_ADDRESS`).
  let firstBaseBytes: UInt64

  static let holeEnd: UInt64 = 4 << 30

  init(_ profile: SystemProfile, bytes: UInt64) {
    guard profile.family == .linux, profile.arch == "x86-64" else {
      (ranges, low, tables, firstBaseBytes) = ([AddressRange(0, bytes)], bytes, 0, 0)
      return
    }
    low = bytes >= 0xb000_0000 ? 0x8000_0000 : bytes
    tables = low >= 64 << 20 ? 39 * 4096 : 0
    firstBaseBytes = 1 << 20
    let high = AddressRange(start: MemoryMap.holeEnd, size: bytes - low)
    ranges = [AddressRange(0, low - tables)] + (high.isEmpty ? [] : [high])
  }

  /// Where bytes counted through all memory lie: from `from` on, `shift` further (modulo 2^64) than
  /// counted. What falls on the firmware's pages stands for the pages before them.
  var bends: [(from: UInt64, shift: UInt64)] {
    var bends: [(from: UInt64, shift: UInt64)] = []
    if tables > 0 { bends.append((low - tables, 0 &- tables)) }
    if ranges.count > 1 { bends.append((low, MemoryMap.holeEnd - low)) }
    return bends
  }
}
