/// A published experiment on the direct map (A. Lu, 7 November 2022): on a machine of 8 GiB a
/// program that maps three read-only executable pages is started again and again. Each such page
/// splits the large leaf of the direct map it lies in, the first time one lies there.
///
/// The publication does not say how many kernel pages a start takes beside the three (stacks, page
/// tables, slabs). On average it is 180: the first row comes out. How many lie between one such
/// page and the next differs from page to page; drawn with a seed, the gaps are geometric, and
/// memory has aged as it does while a machine boots.
public enum SplitExperiment {
  /// What a run starts from.
  public struct Setting: Sendable {
    /// Kernel pages a start takes beside the three, on average.
    public var pages: Int
    /// nil: the same gap everywhere, memory untouched.
    public var seed: Seed?

    public init(pages: Int = 180, seed: Seed? = nil) {
      self.pages = pages
      self.seed = seed
    }
  }

  /// The direct map after each of these numbers of starts, ascending, in one run.
  public static func run(starts: [Int], _ setting: Setting) -> [DirectMap] {
    let gigabyte = UInt64(1) << 30
    var memory = PageAllocator(
      memory: [
        FrameNumber(1)..<FrameNumber(3 << 18), FrameNumber(4 << 18)..<FrameNumber(9 << 18),
      ], rule: .moveAlways)
    var map = DirectMap(
      [AddressRange(0, 3 * gigabyte), AddressRange(4 * gigabyte, 9 * gigabyte)], largest: .huge1G)
    var gaps = setting.seed?.stream("gaps").generator()
    if let seed = setting.seed {
      memory.age(MemoryAge.fresh.parameters, seed: seed.stream("memory"))
    }
    var maps: [DirectMap] = []
    for start in 0...(starts.last ?? 0) {
      while maps.count < starts.count, starts[maps.count] == start { maps.append(map) }
      for _ in 0..<3 {
        var gap = setting.pages / 3
        if gaps != nil {
          gap = 0
          while let draw = gaps?.below(setting.pages / 3 + 1), draw > 0 { gap += 1 }
        }
        _ = memory.allocateSinglePages(gap)
        for frame in memory.allocateSinglePages(1) {
          map.protect(AddressRange(start: frame.address, size: 4096))
        }
      }
    }
    return maps
  }

  /// Kernel pages a start takes for which the mean splits of `replicates` runs come closest to
  /// published ones, by relative least squares; splits grow as the pages do, so two steps settle.
  public static func fit(
    starts: [Int], splits: [Double], replicates: Int, seed: Seed, from pages: Int = 180
  ) -> Int {
    var pages = pages
    for _ in 0..<2 {
      var sums = Array(repeating: 0.0, count: starts.count)
      for index in 0..<replicates {
        let maps = run(starts: starts, Setting(pages: pages, seed: seed.stream(index)))
        for (at, map) in maps.enumerated() { sums[at] += Double(map.level2Splits) }
      }
      let ratios = zip(sums, splits).map { $0 / Double(replicates) / $1 }
      let squares = ratios.reduce(0) { $0 + $1 * $1 }
      guard squares > 0 else { return pages }
      let scaled = Double(pages) * ratios.reduce(0, +) / squares
      pages = min(max(3, Int(scaled.rounded())), 10_000)
    }
    return pages
  }

  /// The direct map after so many starts, the same gap everywhere.
  public static func run(starts: Int, pages: Int) -> DirectMap {
    run(starts: [starts], Setting(pages: pages))[0]
  }
}
