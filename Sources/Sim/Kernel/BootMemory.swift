extension PageAllocator {
  /// The memory of a machine of `bytes` that boots a system: on Linux zones with per-CPU lists,
  /// watermarks and the era's fallback rule, the image's own frames never handed out; elsewhere one
  /// plain zone.
  public init(
    booting profile: SystemProfile, bytes: UInt64, image: LinkedImage, physicalStart: UInt64,
    cmaBytes: UInt64 = 0
  ) {
    let frames = PageSize.base4K.count(bytes)
    guard profile.family == .linux else {
      self.init(frames: frames)
      return
    }
    let page = PageSize.base4K
    let first = min(frames, page.number(physicalStart))
    let end = min(frames, page.number(page.ceil(physicalStart &+ image.range.size)))
    let parts = [0..<first, max(first, end)..<frames].filter { !$0.isEmpty }
    self.init(
      memory: parts.map { FrameNumber($0.lowerBound)..<FrameNumber($0.upperBound) },
      rule: FallbackRule(rawValue: profile.setting("fallbackRule") ?? "") ?? .moveAlways,
      keepsHighOrders: (LinuxEra(rawValue: profile.setting("era") ?? "") ?? .v6_1) >= .v6_1,
      zones: profile.arch == "arm64" ? ZoneBounds.arm64 : ZoneBounds.x86,
      cma: page.count(cmaBytes))
  }

  /// What decides memory before anything runs: systems with equal keys boot with equal memory.
  static func bootKey(_ profile: SystemProfile, image: LinkedImage, physicalStart: UInt64) -> String
  {
    guard profile.family == .linux else { return "plain" }
    let settings = ["fallbackRule", "era"].map { profile.setting($0) ?? "" }
    return (settings + [profile.arch, "\(physicalStart)", "\(image.range.size)"])
      .joined(separator: " ")
  }
}

extension SimulatedKernel {
  /// Takes single pages for something that keeps them; returns how many there were.
  mutating func takePages(_ count: UInt64, _ type: MigrateType) -> UInt64 {
    var taken: UInt64 = 0
    while taken < count, memory.allocate(order: 0, migrateType: type) != nil { taken += 1 }
    return taken
  }

  /// The direct map at boot: the largest leaves, split where the image's code and constants lost
  /// write permission (`mark_rodata_ro` reaches their alias).
  static func directMap(
    _ profile: SystemProfile, _ memory: PageAllocator, image: LinkedImage, physicalStart: UInt64
  ) -> DirectMap {
    let end = memory.zones.map(\.buddy.span.upperBound.address).max() ?? 0
    var map = DirectMap([AddressRange(0, end)], largest: profile.directMap.largest)
    guard profile.directMap.splitsOnProtect, let text = image.range(of: .text) else { return map }
    let upper = (image.range(of: .rodata) ?? text).upper
    let start = physicalStart &+ (text.lower &- image.range.lower)
    let page = profile.basePage
    let readOnly = AddressRange(page.floor(start), page.ceil(start &+ (upper &- text.lower)))
    if readOnly.upper <= end { map.protect(readOnly) }
    return map
  }
}
