/// Physical memory a kernel holds for modules, for checks that none is lost or owned twice.
public struct HeldMemory: Hashable, Sendable {
  /// Who holds it: a module's name, `text cache`, `span`.
  public var owner: String
  /// Physical address of the first byte of each page.
  public var pages: [UInt64]
  /// Bytes of one page.
  public var pageBytes: UInt64
}

extension SimulatedKernel {
  /// All physical memory taken for modules: that of loaded pieces, of init pieces not yet freed, of
  /// spans arenas imported and of the text cache, each once.
  public var heldMemory: [HeldMemory] {
    let page = max(profile.basePage.bytes, PageSize.base4K.bytes)
    var held: [HeldMemory] = []
    func add(_ owner: String, _ pages: [UInt64]) {
      if !pages.isEmpty { held.append(HeldMemory(owner: owner, pages: pages, pageBytes: page)) }
    }
    func isShared(_ piece: LoadedPiece) -> Bool {
      profile.pieces[piece.profile].pages == .textCache
    }
    for image in loaded {
      for piece in image.pieces where !isShared(piece) { add(image.module.name, piece.frames) }
    }
    for piece in pendingInit where !isShared(piece) { add("init memory", piece.frames) }
    for start in spanFrames.keys.sorted() { add("span", spanFrames[start] ?? []) }
    for block in textCache.blocks { add("text cache", block.frames) }
    return held
  }
}
