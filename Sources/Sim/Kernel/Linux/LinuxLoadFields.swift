/// What the kernel's `struct module` says of a loaded module's memory, predicted from section
/// sizes by the system's pieces: the fields of a recorded `load` line.
public enum LinuxLoadFields {
  /// Field values by name; address fields are left out.
  ///
  /// Up to 6.3 a module has two areas and fields that are running ends (`ctext`, `cro`, `croai`,
  /// `csize`, `itext`, `iro`, `isize`), from 6.4 on seven sizes (`textsz` to `irosz`).
  public static func predict(
    _ sections: ModuleSections, _ profile: SystemProfile
  ) -> [(name: String, value: UInt64)] {
    let page = profile.basePage
    var fields: [(name: String, value: UInt64)] = []
    for piece in profile.pieces {
      let size = SimulatedKernel.offsets(piece, sections, page: page).size
      if piece.kinds.contains(.text) && piece.kinds.contains(.rodata) {
        let ends = runningEnds(piece, sections, page, [.text, .rodata, .roAfterInit])
        fields += [("ctext", ends[0]), ("cro", ends[1]), ("croai", ends[2]), ("csize", size)]
      } else if piece.kinds.contains(.initText) && piece.kinds.contains(.initData) {
        let ends = runningEnds(piece, sections, page, [.initText, .initRodata])
        fields += [("itext", ends[0]), ("iro", ends[1]), ("isize", size)]
      } else if let kind = piece.kinds.first, let name = names[kind] {
        fields.append((name, page.ceil(size)))
      }
    }
    fields.append(("percpu", sections.perCPU))
    return fields
  }

  private static let names: [SectionKind: String] = [
    .text: "textsz", .data: "datasz", .rodata: "rosz", .roAfterInit: "roaisz",
    .initText: "itextsz", .initData: "idatasz", .initRodata: "irosz",
  ]

  private static func runningEnds(
    _ piece: PieceProfile, _ sections: ModuleSections, _ page: PageSize, _ kinds: [SectionKind]
  ) -> [UInt64] {
    var end: UInt64 = 0
    return kinds.map { kind in
      if piece.kinds.contains(kind) { end += page.ceil(sections.size(of: kind)) }
      return end
    }
  }

  /// How the `load` lines of a log compare with a catalog.
  public struct Comparison: Sendable {
    /// `load` lines of modules the catalog has.
    public var loads = 0
    public var exact = 0
    /// `load` lines of modules the catalog lacks.
    public var unknown = 0
    /// Line, module, and the first field that differs.
    public var misses:
      [(line: Int, module: String, field: String, real: UInt64, predicted: UInt64)] =
        []
  }

  public static func compare(
    _ events: [PlacementEvent], with catalog: ModuleCatalog, _ profile: SystemProfile
  ) -> Comparison {
    var result = Comparison()
    for event in events {
      guard case .load(let name, let fields) = event.kind else { continue }
      guard let module = catalog[name] else {
        result.unknown += 1
        continue
      }
      result.loads += 1
      let predicted = predict(module.sections, profile)
      let wrong = fields.first { field in
        predicted.contains { $0.name == field.name && $0.value != field.value }
      }
      if let wrong {
        let value = predicted.first { $0.name == wrong.name }?.value ?? 0
        result.misses.append((event.line, name, wrong.name, wrong.value, value))
      } else {
        result.exact += 1
      }
    }
    return result
  }
}
