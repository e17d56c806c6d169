/// One section of a loaded module at its address.
public struct PlacedSection: Hashable, Sendable {
  public var kind: SectionKind
  public var address: UInt64
  public var size: UInt64
}

/// One allocation of a loaded module.
public struct LoadedPiece: Hashable, Sendable {
  /// Index of the piece in the system's profile.
  public var profile: Int
  /// Bytes asked of the arena, before its rounding.
  public var requested: UInt64
  /// What the arena gave, guard excluded.
  public var range: AddressRange
  public var pageSize: PageSize
  /// Physical address by page of `range`; empty for untranslated or shared pages.
  public var frames: [UInt64]
  public var sections: [PlacedSection]
}

/// A module in memory.
public struct LoadedImage: Hashable, Sendable {
  public var module: KernelModule
  /// Number of this load since boot, from 1.
  public var serial: Int
  public var pieces: [LoadedPiece]
  /// Modules that use it.
  public var users: [String] = []

  /// The listing shows what was asked for, not what the arena rounded it to.
  public var listsExactSize = false

  /// What the system's listing shows: bytes of what stays, as its loader rounds.
  public var listedSize: UInt64 {
    pieces.reduce(0) { $0 + (listsExactSize ? $1.requested : $1.range.size) }
  }

  public func address(of kind: SectionKind) -> UInt64? {
    for piece in pieces {
      if let section = piece.sections.first(where: { $0.kind == kind }) { return section.address }
    }
    return nil
  }
}

/// Why a load or unload failed for want of room.
public enum MemoryFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// No free virtual range of this size in the arena.
  case noAddressSpace(arena: String, size: UInt64)
  /// Physical memory ran out.
  case noFrames(pages: Int)
  /// Something else is mapped where the layout wants this range.
  case overlap(AddressRange)

  public var description: String {
    switch self {
    case .noAddressSpace(let arena, let size):
      "no free range of \(ByteCount(size)) in arena '\(arena)'"
    case .overlap(let range):
      "what lies at \(hex(range.lower)) overlaps the base image or another area; "
        + "this system wants a base image of its own"
    case .noFrames(let pages): "physical memory ran out: \(pages) pages wanted"
    }
  }
}
