/// What ages: anything pages are taken from and given back to.
public protocol PageSource {
  /// Frames nobody uses.
  var freeFrames: UInt64 { get }
  /// 2^`order` frames; nil when none are to be had.
  mutating func takePages(_ order: Int, _ type: MigrateType) -> FrameNumber?
  mutating func givePages(_ frame: FrameNumber, _ order: Int, _ type: MigrateType)
  /// Reclaim has brought free memory back above its mark.
  mutating func reclaimDone()
}

extension BuddyAllocator: PageSource {
  public mutating func takePages(_ order: Int, _ type: MigrateType) -> FrameNumber? {
    allocate(order: order, migrateType: type)
  }

  public mutating func givePages(_ frame: FrameNumber, _ order: Int, _ type: MigrateType) {
    free(frame, order: order, as: type)
  }

  public mutating func reclaimDone() {}
}

extension PageAllocator {
  /// Drives memory to the steady state of a machine in use; its movable pages may be compacted.
  @discardableResult
  public mutating func age(_ parameters: AgeingParameters, seed: Seed) -> Ageing {
    let ageing = Ageing.age(&self, parameters, seed: seed)
    movablePages = ageing.movablePages
    return ageing
  }
}

extension PageAllocator: PageSource {
  public mutating func takePages(_ order: Int, _ type: MigrateType) -> FrameNumber? {
    allocate(order: order, migrateType: type)
  }

  public mutating func givePages(_ frame: FrameNumber, _ order: Int, _ type: MigrateType) {
    free(frame, order: order, as: type)
  }

  public mutating func reclaimDone() { clearBoosts() }
}
