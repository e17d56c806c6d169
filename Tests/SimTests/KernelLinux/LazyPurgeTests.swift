import Sim
import Testing

/// Lazily purged addresses (Linux 2.6.28 to 5.1 without read-only modules) against a model of a few
/// lines: a bitmap of pages, first fit, a list of what is pending.
@Suite struct LazyPurgeTests {
  /// First fit over single pages; freed pages come back once the list is over its limit.
  struct NaiveWindow {
    let lower: UInt64
    var taken: [Bool] = []
    var pending: [Range<Int>] = []
    var purges = 0
    let limit: Int

    init(lower: UInt64, limitPages: Int) { (self.lower, limit) = (lower, limitPages) }

    mutating func take(_ pages: Int) -> UInt64 {
      var start = 0
      while (start..<start + pages).contains(where: { $0 < taken.count && taken[$0] }) {
        start += 1
      }
      while taken.count < start + pages { taken.append(false) }
      for page in start..<start + pages { taken[page] = true }
      return lower + UInt64(start) * 4096
    }

    mutating func give(_ address: UInt64, _ pages: Int) {
      let start = Int((address - lower) / 4096)
      pending.append(start..<start + pages)
      guard pending.reduce(0, { $0 + $1.count }) > limit else { return }
      for range in pending { for page in range { taken[page] = false } }
      pending.removeAll()
      purges += 1
    }
  }

  static func kernel(limit: UInt64? = nil) throws -> SimulatedKernel {
    var profile = try ProfileCatalog.profile("linux-2.6")
    if let limit { profile.arenas[0].lazyPurge = limit }
    let image = profile.baseImage
    let memory = PageAllocator(
      booting: profile, bytes: 1 << 30, image: LinkedImage(image),
      physicalStart: image.physicalStart)
    return SimulatedKernel(
      profile: profile, image: LinkedImage(image), physicalStart: image.physicalStart,
      memory: memory, seed: nil)
  }

  static func sized(_ name: String, _ text: UInt64, _ initText: UInt64) -> KernelModule {
    var module = KernelModule(name: name)
    module.sections.text = text
    module.sections.initText = initText
    return module
  }

  @Test(arguments: [UInt64(1) << 18, 1 << 20])
  func `addresses and purges equal the naive window's over random loads and unloads`(
    _ limit: UInt64
  ) throws {
    var kernel = try Self.kernel(limit: limit)
    var naive = NaiveWindow(
      lower: kernel.profile.arenas[0].window.lower, limitPages: Int(limit >> 12))
    let before = kernel.flushes
    var random = Seed(26).stream("lazy purge").generator()
    var live: [(name: String, address: UInt64, pages: Int)] = []
    for step in 0..<400 {
      if random.below(2) == 0 || live.isEmpty {
        let module = Self.sized(
          "m\(step)", UInt64(1 + random.below(90_000)), UInt64(1 + random.below(9000)))
        func pages(_ bytes: UInt64) -> Int { Int((bytes + 4095) / 4096) + 1 }
        let core = naive.take(pages(module.sections.text))
        let initial = naive.take(pages(module.sections.initText))
        let loaded = try kernel.load(module)
        #expect(loaded.pieces[0].range.lower == core, "step \(step)")
        kernel.settle()
        naive.give(initial, pages(module.sections.initText))
        live.append((module.name, core, pages(module.sections.text)))
      } else {
        let gone = live.remove(at: random.below(live.count))
        kernel.unload(gone.name)
        naive.give(gone.address, gone.pages)
      }
      #expect(kernel.unpurgedAreas.count == naive.pending.count, "step \(step)")
    }
    #expect(naive.purges > 2)
    #expect(kernel.flushes - before == naive.purges)
  }

  @Test func `with nothing but small modules nothing is purged, and each reload climbs`() throws {
    var kernel = try Self.kernel()
    let first = try kernel.load(Self.sized("m", 9000, 0)).pieces[0].range
    kernel.unload("m")
    let second = try kernel.load(Self.sized("m", 9000, 0)).pieces[0].range
    #expect(second.lower == first.upper + 4096)
    #expect(kernel.flushes == 0)
  }

  @Test func `a full window purges before it refuses`() throws {
    var kernel = try Self.kernel(limit: 1 << 40)
    let window = kernel.profile.arenas[0].window
    let half = window.size / 2 + (1 << 20)
    var big = kernel.profile.pieces[0]
    big.pages = .unmapped
    kernel = try Self.unmapped(kernel, big)
    let first = try kernel.load(Self.sized("big", half, 0)).pieces[0].range
    kernel.unload("big")
    #expect(try kernel.load(Self.sized("big", half, 0)).pieces[0].range == first)
    #expect(kernel.flushes == 1)
  }

  /// The same kernel with pieces that take addresses only.
  static func unmapped(
    _ kernel: SimulatedKernel, _ piece: PieceProfile
  ) throws -> SimulatedKernel {
    var profile = kernel.profile
    profile.pieces = [piece]
    profile.settings.removeAll { $0.name == "fileCopy" }
    let image = profile.baseImage
    return SimulatedKernel(
      profile: profile, image: LinkedImage(image), physicalStart: image.physicalStart,
      memory: kernel.memory, seed: nil)
  }
}
