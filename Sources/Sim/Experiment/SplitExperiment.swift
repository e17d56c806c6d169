/// A published experiment on the direct map (A. Lu, 7 November 2022): on a machine of 8 GiB a
/// program that maps three read-only executable pages is started again and again. Each such page
/// splits the large leaf of the direct map it lies in, the first time one lies there.
public enum SplitExperiment {
  /// The direct map after so many starts.
  ///
  /// - Parameter pages: kernel pages a start takes beside the three (stacks, page tables, slabs).
  ///   The publication does not say; 180 makes the first of its rows come out.
  public static func run(starts: Int, pages: Int) -> DirectMap {
    let gigabyte = UInt64(1) << 30
    var memory = PageAllocator(
      memory: [
        FrameNumber(1)..<FrameNumber(3 << 18), FrameNumber(4 << 18)..<FrameNumber(9 << 18),
      ], rule: .moveAlways)
    var map = DirectMap(
      [AddressRange(0, 3 * gigabyte), AddressRange(4 * gigabyte, 9 * gigabyte)], largest: .huge1G)
    for _ in 0..<starts {
      for _ in 0..<3 {
        _ = memory.allocateSinglePages(pages / 3)
        for frame in memory.allocateSinglePages(1) {
          map.protect(AddressRange(start: frame.address, size: 4096))
        }
      }
    }
    return map
  }
}
