/// What a section holds; decides its permissions and where a loader puts it.
public enum SectionKind: String, CaseIterable, Sendable {
  case text, rodata, roAfterInit, data, bss, initText, initRodata, initData
  /// The symbol table copy the loader appends to data.
  case symbols
  /// A module image laid out as one piece, sections unseparated.
  case image
  /// Memory that is no part of any object file: direct map, vmalloc, per-CPU, vmemmap, user, other.
  case region
}

/// Index of a section in a `SectionTable`. References name sections by it.
public struct SectionID: Hashable, Comparable, Sendable {
  public let index: UInt32
  public init(_ index: Int) { self.index = UInt32(index) }
  public static func < (a: SectionID, b: SectionID) -> Bool { a.index < b.index }
}

/// One section of one object (the base kernel, a module, or a memory region class).
public struct Section: Hashable, Sendable {
  /// `base`, a module's name, or a region class: `direct`, `vmalloc`, `percpu`, `vmemmap`, `user`,
  /// `cpu_entry_area`, `fixmap`, `other`.
  public let object: String
  public let kind: SectionKind
  /// Size in bytes; for a region, its extent.
  public let size: UInt64
  /// Address the section had where it was recorded; 0 when it never had one.
  public let recordedAddress: UInt64

  public init(object: String, kind: SectionKind, size: UInt64, recordedAddress: UInt64 = 0) {
    self.object = object
    self.kind = kind
    self.size = size
    self.recordedAddress = recordedAddress
  }
}

/// The sections a reference stream and its layouts agree on, in a fixed order.
public struct SectionTable: Sendable {
  public private(set) var sections: [Section]

  public init(_ sections: [Section] = []) { self.sections = sections }

  public mutating func append(_ section: Section) -> SectionID {
    sections.append(section)
    return SectionID(sections.count - 1)
  }

  /// Gives a section another size.
  public mutating func resize(_ id: SectionID, to size: UInt64) {
    let old = self[id]
    sections[Int(id.index)] = Section(
      object: old.object, kind: old.kind, size: size, recordedAddress: old.recordedAddress)
  }

  public subscript(id: SectionID) -> Section { sections[Int(id.index)] }

  public var count: Int { sections.count }

  /// The section of `object` with `kind`, when there is one. Linear; not for hot paths.
  public func find(_ object: String, _ kind: SectionKind) -> SectionID? {
    sections.firstIndex { $0.object == object && $0.kind == kind }.map { SectionID($0) }
  }
}

/// Finds sections by object and kind without a search.
public struct SectionIndex: Sendable {
  private struct Key: Hashable {
    let object: String
    let kind: SectionKind
  }

  private let ids: [Key: SectionID]

  public init(_ table: SectionTable) {
    var ids: [Key: SectionID] = [:]
    for (index, section) in table.sections.enumerated() {
      let key = Key(object: section.object, kind: section.kind)
      if ids[key] == nil { ids[key] = SectionID(index) }
    }
    self.ids = ids
  }

  /// The first section of `object` with `kind`.
  public func find(_ object: String, _ kind: SectionKind) -> SectionID? {
    ids[Key(object: object, kind: kind)]
  }
}
