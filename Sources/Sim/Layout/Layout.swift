/// A layout binds sections to addresses, page sizes and frames: where each section of a
/// `SectionTable` starts, and the mappings behind it.
public struct Layout: Sendable {
  public var space: AddressSpace
  /// Start address by section; nil for sections this layout does not hold.
  public private(set) var starts: [UInt64?]

  public init(space: AddressSpace = AddressSpace(), sectionCount: Int) {
    self.space = space
    starts = Array(repeating: nil, count: sectionCount)
  }

  public mutating func place(_ section: SectionID, at address: UInt64) {
    starts[Int(section.index)] = address
  }

  public mutating func remove(_ section: SectionID) { starts[Int(section.index)] = nil }

  /// Virtual address of a byte of a section; nil when the section is not placed.
  public func address(of section: SectionID, offset: UInt64) -> UInt64? {
    starts[Int(section.index)].map { $0 &+ offset }
  }
}
