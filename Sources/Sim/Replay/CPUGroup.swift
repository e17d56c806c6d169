/// Several processors, each with its own stream and TLB, under one kernel: an invalidation reaches
/// them all.
///
/// Linux invalidates page by page up to a ceiling of 33 pages and flushes everything beyond
/// (arch/x86/mm/tlb.c, `tlb_single_page_flush_ceiling`).
public final class CPUGroup {
  public let cpus: [ReplayEngine]
  /// Longest range, in pages, that is invalidated page by page.
  public let ceilingPages: UInt64
  /// Interrupts sent to other processors.
  public private(set) var interrupts = 0
  /// Pages invalidated one by one, on all processors together.
  public private(set) var pageInvalidations: UInt64 = 0
  /// Whole flushes, one a request.
  public private(set) var fullFlushes = 0

  /// - Parameter cpus: at least one.
  public init(_ cpus: [ReplayEngine], ceilingPages: UInt64 = 33) {
    precondition(!cpus.isEmpty, "a group has at least one processor")
    self.cpus = cpus
    self.ceilingPages = ceilingPages
  }

  /// What all processors counted together.
  public var counters: ReplayCounters {
    cpus.dropFirst().reduce(cpus[0].counters) { $0 + $1.counters }
  }

  /// Empties every processor's TLB.
  public func flushAll() {
    interrupts += cpus.count - 1
    fullFlushes += 1
    for cpu in cpus { cpu.flush(.all) }
  }

  /// Takes a kernel range out of every processor's TLB.
  public func invalidate(_ range: AddressRange, pageSize: PageSize) {
    interrupts += cpus.count - 1
    let pages = pageSize.count(range.size)
    let isFull = pages > ceilingPages
    if isFull { fullFlushes += 1 } else { pageInvalidations += pages * UInt64(cpus.count) }
    for cpu in cpus { cpu.flush(isFull ? .all : .range(range)) }
  }
}
