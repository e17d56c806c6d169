/// The cache of read-only-executable memory that Linux keeps from 6.15 on (mm/execmem.c): whole
/// 2 MiB blocks, out of which module text is carved at base-page granularity, lowest address first.
struct LinuxTextCache: Sendable {
  /// One area taken from vmalloc for the cache.
  struct Block: Hashable, Sendable {
    /// Guard excluded.
    var range: AddressRange
    /// Physical address by base page.
    var frames: [UInt64]
    /// Mapped by large pages; false when no block of order 9 was free.
    var isLarge: Bool
  }

  private(set) var blocks: [Block] = []
  /// Loads under way at the same time: one that misses does not see what the others are filling
  /// (`execmem_cache_populate` runs outside the mutex).
  var loaders = 1
  /// Starts of blocks filled by loads still under way, and how many of those come yet.
  private var young: [UInt64] = []
  /// Of those, the ones the present load filled itself, which it does see.
  private var own: [UInt64] = []
  private var loadsLeft = 0
  /// Free parts of blocks, sorted; parts of neighbouring blocks never touch (guard pages).
  private(set) var free: [AddressRange] = []

  /// Carves `size` bytes (page-rounded) from the lowest free part that is large enough.
  mutating func carve(_ size: UInt64) -> AddressRange? {
    guard let at = free.firstIndex(where: { $0.size >= size && !isYoung($0) }) else { return nil }
    let part = free[at]
    if part.size == size {
      free.remove(at: at)
    } else {
      free[at] = AddressRange(part.lower + size, part.upper)
    }
    return AddressRange(start: part.lower, size: size)
  }

  mutating func add(_ block: Block) {
    blocks.append(block)
    give(block.range)
  }

  /// Another load begins; with it the blocks of loads that are over by now can be seen.
  mutating func beginLoad() {
    if loadsLeft > 0 { loadsLeft -= 1 }
    if loadsLeft == 0 { young = [] }
    own = []
  }

  /// Carves from a block its own load has just filled; the loads beside it do not see the rest.
  mutating func carveFresh(_ size: UInt64) -> AddressRange? {
    guard let block = blocks.last,
      let at = free.firstIndex(where: { $0.lower == block.range.lower && $0.size >= size })
    else { return nil }
    let part = free.remove(at: at)
    if part.size > size { free.insert(AddressRange(part.lower + size, part.upper), at: at) }
    if loaders > 1 {
      if young.isEmpty { loadsLeft = loaders }
      young.append(block.range.lower)
      own.append(block.range.lower)
    }
    return AddressRange(start: part.lower, size: size)
  }

  private func isYoung(_ part: AddressRange) -> Bool {
    !young.isEmpty
      && blocks.contains {
        young.contains($0.range.lower) && !own.contains($0.range.lower)
          && $0.range.lower <= part.lower
          && part.upper <= $0.range.upper
      }
  }

  /// Gives a carved range back; a whole block of large-page size that is free again is returned,
  /// and its memory is no longer the cache's.
  mutating func release(_ range: AddressRange, large: UInt64) -> Block? {
    give(range)
    guard
      let at = blocks.firstIndex(where: {
        $0.range.lower <= range.lower && range.upper <= $0.range.upper
      })
    else { return nil }
    let block = blocks[at]
    guard block.range.lower % large == 0, block.range.size % large == 0,
      let whole = free.firstIndex(of: block.range)
    else { return nil }
    free.remove(at: whole)
    blocks.remove(at: at)
    return block
  }

  /// The block a carved range lies in.
  func block(of range: AddressRange) -> Block? {
    blocks.first { $0.range.lower <= range.lower && range.upper <= $0.range.upper }
  }

  private mutating func give(_ range: AddressRange) {
    var merged = range
    var at = free.firstIndex { $0.lower > range.lower } ?? free.count
    if at < free.count, free[at].lower == merged.upper {
      merged = AddressRange(merged.lower, free.remove(at: at).upper)
    }
    if at > 0, free[at - 1].upper == merged.lower {
      at -= 1
      merged = AddressRange(free.remove(at: at).lower, merged.upper)
    }
    free.insert(merged, at: at)
  }
}

extension SimulatedKernel {
  /// Places a piece in the text cache, filling the cache first when nothing in it is large enough.
  mutating func placeInTextCache(
    _ size: UInt64, arena: Int, _ rules: PieceProfile
  ) throws(MemoryFailure) -> (range: AddressRange, frames: [UInt64], pageSize: PageSize) {
    let page = profile.basePage
    let wanted = page.ceil(size)
    if let range = textCache.carve(wanted) { return inCache(range) }
    try fillTextCache(wanted, arena: arena, rules)
    guard let range = textCache.carveFresh(wanted) else {
      throw .noAddressSpace(arena: rules.arena, size: wanted)
    }
    return inCache(range)
  }

