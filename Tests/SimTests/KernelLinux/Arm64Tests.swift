import Sim
import TestSupport
import Testing

/// Linux on arm64: which page maps what, by a rule of three lines asked of every page.
@Suite struct Arm64Tests {
  static let unit: UInt64 = 64 << 10
  static let block: UInt64 = 2 << 20

  static func kernel(_ image: BaseImage) throws -> SimulatedKernel {
    let profile = try ProfileCatalog.profile("linux-6.12-arm64")
    let memory = PageAllocator(
      booting: profile, bytes: 2 << 30, image: LinkedImage(image),
      physicalStart: image.physicalStart)
    return SimulatedKernel(
      profile: profile, image: LinkedImage(image), physicalStart: image.physicalStart,
      memory: memory, seed: nil)
  }

  /// `map_range`: a block or a contiguous run where the aligned chunk lies wholly in its segment.
  static func expected(
    _ address: UInt64, in segment: AddressRange, _ mayHint: Bool
  ) -> (size: PageSize, hint: Bool) {
    func fits(_ size: UInt64) -> Bool {
      let start = address / size * size
      return segment.lower <= start && start + size <= (segment.upper + 4095) & ~4095
    }
    if fits(block) { return (.large2M, false) }
    return (.base4K, mayHint && fits(unit))
  }

  static func segments(_ image: LinkedImage) -> [(range: AddressRange, mayHint: Bool)] {
    func range(_ kind: SectionKind) -> AddressRange { image.range(of: kind) ?? AddressRange(0, 0) }
    let data = AddressRange(range(.data).lower, range(.bss).upper)
    return [
      (range(.text), true), (range(.rodata), false), (range(.initData), false), (data, true),
    ]
  }

  @Test(arguments: [UInt64(0), 0x12340, 0x1f0000, 0x201000])
  func `every page of the image is mapped as map_range does, whatever its segments' sizes`(
    _ more: UInt64
  ) throws {
    let profile = try ProfileCatalog.profile("linux-6.12-arm64")
    var image = profile.baseImage
    for index in image.regions.indices { image.regions[index].size += more * UInt64(index + 1) }
    let kernel = try Self.kernel(image)
    var seen: Set<String> = []
    for (segment, mayHint) in Self.segments(kernel.image) {
      for address in stride(from: segment.lower, to: segment.upper, by: 4096) {
        let mapping = try #require(kernel.space.mapping(at: address))
        let wanted = Self.expected(address, in: segment, mayHint)
        #expect(mapping.pageSize == wanted.size, "\(String(address, radix: 16))")
        #expect(mapping.hasContiguousHint == wanted.hint, "\(String(address, radix: 16))")
        seen.insert("\(wanted)")
      }
    }
    #expect(seen.count >= 2)
    // Nothing lies on the image's last block but what it holds.
    #expect(kernel.space.mapping(at: (kernel.image.range.upper + 4095) & ~4095) == nil)
  }

  @Test func `modules and the linear map are plain base pages, and loading splits nothing`() throws
  {
    let profile = try ProfileCatalog.profile("linux-6.12-arm64")
    var kernel = try Self.kernel(profile.baseImage)
    let file = Debian12.path("Scenarios/data/debian-6.12.117-arm64-modules.csv.xz")
    let catalog = try CatalogReader.read(InputFile.text(file), file: file)
    for module in try catalog.ordered(["ext4", "btrfs", "nf_tables"]) { try kernel.load(module) }
    kernel.settle()
    #expect(kernel.loaded.count > 6)
    #expect(
      kernel.moduleMappings.allSatisfy { $0.pageSize == .base4K && !$0.hasContiguousHint })
    #expect(kernel.directMap.kilobytes2M == 0 && kernel.directMap.kilobytes1G == 0)
    #expect(kernel.directMap.kilobytes4K == 2 << 20)
    #expect(kernel.splitLeaves == 0)
    let first = kernel.loaded.flatMap { $0.pieces.map(\.range.lower) }.min()
    #expect(first == (kernel.image.range.upper - (128 << 20) + 4095) & ~4095)
    // Below the image, and near enough for a branch to reach its end.
    for image in kernel.loaded {
      for piece in image.pieces {
        #expect(piece.range.upper <= kernel.image.range.lower)
        #expect(kernel.image.range.upper - piece.range.lower <= 128 << 20)
      }
    }
  }

  @Test func `a contiguous run takes one entry of a TLB that knows the hint`() throws {
    let kernel = try Self.kernel(try ProfileCatalog.profile("linux-6.12-arm64").baseImage)
    let hinted = kernel.space.mappings.filter(\.hasContiguousHint)
    #expect(!hinted.isEmpty)
    for mapping in hinted {
      #expect(mapping.range.lower % Self.unit == 0 && mapping.range.upper % Self.unit == 0)
      guard case .contiguous(let frame) = mapping.backing else {
        Issue.record("a hinted run is scattered")
        continue
      }
      #expect(frame % Self.unit == 0)
    }
  }
}
