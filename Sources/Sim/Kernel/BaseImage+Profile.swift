extension SystemProfile {
  /// The base image the profile states, for runs that name no measured kernel. Profiles without
  /// regions get a small generic one (assumed): text 8, rodata 4, data 4, init 1, bss 4 MiB.
  public var baseImage: BaseImage {
    let mebibyte: UInt64 = 1 << 20
    let page = max(image.pageSize, basePage).bytes
    let stated = image.regions.map {
      BaseImage.Region(kind: $0.kind, size: $0.size, alignment: max($0.alignment, 1), skip: $0.skip)
    }
    let generic: [(SectionKind, UInt64, UInt64)] = [
      (.text, 8, page), (.rodata, 4, page), (.data, 4, page), (.initData, 1, basePage.bytes),
      (.bss, 4, basePage.bytes),
    ]
    return BaseImage(
      name: id, start: image.start, physicalStart: image.physicalStart,
      regions: stated.isEmpty
        ? generic.map { BaseImage.Region(kind: $0, size: $1 * mebibyte, alignment: $2) }
        : stated)
  }
}
