/// The kernel's direct map of physical memory: which leaf sizes map it, and how permission changes
/// split them. Splits are for good: no kernel before 6.15 joins leaves again, and from then on only
/// at the address the caller names, never at its alias here.
///
/// Source: arch/x86/mm/pat/set_memory.c; `/proc/meminfo` DirectMap*, vmstat `direct_map_*_splits`.
public struct DirectMap: Sendable {
  /// kB mapped by leaves of each size; `shown` is what `/proc/meminfo` makes of them.
  public private(set) var kilobytes4K: UInt64 = 0
  public private(set) var kilobytes2M: UInt64 = 0
  public private(set) var kilobytes1G: UInt64 = 0
  /// 2 MiB leaves split into base pages, and 1 GiB leaves split into 2 MiB ones.
  public private(set) var level2Splits: UInt64 = 0
  public private(set) var level3Splits: UInt64 = 0

  /// Numbers of the 1 GiB and 2 MiB leaves there are now.
  private var gigabytes: Set<UInt64> = []
  private var split2M: Set<UInt64> = []
  private var ranges: [AddressRange]
  private let firstBase: UInt64
  private var recounted: UInt64 = 0

  /// Maps physical ranges with the largest leaves that fit, as `init_memory_mapping` does.
  /// - Parameters:
  ///   - largest: 4 KiB, 2 MiB or 1 GiB.
  ///   - firstBaseBytes: bytes from 0 on mapped by base pages before all else (the ISA range), so
  ///     that neither the leaf nor the gigabyte they lie in is ever whole.
  public init(_ ranges: [AddressRange], largest: PageSize, firstBaseBytes: UInt64 = 0) {
    self.ranges = ranges.map {
      AddressRange(
        PageSize.base4K.ceil($0.lower),
        max(
          PageSize.base4K.ceil($0.lower), PageSize.base4K.floor($0.upper)))
    }
    firstBase = firstBaseBytes
    for range in self.ranges { map(range, largest) }
    recounted = DirectMap.recounted(self.ranges, gigabytes)
  }

  /// Leaves split from here on count in `level2Splits` and `level3Splits`: the kernel counts no
  /// split before it runs user code (`split_page_count`).
  public mutating func startCounting() { (level2Splits, level3Splits) = (0, 0) }

  /// kB of 1 GiB leaves `/proc/meminfo` shows beyond those there are. Memory is mapped from the
  /// top down in steps that grow from 2 MiB (arch/x86/mm/init.c `memory_map_top_down`), and a step
  /// that finds its gigabyte mapped counts it again (init_64.c `phys_pud_init`). Recorded guests of
  /// 3 and 4 GiB show 2 GiB too much.
  public var recounted1G: UInt64 { recounted << 20 }

  /// Large leaves of the kernel image's own mapping that were split at boot. `/proc/meminfo` counts
  /// them as the direct map's: `__split_large_page` asks whether the address is a valid one, which
  /// those of the image are (recorded 6.1 guest: five of the eleven leaves split at boot).
  public private(set) var imageSplits: UInt64 = 0

  public mutating func countImageSplits(_ leaves: Int) { imageSplits += UInt64(max(0, leaves)) }

  /// kB of each size as `/proc/meminfo` shows them: leaves counted twice and the image's splits
  /// included.
  public var shown: (kilobytes4K: UInt64, kilobytes2M: UInt64, kilobytes1G: UInt64) {
    let moved = min(imageSplits * 2048, kilobytes2M)
    return (kilobytes4K + moved, kilobytes2M - moved, kilobytes1G + recounted1G)
  }

  private static func recounted(_ ranges: [AddressRange], _ gigabytes: Set<UInt64>) -> UInt64 {
    let floor: UInt64 = 1 << 20
    var last = PageSize.large2M.floor(ranges.map(\.upper).max() ?? 0)
    var (step, mapped, count) = (UInt64(1) << 21, UInt64(0), UInt64(0))
    while last > floor {
      let start = last > step ? max((last - 1) / step * step, floor) : floor
      for range in ranges {
        let (lower, upper) = (max(start, range.lower), min(last, range.upper))
        guard lower < upper else { continue }
        mapped += upper - lower
        for number in (lower >> 30)...((upper - 1) >> 30) where gigabytes.contains(number) {
          count += 1
        }
      }
      last = start
      if mapped >= step, step < 1 << 50 { step <<= 5 }
    }
    return count - min(count, UInt64(gigabytes.count))
  }

