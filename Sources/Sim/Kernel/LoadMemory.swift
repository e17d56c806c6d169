/// Memory a load takes beside the module's own areas.
extension SimulatedKernel {
  /// Pages that hold the module's file while the loader works on it (`kernel_read_file`,
  /// `copy_module_from_user`: single pages, given back before its init runs).
  mutating func copyFile(
    _ module: KernelModule, _ phase: LoadPhase
  ) throws(MemoryFailure) -> [UInt64] {
    guard phase == .runtime, profile.flag("fileCopy") else { return [] }
    let wanted = Int(PageSize.base4K.count(module.fileBytes))
    let pages = memory.allocateSinglePages(wanted).map(\.address)
    if pages.count == wanted { return pages }
    give(pages)
    throw .noFrames(pages: wanted)
  }

  /// Freed memory leaves the direct map and comes back page by page (`vm_remove_mappings`,
  /// `set_area_direct_map`), writable parts too.
  mutating func resetDirectMap(_ frames: [UInt64]) {
    guard profile.directMap.splitsOnFree else { return }
    for frame in frames {
      directMap.protect(AddressRange(start: frame, size: profile.basePage.bytes))
    }
  }

  /// The process that asks for a load takes pages and gives them back in no order, which leaves the
  /// per-CPU list shuffled.
  mutating func runTool(_ serial: Int) {
    var frames = memory.allocateSinglePages(profile.upkeep.passing)
    var random = Seed(UInt64(serial)).stream("process of a load").generator()
    random.shuffle(&frames)
    for frame in frames { memory.free(frame, order: 0) }
  }

  /// Pages the kernel keeps for a loaded module outside its areas.
  mutating func takeUpkeep(_ serial: Int) {
    var pages: [(frame: FrameNumber, type: MigrateType)] = []
    let kept = profile.upkeep
    for (count, type) in [
      (kept.unmovable, MigrateType.unmovable), (kept.reclaimable, .reclaimable),
    ] {
      for _ in 0..<count {
        guard let frame = memory.allocate(order: 0, migrateType: type) else { break }
        pages.append((frame, type))
      }
    }
    if !pages.isEmpty { upkeep[serial] = pages }
  }

  mutating func giveUpkeep(_ serial: Int) {
    for page in upkeep.removeValue(forKey: serial) ?? [] {
      memory.free(page.frame, order: 0, as: page.type)
    }
  }
}