  /// Gives a piece's text back to the cache, and a block that is wholly free to the system.
  mutating func releaseFromTextCache(_ range: AddressRange, arena: Int) {
    guard let large = profile.largePage,
      let block = textCache.release(range, large: large.bytes)
    else { return }
    space.unmap(block.range)
    giveBack(block)
    arenas[arena].free(block.range)
  }

  /// The machine restarts: what the cache keeps, blocks that never become whole among it, goes.
  mutating func emptyTextCache() {
    for block in textCache.blocks { giveBack(block) }
    textCache = LinuxTextCache()
  }

  private mutating func giveBack(_ block: LinuxTextCache.Block) {
    guard block.isLarge, let large = profile.largePage else {
      for frame in block.frames { memory.giveBlock(frame, order: 0) }
      return
    }
    for start in stride(from: 0, to: block.frames.count, by: Int(large.bytes / 4096)) {
      memory.giveBlock(block.frames[start], order: Int(large.shift) - 12)
    }
  }

  private func inCache(
    _ range: AddressRange
  ) -> (range: AddressRange, frames: [UInt64], pageSize: PageSize) {
    guard let block = textCache.block(of: range) else { return (range, [], profile.basePage) }
    let shift = UInt64(profile.basePage.shift)
    let first = Int((range.lower - block.range.lower) >> shift)
    let frames = Array(block.frames[first..<first + Int(range.size >> shift)])
    let size = block.isLarge ? profile.largePage ?? profile.basePage : profile.basePage
    return (range, frames, size)
  }

  /// `execmem_cache_populate`: whole large pages when order-9 blocks are free for all of them; else
  /// the same size in base pages (512 scattered ones a block), which can never be joined; and when
  /// even that fails, the exact size.
  private mutating func fillTextCache(
    _ size: UInt64, arena: Int, _ rules: PieceProfile
  ) throws(MemoryFailure) {
    let page = profile.basePage
    guard let large = profile.largePage else {
      throw .noAddressSpace(arena: rules.arena, size: size)
    }
    let whole = large.ceil(size)
    if let frames = largeBlocks(whole, large),
      let range = arenas[arena].allocate(size: whole, alignment: large.bytes)
    {
      addToTextCache(LinuxTextCache.Block(range: range, frames: frames, isLarge: true))
      return
    }
    let sizes = profile.flag("exactBlockFallback") ? [whole, size] : [whole]
    for bytes in sizes {
      guard let range = arenas[arena].allocate(size: bytes, alignment: page.bytes) else { continue }
      let count = Int(bytes >> UInt64(page.shift))
      let frames = memory.allocateSinglePages(count).map(\.address)
      guard frames.count == count else {
        for frame in frames { memory.giveBlock(frame, order: 0) }
        arenas[arena].free(range)
        continue
      }
      addToTextCache(LinuxTextCache.Block(range: range, frames: frames, isLarge: false))
      return
    }
    throw .noFrames(pages: Int(page.count(size)))
  }

  private mutating func addToTextCache(_ block: LinuxTextCache.Block) {
    textCache.add(block)
    if block.isLarge, let large = profile.largePage {
      let step = Int(large.bytes >> UInt64(profile.basePage.shift))
      for start in stride(from: 0, to: block.frames.count, by: step) {
        let lower = block.range.lower + UInt64(start) << UInt64(profile.basePage.shift)
        space.map(
          Mapping(
            AddressRange(start: lower, size: large.bytes), pageSize: large,
            backing: .contiguous(block.frames[start])))
      }
    } else {
      space.map(
        Mapping(block.range, pageSize: profile.basePage, backing: .scattered(block.frames)))
    }
  }

  /// Frames of order-9 blocks for `size` bytes; nil, and all given back, when one is missing.
  private mutating func largeBlocks(_ size: UInt64, _ large: PageSize) -> [UInt64]? {
    let order = Int(large.shift) - 12
    guard order <= BuddyAllocator.maxOrder, profile.basePage == .base4K else { return nil }
    var starts: [UInt64] = []
    for _ in 0..<(size >> UInt64(large.shift)) {
      guard let start = memory.takeBlock(order: order) else {
        for taken in starts { memory.giveBlock(taken, order: order) }
        return nil
      }
      starts.append(start)
    }
    return starts.flatMap { start in (0..<UInt64(1) << UInt64(order)).map { start + $0 << 12 } }
  }
}
