import Sim
import TestSupport
import Testing

/// The direct map and the frames behind modules against the recorded Debian 6.1 guest of 3 GiB:
/// `/proc/meminfo`, `/proc/vmstat` and the page table it ended with, 100 modules loaded.
@Suite struct RecordedDirectMapTests {
  /// What the guest showed before the first module: kB.
  static let boot = (kilobytes4K: UInt64(24_420), kilobytes2M: UInt64(3_121_152))
  static let shown1G: UInt64 = 2_097_152
  /// `direct_map_level2_splits` with 100 modules loaded, some unloaded and loaded again.
  static let splits = 20.0
  /// Mean pages in a physically contiguous run of module memory.
  static let run = 2.3

  static func kernel(_ age: MemoryAge, loading: Bool = true) throws -> SimulatedKernel {
    let profile = try ProfileCatalog.profile("linux-6.1")
    let image = try Debian12.image("6.1.0-56-amd64").rebased(to: profile)
    var memory = PageAllocator(
      booting: profile, bytes: 3 << 30, image: LinkedImage(image),
      physicalStart: image.physicalStart)
    memory.age(age.parameters, seed: Seed(1))
    var kernel = SimulatedKernel(
      profile: profile, image: LinkedImage(image), physicalStart: image.physicalStart,
      memory: memory, seed: nil)
    guard loading else { return kernel }
    let set = try Debian12.loaded("proc-modules-debian-6.1-guest").modules.map(\.name)
    for module in try Debian12.catalog().ordered(set) {
      try kernel.load(module)
      kernel.settle()
    }
    return kernel
  }

  @Test func `memory of 3 GiB is mapped to the kilobyte, its gigabyte leaf counted as shown`()
    throws
  {
    let map = try Self.kernel(.fresh, loading: false).directMap
    let recorded = Self.boot.kilobytes4K + Self.boot.kilobytes2M
    #expect(map.kilobytes4K + map.kilobytes2M + map.kilobytes1G == recorded)
    // Its one gigabyte leaf was split before user code ran: counted three times, taken off once.
    #expect(map.kilobytes1G == 0)
    #expect(map.recounted1G == Self.shown1G)
    #expect((map.level2Splits, map.level3Splits) == (0, 0))
    // Five leaves of the image's own mapping count as the direct map's. Two more of the eleven are
    // chance: the BPF pack crossed a leaf's end, and one page of a BPF program was protected.
    #expect(map.imageSplits == 5)
    let chance: UInt64 = 2
    #expect(map.shown.kilobytes4K + chance * 2048 == Self.boot.kilobytes4K)
    #expect(map.shown.kilobytes2M - chance * 2048 == Self.boot.kilobytes2M)
    #expect(map.shown.kilobytes1G == Self.shown1G)
    #expect(map.meminfo.hasPrefix("DirectMap4k:       20324 kB\nDirectMap2M:     3125248 kB\n"))
    // The first 2 MiB, code's and constants' ends, the firmware's pages behind the last 473.
    #expect(map.leaf(of: 0x100_000) == .base4K && map.leaf(of: 0x7fff_0000) == nil)
    #expect(map.leaf(of: 0x7fe0_0000) == .base4K && map.leaf(of: 0x7fc0_0000) == .large2M)
  }

  @Test func `the image gives back what the guest's log says, and other pages may have it`()
    throws
  {
    let kernel = try Self.kernel(.fresh, loading: false)
    let (image, profile) = (kernel.image, kernel.profile)
    var memory = kernel.memory
    let freed = image.freedAtBoot(profile, physicalStart: profile.image.physicalStart)
    // text/rodata gap, rodata/data gap, SMP alternatives and initmem, decrypted memory: kB.
    #expect(freed.map { $0.size >> 10 } == [2040, 1108, 36 + 2824, 2036])
    #expect(freed.allSatisfy { memory.isFree(FrameNumber($0.lower >> 12)) })
    #expect(!memory.isFree(FrameNumber((freed[0].lower >> 12) - 1)))
    while memory.allocate(order: 0, migrateType: .movable) != nil {}
    memory.drain()
    #expect(freed.allSatisfy { !memory.isFree(FrameNumber($0.lower >> 12)) })
  }

  @Test func `a gigabyte leaf that is still whole is shown three times`() {
    let gigabyte = UInt64(1) << 30
    let map = DirectMap(
      [AddressRange(0, 2 * gigabyte - 159_744), AddressRange(4 * gigabyte, 5 * gigabyte)],
      largest: .huge1G, firstBaseBytes: 1 << 20)
    #expect(map.kilobytes1G == 1 << 20)
    #expect(map.kilobytes1G + map.recounted1G == 3 << 20)
    let split = map.runs(limit: .large2M).filter { $0.size == .huge1G }
    #expect(split.isEmpty && map.runs().contains { $0.size == .huge1G })
  }

  @Test func `the guest's loads split as many leaves as recorded, within a half`() throws {
    let splits = try [MemoryAge.fresh, .day].map { Double(try Self.kernel($0).splitLeaves) }
    // The recorded guest had worked between its loads: it lies between the two ages.
    #expect(splits[0] >= Self.splits / 2 && splits[0] <= Self.splits)
    #expect(splits[1] >= Self.splits && splits[1] <= Self.splits * 1.5)
  }

  @Test func `frames behind modules lie in runs as short as recorded, within a half`() throws {
    let kernel = try Self.kernel(.day)
    let frames = kernel.loaded.flatMap { $0.pieces.flatMap(\.frames) }
    let runs = 1 + zip(frames, frames.dropFirst()).count { $1 != $0 + 4096 }
    let mean = Double(frames.count) / Double(runs)
    #expect(mean > Self.run && mean < Self.run * 1.5, "\(mean) pages a run")
  }
}
