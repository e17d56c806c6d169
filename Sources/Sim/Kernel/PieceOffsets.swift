extension SimulatedKernel {
  /// Offsets of a piece's parts and its size, bytes, by the system's packing rule. Parts a module
  /// lacks take nothing.
  public static func offsets(
    _ rules: PieceProfile, _ sections: ModuleSections, page: PageSize
  ) -> (parts: [(kind: SectionKind, offset: UInt64)], size: UInt64) {
    var parts: [(kind: SectionKind, offset: UInt64)] = []
    var cursor: UInt64 = 0
    for kind in rules.kinds {
      var size = sections.size(of: kind)
      guard size > 0 else { continue }
      if kind == .initData, rules.separatePages, rules.kinds.count > 1 {
        size = sections.sharedInitData(page)
      }
      let unit = rules.separatePages ? page.bytes : rules.packing
      cursor = (cursor + unit - 1) / unit * unit
      parts.append((kind, cursor))
      cursor += size
    }
    return (parts, rules.separatePages ? page.ceil(cursor) : cursor)
  }
}
