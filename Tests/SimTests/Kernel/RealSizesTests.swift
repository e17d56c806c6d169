import Sim
import TestSupport
import Testing

@Suite("Sizes and page tables of real machines come out of section sizes alone")
struct RealSizesTests {
  /// Bytes a module's lasting pieces take by a system's rules.
  static func listed(_ module: KernelModule, _ profile: SystemProfile) -> UInt64 {
    profile.pieces.filter { $0.lifetime == .module }.reduce(0) { sum, piece in
      let size = SimulatedKernel.offsets(piece, module.sections, page: profile.basePage).size
      return sum + profile.basePage.ceil(size)
    }
  }

  @Test("95 of the 105 modules of a Debian 12 host have their lsmod size to the byte")
  func debian12() throws {
    let catalog = try Debian12.catalog()
    let profile = try ProfileCatalog.profile("linux-6.1")
    let host = try Debian12.loaded("lsmod-debian12-6.1-host")
    var exact = 0
    for real in host.modules {
      let module = try #require(catalog[real.name])
      let size = Self.listed(module, profile)
      if size == real.size {
        exact += 1
      } else {
        // The host ran another point release of 6.1.
        let pages = abs(Int(size) - Int(real.size)) / 4096
        #expect((1...3).contains(pages), "\(real.name): \(size), lsmod says \(real.size)")
      }
    }
    #expect(host.modules.count == 105)
    #expect(exact == 95)
  }

  @Test("the 6.4 rule is told from the 6.1 rule by the same listing: it matches 35 modules")
  func wrongEra() throws {
    let catalog = try Debian12.catalog()
    let profile = try ProfileCatalog.profile("linux-6.4")
    let exact = try Debian12.loaded("lsmod-debian12-6.1-host").modules.count {
      Self.listed(try #require(catalog[$0.name]), profile) == $0.size
    }
    #expect(exact == 35)
  }

  @Test(
    "real listings add up to their published page totals",
    arguments: [
      ("lsmod-htpc-2011-ubuntu", 54, 758), ("lsmod-debian12-6.1-host", 105, 3572),
      ("lsmod-debian-6.6plus-k8s-zfs-server", 177, 8364),
    ] as [(String, Int, UInt64)])
  func totals(file: String, modules: Int, pages: UInt64) throws {
    let set = try Debian12.loaded(file)
    #expect(set.modules.count == modules)
    #expect(set.modules.reduce(0) { $0 + PageSize.base4K.count($1.size) } == pages)
  }

  @Test("loading the 105 modules maps 3572 base pages, give or take 15, and lists them so")
  func loaded() throws {
    let scenario = try Debian12.scenario()
    let memory = PageAllocator(frames: 64 << 8)
    var kernel = SimulatedKernel(
      profile: try ProfileCatalog.profile("linux-6.1"), image: LinkedImage(scenario.image),
      physicalStart: scenario.image.physicalStart, memory: memory, seed: nil)
    for module in scenario.modules { try kernel.load(module) }
    kernel.settle()
    let pages = kernel.moduleMappings.reduce(0) { $0 + $1.pageCount }
    #expect(kernel.moduleMappings.allSatisfy { $0.pageSize == .base4K })
    #expect((3557...3587).contains(pages), "\(pages) pages")
    #expect(kernel.loaded.reduce(0) { $0 + $1.listedSize } == pages * 4096)
    let listing = Set(kernel.loaded.map(\.module.name))
    let real = try Debian12.loaded("lsmod-debian12-6.1-host").modules.map(\.name)
    #expect(listing == Set(real))
  }

  /// Entries of the base image: of its text, and of all its regions.
  static func entries(_ name: String) throws -> (text: [PageSize: UInt64], all: [PageSize: UInt64])
  {
    let image = try Debian12.image(name)
    let profile = try ProfileCatalog.profile("linux-6.1")
    let linked = LinkedImage(image)
    var space = AddressSpace()
    linked.map(
      into: &space, base: .base4K, large: .large2M, physicalStart: image.physicalStart,
      splitTail: profile.image.splitTail)
    func count(_ range: AddressRange) -> [PageSize: UInt64] {
      Dictionary(uniqueKeysWithValues: space.entries(in: range).map { ($0.size, $0.count) })
    }
    let whole = AddressRange(
      PageSize.large2M.floor(linked.range.lower), PageSize.large2M.ceil(linked.range.upper))
    return (count(try #require(linked.range(of: .text))), count(whole))
  }

  /// The page table of a Debian 6.1 guest, read out with QEMU's `info tlb`.
  @Test("the image is mapped as the recorded 6.1 guest's page table says, run by run")
  func recordedPageTable() throws {
    let image = try Debian12.image("6.1.0-56-amd64")
    let profile = try ProfileCatalog.profile("linux-6.1")
    var space = AddressSpace()
    LinkedImage(image).map(
      into: &space, base: .base4K, large: .large2M, physicalStart: image.physicalStart,
      splitTail: profile.image.splitTail)
    let recorded: [(UInt64, UInt64, PageSize)] = [
      (0xffff_ffff_8100_0000, 0x100_0000, .large2M), (0xffff_ffff_81e0_0000, 0x1e0_0000, .base4K),
      (0xffff_ffff_8200_0000, 0x200_0000, .large2M), (0xffff_ffff_8280_0000, 0x280_0000, .base4K),
      (0xffff_ffff_82a0_0000, 0x2a0_0000, .large2M), (0xffff_ffff_8300_0000, 0x300_0000, .base4K),
      (0xffff_ffff_8340_0000, 0x340_0000, .large2M), (0xffff_ffff_8420_0000, 0x420_0000, .base4K),
      (0xffff_ffff_8440_0000, 0x440_0000, .large2M),
    ]
    #expect(space.mappings.map(\.range.lower) == recorded.map(\.0))
    #expect(space.mappings.map(\.backing) == recorded.map { .contiguous($0.1) })
    #expect(space.mappings.map(\.pageSize) == recorded.map(\.2))
    #expect(space.mappings.last?.range.upper == 0xffff_ffff_8460_0000)
    let entries = try Self.entries("6.1.0-56-amd64").all
    #expect(entries == [.large2M: 22, .base4K: 2560])
  }

  @Test(
    "base text needs the large and small entries its size says",
    arguments: [
      ("6.1.0-56-amd64", 7, 2), ("6.12.117+deb12-amd64", 8, 0),
    ] as [(String, UInt64, UInt64)])
  func text(kernel: String, large: UInt64, small: UInt64) throws {
    let text = try Self.entries(kernel).text
    #expect(text[.large2M] == large)
    #expect(text[.base4K] ?? 0 == small)
  }

  @Test("every byte of an image is mapped, physical minus virtual the same everywhere")
  func linear() throws {
    for name in ["6.1.0-56-amd64", "6.1.0-56-cloud-amd64", "6.12.117+deb12-amd64"] {
      let image = try Debian12.image(name)
      let linked = LinkedImage(image)
      var space = AddressSpace()
      linked.map(
        into: &space, base: .base4K, large: .large2M, physicalStart: image.physicalStart)
      var address = linked.range.lower
      while address < linked.range.upper {
        let page = try #require(space.translation(at: address), "\(name) \(hex(address))")
        #expect(page.physicalBase &- page.virtualBase == image.physicalStart &- image.start)
        address = page.virtualBase + page.size.bytes
      }
    }
  }
}
