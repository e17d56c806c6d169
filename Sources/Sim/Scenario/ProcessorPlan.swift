/// How many processors run, and what their page walks read through.
public struct ProcessorPlan: Sendable {
  /// Processors, each with a stream and a TLB of its own; loading and unloading flushes them all.
  public var count = 1
  /// Data caches that price the walks' reads; nil: the machine's fixed costs.
  public var walkCaches: WalkMemory?
  /// The host's page table below the guest's; nil: not virtual.
  public var nested: NestedPaging?

  public static let countLimit = 256

  public init() {}
}

extension ScenarioReader {
  /// Reads the `processors` block.
  func processors(_ root: YAMLMapping) -> ProcessorPlan {
    var plan = ProcessorPlan()
    root.optional("processors")?.mapping { map in
      plan.count = map.int("count", 1...ProcessorPlan.countLimit, default: 1)
      plan.walkCaches = map.optional("walkCaches").flatMap(walkCaches)
      plan.nested = map.optional("nested")?.mapping { nested in
        NestedPaging(
          hostLevels: nested.int("levels", 2...5, default: 4),
          cachedPages: nested.int("cachedPages", 0...65_536, default: 0))
      }
    }
    return plan
  }

  /// `desktop`, or the caches one by one.
  private func walkCaches(_ value: YAMLValue) -> WalkMemory? {
    if value.isScalar {
      if value.string() == "desktop" { return .desktop }
      value.report("walkCaches is 'desktop' or {levels: [{size, ways, cycles}, …], memory: CYCLES}")
      return nil
    }
    return value.mapping { map in
      WalkMemory(
        levels: map.required("levels")?.list().compactMap(cacheLevel) ?? [],
        memoryLatencyCycles: map.double("memory", 0...100_000))
    }
  }

  private func cacheLevel(_ value: YAMLValue) -> WalkMemory.Level? {
    value.mapping { level in
      let bytes = level.required("size")?.byteCount() ?? 0
      let ways = level.int("ways", 1...64)
      let cycles = level.double("cycles", 0...10_000)
      let sets = bytes / 64 / UInt64(ways)
      guard sets.nonzeroBitCount == 1, sets * UInt64(ways) * 64 == bytes,
        bytes <= WalkMemory.bytesLimit
      else {
        value.report(
          "a cache is a power of two of sets of \(ways) 64-byte lines, "
            + "\(ByteCount(WalkMemory.bytesLimit)) at most")
        return nil
      }
      return WalkMemory.Level(lines: Int(bytes / 64), ways: ways, latencyCycles: cycles)
    }
  }
}
