/// A run of consecutive references to one site, packed in 64 bits: kind (2), count (30), site (32).
///
/// The run is collapsed: `count` references of one kind to one page with none of the same side
/// between. Repeats stay in every denominator.
public struct ReferenceRecord: Hashable, Sendable {
  public let rawValue: UInt64

  @inline(__always)
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// - Precondition: `1 <= count < 2^30`.
  @inline(__always)
  public init(_ kind: AccessKind, site: UInt32, count: UInt32 = 1) {
    rawValue = UInt64(kind.rawValue) &<< 62 | UInt64(count) &<< 32 | UInt64(site)
  }

  /// Markers ride in the stream with kind 3; `value` is the count field.
  @inline(__always)
  public init(marker: StreamMarker, value: UInt32) {
    rawValue = 3 &<< 62 | UInt64(value & 0x3fff_ffff) &<< 32 | UInt64(marker.rawValue)
  }

  /// 0 fetch, 1 load, 2 store, 3 marker.
  @inline(__always) public var kindBits: Int { Int(truncatingIfNeeded: rawValue &>> 62) }
  @inline(__always) public var count: UInt32 {
    UInt32(truncatingIfNeeded: rawValue &>> 32) & 0x3fff_ffff
  }
  @inline(__always) public var site: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
  @inline(__always) public var isMarker: Bool { rawValue &>> 62 == 3 }
  public var marker: StreamMarker? { isMarker ? StreamMarker(rawValue: site) : nil }
}

/// Events that ride in a reference stream.
public enum StreamMarker: UInt32, CaseIterable, Sendable {
  /// A named step begins; value = step number.
  case step = 1
  /// User-mode instructions ran here without their references; value = how many.
  case userGap = 2
  /// The TLB is flushed whole, global entries too.
  case flushAll = 3
  /// Non-global entries are flushed.
  case flushNonGlobal = 4
  /// A lifecycle event (module load or unload) happens here; value = its number.
  case lifecycle = 5
  /// The address space changes; value = its number.
  case switchSpace = 6
}

/// One place references name: a byte of a section. No address.
public struct Site: Hashable, Sendable {
  public let section: SectionID
  /// Offset from the section's start, bytes.
  public let offset: UInt64

  public init(_ section: SectionID, offset: UInt64) {
    self.section = section
    self.offset = offset
  }
}

/// What a stream's records refer to.
public struct SiteTable: Sendable {
  public var sections: SectionTable
  public var sites: [Site]

  public init(sections: SectionTable, sites: [Site] = []) {
    self.sections = sections
    self.sites = sites
  }
}

/// A producer of reference records, drawn in blocks.
///
/// An existential per block is fine; nothing per record is dynamic.
public protocol ReferenceSource {
  /// Sites the records index; fixed for the life of the source.
  var table: SiteTable { get }
  /// Fills `block` from its start and returns how many records it wrote; 0 at the end.
  mutating func read(into block: UnsafeMutableBufferPointer<ReferenceRecord>) throws -> Int
}
