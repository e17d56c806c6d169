/// A layout binds sections to addresses, page sizes and frames: where each section of a
/// `SectionTable` starts, and the mappings behind it.
public struct Layout: Sendable {
  public var space: AddressSpace
  /// Start address by section; nil for sections this layout does not hold.
  public private(set) var starts: [UInt64?]
  /// Where a section goes on elsewhere: bytes from `from` on lie `shift` further (modulo 2^64),
  /// by section, sorted.
  private var bends: [UInt32: [(from: UInt64, shift: UInt64)]] = [:]

  public init(space: AddressSpace = AddressSpace(), sectionCount: Int) {
    self.space = space
    starts = Array(repeating: nil, count: sectionCount)
  }

  public mutating func place(_ section: SectionID, at address: UInt64) {
    starts[Int(section.index)] = address
  }

  /// Places a section that goes on elsewhere from some of its bytes on.
  mutating func place(
    _ section: SectionID, at address: UInt64, bends: [(from: UInt64, shift: UInt64)]
  ) {
    place(section, at: address)
    self.bends[section.index] = bends.isEmpty ? nil : bends
  }

  /// Where a section of `size` bytes lies, by offset; what stands for other bytes only once.
  func extents(of section: SectionID, size: UInt64) -> [AddressRange] {
    guard let start = starts[Int(section.index)] else { return [] }
    var parts: [AddressRange] = []
    let cuts = [(from: UInt64(0), shift: UInt64(0))] + (bends[section.index] ?? [])
    for (index, cut) in cuts.enumerated() where cut.from < size {
      let end = index + 1 < cuts.count ? min(size, cuts[index + 1].from) : size
      let part = AddressRange(start: start &+ cut.from &+ cut.shift, size: end - cut.from)
      if !parts.contains(where: { $0.overlaps(part) }) { parts.append(part) }
    }
    return parts
  }

  public mutating func remove(_ section: SectionID) { starts[Int(section.index)] = nil }

  /// Virtual address of a byte of a section; nil when the section is not placed.
  public func address(of section: SectionID, offset: UInt64) -> UInt64? {
    guard let start = starts[Int(section.index)] else { return nil }
    guard !bends.isEmpty, let cuts = bends[section.index] else { return start &+ offset }
    return start &+ offset &+ (cuts.last { $0.from <= offset }?.shift ?? 0)
  }
}