  /// Runs of leaves of one size, by address; leaves above `limit` count as ones of that size.
  public func runs(limit: PageSize = .huge1G) -> [(range: AddressRange, size: PageSize)] {
    var runs: [(range: AddressRange, size: PageSize)] = []
    func add(_ lower: UInt64, _ upper: UInt64, _ size: PageSize) {
      let size = min(size, limit)
      if let last = runs.last, last.size == size, last.range.upper == lower {
        runs[runs.count - 1].range = AddressRange(last.range.lower, upper)
      } else {
        runs.append((AddressRange(lower, upper), size))
      }
    }
    for range in ranges {
      var address = range.lower
      while address < range.upper {
        let isWhole = gigabytes.contains(address >> 30)
        let size: PageSize = isWhole ? .huge1G : .large2M
        let end = min(range.upper, (address >> UInt64(size.shift) + 1) << UInt64(size.shift))
        add(address, end, isWhole || !split2M.contains(address >> 21) ? size : .base4K)
        address = end
      }
    }
    return runs
  }

  private mutating func map(_ range: AddressRange, _ largest: PageSize) {
    var address = range.lower
    while address < range.upper {
      let left = range.upper - address
      let isLow = address < firstBase
      if largest >= .huge1G, !isLow, address % (1 << 30) == 0, left >= 1 << 30 {
        gigabytes.insert(address >> 30)
        kilobytes1G += 1 << 20
        address += 1 << 30
      } else if largest >= .large2M, !isLow, address % (1 << 21) == 0, left >= 1 << 21 {
        kilobytes2M += 2048
        address += 1 << 21
      } else {
        split2M.insert(address >> 21)
        let stop = min(range.upper, PageSize.large2M.ceil(address + 1))
        let end = largest >= .large2M ? stop : range.upper
        if end > stop {
          for number in (address >> 21)...((end - 1) >> 21) { split2M.insert(number) }
        }
        kilobytes4K += (end - address) >> 10
        address = end
      }
    }
  }

  /// The leaf that maps a physical address now; nil outside memory.
  public func leaf(of address: UInt64) -> PageSize? {
    guard ranges.contains(where: { $0.contains(address) }) else { return nil }
    if gigabytes.contains(address >> 30) { return .huge1G }
    return split2M.contains(address >> 21) ? .base4K : .large2M
  }

  /// Changes permissions of part of the map. A leaf not wholly inside the range is split, 1 GiB
  /// ones to 2 MiB and those to base pages.
  /// - Returns: leaves split.
  @discardableResult
  public mutating func protect(_ range: AddressRange) -> Int {
    guard !range.isEmpty else { return 0 }
    let (first, last) = (range.lower >> 21, (range.upper - 1) >> 21)
    if first == last, split2M.contains(first) { return 0 }
    var splits = 0
    for number in (range.lower >> 30)...((range.upper - 1) >> 30) where gigabytes.contains(number) {
      let whole = AddressRange(start: number << 30, size: 1 << 30)
      if range.lower <= whole.lower && whole.upper <= range.upper { continue }
      gigabytes.remove(number)
      kilobytes1G -= 1 << 20
      kilobytes2M += 1 << 20
      level3Splits += 1
      splits += 1
    }
    for number in first == last ? [first] : [first, last]
    where leaf(of: max(range.lower, number << 21)) == .large2M {
      let whole = AddressRange(start: number << 21, size: 1 << 21)
      if range.lower <= whole.lower && whole.upper <= range.upper { continue }
      split2M.insert(number)
      kilobytes2M -= 2048
      kilobytes4K += 2048
      level2Splits += 1
      splits += 1
    }
    return splits
  }

  /// The lines of `/proc/meminfo`.
  public var meminfo: String {
    func line(_ name: String, _ value: UInt64) -> String {
      let digits = String(value)
      return name + String(repeating: " ", count: max(0, 8 - digits.utf8.count)) + digits + " kB\n"
    }
    return line("DirectMap4k:    ", shown.kilobytes4K) + line("DirectMap2M:    ", shown.kilobytes2M)
      + line("DirectMap1G:    ", shown.kilobytes1G)
  }
}
